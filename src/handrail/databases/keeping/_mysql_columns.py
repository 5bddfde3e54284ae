"""The definition of a column that is aside on MySQL or MariaDB: it takes no value from anybody, and refuses none."""

from __future__ import annotations

from handrail.databases.statements._mysql_definitions import Column, renamed
from handrail.databases.statements._tokens import MYSQL, Kind, Token, tokens

_ZERO = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit", "year"), "0"),
    **dict.fromkeys(("char", "varchar", "binary", "varbinary"), "''"),
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"), "('')"),
    "date": "'1970-01-02'",
    "datetime": "'1970-01-02 00:00:00'",
    "timestamp": "'1970-01-02 00:00:00'",
    "time": "'00:00:00'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "inet4": "'0.0.0.0'",
    "inet6": "'::'",
    "json": "('null')",
}
"""A value that every column of a type takes; a default of a text has to be an expression (MySQL 8.0 manual, 13.6)."""


def is_required(column: Column) -> bool:
    """Say whether a row cannot be inserted without a value for it."""
    said = _words(column)
    return "NOT NULL" in said and "DEFAULT" not in said and "AUTO_INCREMENT" not in said


def is_number_generator(column: Column) -> bool:
    """Say whether the database numbers it."""
    return "AUTO_INCREMENT" in _words(column)


def zero(column: Column) -> str:
    """Return a default for the type, "" where none is known; a JSON column of MariaDB is a text that is checked."""
    if "JSON_VALID" in column.text.upper():
        return "('null')"
    return _ZERO.get(column.kind.removesuffix(" unsigned"), "")


def aside(column: Column, name: str, new: str, own: str, default: str) -> str:
    """Return its definition by another name. default: what rows get that come now; "" for NULL."""
    text = renamed(without_numbers(column), columns={name.lower(): new}, tables={}, own=own)
    read = tokens(text, MYSQL)
    for index in range(len(read) - 1):
        if _is(read[index], "NOT") and _is(read[index + 1], "NULL"):
            end = read[index + 1].start + len(read[index + 1].text)
            said = f"NOT NULL DEFAULT {default}" if default else "NULL"
            return text[: read[index].start] + said + text[end:]
    return text


def without_numbers(column: Column) -> str:
    """Return its definition without AUTO_INCREMENT."""
    for token in tokens(column.text, MYSQL):
        if _is(token, "AUTO_INCREMENT"):
            return (column.text[: token.start].rstrip() + column.text[token.start + len(token.text) :]).rstrip()
    return column.text


def _words(column: Column) -> str:
    """Return the words outside of parentheses, strings and names; JSON of MariaDB has CHECK (...)."""
    said, depth = [], 0
    for token in tokens(column.text, MYSQL):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind is Kind.SYMBOL else 0
        if depth == 0 and token.kind is Kind.WORD:
            said.append(token.value)
    return " ".join(said)


def _is(token: Token, word: str) -> bool:
    return token.kind is Kind.WORD and token.value == word
