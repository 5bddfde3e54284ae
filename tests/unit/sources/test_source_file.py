"""Bytes as text and as a syntax tree, or what is wrong with them."""

from __future__ import annotations

import ast
import codecs

import pytest

from handrail.sources.source_file import Unreadable, brief, decode, parse


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        ("name = 'é'".encode(), "name = 'é'"),
        (codecs.BOM_UTF8 + b"x = 1", "x = 1"),
        ("# -*- coding: latin-1 -*-\nname = 'é'".encode("latin-1"), "# -*- coding: latin-1 -*-\nname = 'é'"),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1251 :\nname = 'я'".encode("cp1251"), None),
        ("x = 1\n\n# coding: latin-1\nname = 'é'".encode(), "x = 1\n\n# coding: latin-1\nname = 'é'"),
        (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
    ],
)
def test_the_coding_line_and_the_byte_order_mark_decide(content: bytes, text: str | None) -> None:
    expected = "#!/usr/bin/python\n# vim: set fileencoding=cp1251 :\nname = 'я'" if text is None else text
    assert decode(content) == expected


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"x = 1\nname = '\xe9'", "it is not text in the encoding utf-8", 2),
        (b"# coding: klingon\n", "unknown encoding: unknown encoding: klingon", 1),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "unknown encoding: encoding problem: utf-8", 1),
    ],
)
def test_what_cannot_be_decoded_is_named(content: bytes, reason: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(content)
    assert (caught.value.reason, caught.value.line) == (reason, line)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("x = (\n", "syntax error: '(' was never closed", 1),
        ("x = 1\ny = = 2\n", "syntax error: invalid syntax", 2),
        ("x = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> theirs\n", "unresolved git conflict markers", 2),
        ('sql = """\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n"""\n', "unresolved git conflict markers", 2),
        ("x = 1\n=======\ny = 2\n>>>>>>> theirs\n", "unresolved git conflict markers", 2),
        ("x = 1\n>>>>>>> theirs\n", "unresolved git conflict markers", 2),
        ("x = '\0'\n", None, None),
        ("(" * 500 + ")" * 500, None, None),
    ],
)
def test_what_cannot_be_parsed_is_named_with_its_line(text: str, reason: str | None, line: int | None) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text)
    if reason is not None:
        assert (caught.value.reason, caught.value.line) == (reason, line)
        assert not caught.value.is_python


def test_a_line_of_equal_signs_in_a_text_is_no_conflict() -> None:
    assert isinstance(parse('"""\nTitle\n=======\n"""\n'), ast.Module)


def test_escapes_that_python_warns_of_are_read_in_silence() -> None:
    assert isinstance(parse("pattern = '\\d'\n"), ast.Module)


def test_a_note_has_one_short_line() -> None:
    assert brief(ast.parse("x + 1", mode="eval").body) == "x + 1"
    assert brief(ast.parse("if x:\n    y = 1").body[0]) == "if x: ..."
    assert brief(ast.parse("f(" + "a, " * 60 + ")", mode="eval").body) == "f(" + ("a, " * 26).rstrip() + " ..."
