"""The tokens of a statement, so that nothing in a comment or a string is ever taken for SQL."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class TokenError(ValueError):
    """The text ends within a string, a quoted name or a comment: it is not one statement of this dialect."""


class Kind(StrEnum):
    """What a token is. name: a quoted identifier. word: all that is written bare, numbers too."""

    WORD = "word"
    NAME = "name"
    STRING = "string"
    SYMBOL = "symbol"


class Token(NamedTuple):
    """One token. text: as written, at text[start] of the statement. value: without its quotes; upper case for a word."""

    kind: Kind
    text: str
    value: str
    start: int


class Dialect(NamedTuple):
    """How a kind of database writes tokens: kinds and patterns, the first that fits counts; None is left out.

    executable: comments that are SQL to this server; nested: comments may hold comments.
    """

    patterns: tuple[tuple[Kind | None, re.Pattern[str]], ...]
    executable: re.Pattern[str] | None = None
    nested: bool = False


def _dialect(*patterns: tuple[Kind | None, str], executable: str = "", nested: bool = False) -> Dialect:
    compiled = tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in patterns)
    return Dialect(compiled, re.compile(executable) if executable else None, nested)


_SPACE = (None, r"\s+")
_COMMENT = (None, r"--[^\n]*")
_BLOCK = (None, r"/\*.*?\*/")
_PLAIN = (Kind.STRING, r"'(?:[^']|'')*'")
_DOUBLE = r'"(?:[^"]|"")*"'
_BACKTICK = (Kind.NAME, r"`(?:[^`]|``)*`")
_WORD = (Kind.WORD, r"[\w$]+")
_SYMBOL = (Kind.SYMBOL, r"[^'\"`]")

# MySQL 8.0 manual: 11.1.1 (strings; without NO_BACKSLASH_ESCAPES), 11.2 (names), 11.7 (comments: -- needs a space after it).
# MariaDB adds /*M! */ ("Comment Syntax").
MYSQL = _dialect(
    _SPACE,
    (None, r"--(?=\s|$)[^\n]*"),
    (None, r"#[^\n]*"),
    _BLOCK,
    (Kind.STRING, r"'(?:[^'\\]|\\.|'')*'"),
    (Kind.STRING, r'"(?:[^"\\]|\\.|"")*"'),
    _BACKTICK,
    _WORD,
    _SYMBOL,
    executable=r"/\*M?!\d*",
)
# PostgreSQL 18 manual, 4.1 (lexical structure): E'' has backslashes, $tag$ quotes, comments nest.
POSTGRESQL = _dialect(
    _SPACE,
    _COMMENT,
    (Kind.STRING, r"[eE]'(?:[^'\\]|\\.|'')*'"),
    (Kind.STRING, r"(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'"),
    (Kind.NAME, rf"(?:[uU]&)?{_DOUBLE}"),
    (Kind.STRING, r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"),
    _WORD,
    _SYMBOL,
    nested=True,
)
# SQLite: "SQL Language Expressions" (literals), "SQLite Keywords" (four ways to quote a name), "SQL Comment Syntax".
SQLITE = _dialect(_SPACE, _COMMENT, _BLOCK, _PLAIN, (Kind.NAME, _DOUBLE), _BACKTICK, (Kind.NAME, r"\[[^\]]*\]"), _WORD, _SYMBOL)
_NESTED = re.compile(r"/\*|\*/")


def tokens(sql: str, dialect: Dialect) -> list[Token]:
    """Return the tokens of a text without spaces and comments; raise TokenError where it ends in the middle of one."""
    found, position, inside = [], 0, False
    while position < len(sql):
        if dialect.executable and (match := dialect.executable.match(sql, position)):
            inside, position = True, match.end()
        elif inside and sql.startswith("*/", position):
            inside, position = False, position + 2
        elif dialect.nested and sql.startswith("/*", position):
            position = _end_of_comment(sql, position)
        else:
            kind, text = _next(sql, position, dialect)
            if kind is not None:
                found.append(Token(kind, text, _value(kind, text), position))
            position += len(text)
    if inside:
        raise TokenError("the text ends in a comment")
    return found


def _next(sql: str, position: int, dialect: Dialect) -> tuple[Kind | None, str]:
    for kind, pattern in dialect.patterns:
        if match := pattern.match(sql, position):
            if kind is Kind.SYMBOL and sql.startswith("/*", position):
                break
            return kind, match[0]
    raise TokenError(f"what begins at character {position} has no end")


def _end_of_comment(sql: str, position: int) -> int:
    depth = 0
    for match in _NESTED.finditer(sql, position):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    raise TokenError("the text ends in a comment")


def _value(kind: Kind, text: str) -> str:
    if kind is Kind.WORD:
        return text.upper()
    if kind is Kind.NAME:
        inner = text[text.index(text[-1] if text[-1] != "]" else "[") + 1 : -1]
        return inner.replace(text[-1] * 2, text[-1])
    return text


def words(text: str) -> frozenset[str]:
    """Return a set of words that are written with spaces between them."""
    return frozenset(text.split())


def statements_in(found: list[Token]) -> int:
    """Count the statements of a text: what is between semicolons, the body of a routine or a trigger being one with its head."""
    ends = [index for index, token in enumerate(found) if token.text == ";" and index + 1 < len(found)]
    ends = [index for index in ends if any(token.text != ";" for token in found[index:])]
    if not ends or not found:
        return 1 if any(token.text != ";" for token in found) else 0
    return 1 if _is_one_body(found, ends) else len(ends) + 1


def _is_one_body(found: list[Token], ends: list[int]) -> bool:
    said = [token.value if token.kind is Kind.WORD else "" for token in found]
    if said[0] not in {"CREATE", "ALTER"} or not {"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"} & set(said[: ends[0]]):
        return False
    last = [token for token in found if token.text != ";"][-2:]
    closed = any(token.value == "END" for token in last)
    again = any(said[at - 1] == "END" and said[at + 1] in {"CREATE", "ALTER", "DROP"} for at in ends)
    return "BEGIN" in said[: ends[0]] and closed and not again
