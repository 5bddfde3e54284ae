"""Tokens: nothing in a string, a quoted name or a comment is SQL."""

import pytest

from handrail.databases.statements._tokens import MYSQL, POSTGRESQL, SQLITE, Kind, TokenError, statements_in, tokens


def values(sql, dialect):
    return [(str(token.kind), token.value) for token in tokens(sql, dialect)]


def word(*texts):
    return [("word", text) for text in texts]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop -- x\n`a``b;`", [*word("DROP"), ("name", "a`b;")]),
        ("a # b ' \n c", word("A", "C")),
        ("a --b", [*word("A"), ("symbol", "-"), ("symbol", "-"), *word("B")]),
        ("a--", word("A")),
        (r"'it\'s; ''x''' b", [("string", r"'it\'s; ''x'''"), *word("B")]),
        (r'"a\"b" c', [("string", r'"a\"b"'), *word("C")]),
        (r"'\\' b", [("string", r"'\\'"), *word("B")]),
        ("a/* ; ' */b", word("A", "B")),
        ("/*!50100 a*/ b /*M!100100 c */", word("A", "B", "C")),
        ("1a_$é 0x1F", word("1A_$É", "0X1F")),
        ("select `Grün`.`x`", [*word("SELECT"), ("name", "Grün"), ("symbol", "."), ("name", "x")]),
    ],
)
def test_mysql(sql, expected):
    assert values(sql, MYSQL) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('a "b""c;" d', [*word("A"), ("name", 'b"c;'), *word("D")]),
        (r"'a\' b", [("string", r"'a\'"), *word("B")]),
        (r"E'a\' b' c", [("string", r"E'a\' b'"), *word("C")]),
        ("a /* b /* ' */ ; */ c", word("A", "C")),
        ("do $$ a; 'b $x$ $$ c", [*word("DO"), ("string", "$$ a; 'b $x$ $$"), *word("C")]),
        ("$x$ $$ ; $x$ a$b", [("string", "$x$ $$ ; $x$"), *word("A$B")]),
        ("a--b\nc", word("A", "C")),
        ('U&"d\\0061t" x', [("name", "d\\0061t"), *word("X")]),
    ],
)
def test_postgresql(sql, expected):
    assert values(sql, POSTGRESQL) == expected


def test_sqlite():
    expected = [*word("DROP"), ("name", "a;b"), ("name", 'c"'), ("name", "d`"), ("string", r"'\'"), *word("E")]
    assert values('drop [a;b] "c""" `d``` \'\\\' -- x\n/* y */ e', SQLITE) == expected


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("a 'b", MYSQL),
        ("a `b", MYSQL),
        ("a /* b", MYSQL),
        ("a /*!b", MYSQL),
        (r"'a\'", MYSQL),
        ("/* /* */", POSTGRESQL),
        ('"a', SQLITE),
    ],
)
def test_what_has_no_end_is_refused(sql, dialect):
    with pytest.raises(TokenError, match=r"has no end|ends in a comment"):
        tokens(sql, dialect)


def test_tokens_know_their_place():
    sql = "drop  `a b` /* c */ ;"
    assert [sql[token.start :][: len(token.text)] for token in tokens(sql, MYSQL)] == ["drop", "`a b`", ";"]
    assert [token.kind for token in tokens(sql, MYSQL)] == [Kind.WORD, Kind.NAME, Kind.SYMBOL]


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("", 0),
        (" ; -- x", 0),
        ("a", 1),
        ("a;", 1),
        ("a;;", 1),
        ("a; b", 2),
        ("a; b; c;", 3),
        ("create trigger t begin a; b; end", 1),
        ("create definer = x procedure p() begin a; if b then c; end if; end;", 1),
        ("create function f() returns int begin return 1; end x", 1),
        ("create trigger t for each row set new.a = 1; drop table b", 2),
        ("create procedure p() begin a; end; create procedure q() begin b; end", 4),
        ("create procedure p() begin a; end; drop table t", 3),
        ("create table begin_ (a); select 'procedure', 'begin', 'end'", 2),
    ],
)
def test_statements_are_counted(sql, count):
    assert statements_in(tokens(sql, MYSQL)) == count
