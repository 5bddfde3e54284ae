"""SQLite 3.35 and later: a column takes any value, so functions of our own say what fits, and what a value becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from handrail.databases.base import Cursor
from handrail.databases.values import _sqlite_values
from handrail.databases.values._types import Type, holds_decimals, holds_number, parse
from handrail.databases.values.base import (
    BACK,
    BECAME,
    CHECKED,
    FITS,
    OTHERS,
    VERDICT,
    WAS,
    Details,
    Side,
    ValueRules,
    either,
    keys_of,
    update_from,
)

_INTEGERS = {"integer", "bigint", "smallint", "bool"}
"""All of 64 bits (datatype3.html, 2)."""
_TEXTS = {"varchar", "char", "text"}
_parsed = lru_cache(maxsize=64)(parse)


class SQLiteValues(ValueRules):
    """SQLite, by datatype3.html; the functions last as long as the connection."""

    calls_own = True

    def widens(self, old: str, new: str) -> bool:
        """Numbers are stored as they are, and declared lengths mean nothing to SQLite, but to Django's validators."""
        was, will = _plain(old), _plain(new)
        if was == will:
            return True
        if was.kind in _INTEGERS and will.kind in _INTEGERS:
            return will.kind != "bool"
        if was.kind in _INTEGERS and will.kind == "decimal":
            return holds_number(19, will)
        if was.kind == will.kind == "decimal":
            return holds_decimals(was, will)
        if was.kind in _TEXTS and will.kind in _TEXTS:
            return will.length is None or (was.length is not None and was.length <= will.length)
        return was.kind in _INTEGERS and will.kind in _TEXTS and (will.length is None or will.length >= 20)

    def prepare(self, cursor: Cursor, old: str, new: str) -> None:  # noqa: ARG002
        """Give the functions to the connection below (sqlite3, Connection.create_function)."""
        make = cursor.connection.create_function  # type: ignore[attr-defined]
        for name, count, function in _FUNCTIONS:
            make(name, count, function, deterministic=True)

    def misfits(self, value: str, old: str, new: str, check: str) -> str:  # noqa: ARG002
        """What the new type cannot take by the rules of others."""
        broken = f"NOT ({check.replace(self.quoted(CHECKED), value)})" if check else ""
        return either(f"NOT hrk_fits({value}, {_literal(new)})", broken)

    def changes(self, value: str, old: str, new: str) -> str:
        """There and back."""
        return f"hrk_changes({value}, {_literal(old)}, {_literal(new)})"

    def becomes(self, value: str, new: str) -> str:
        """What others would make of it."""
        return f"hrk_becomes({value}, {_literal(new)})"

    def cut(self, value: str, old: str, new: str) -> str:
        """The first characters of a text."""
        will = _plain(new)
        cuts = _plain(old).kind in _TEXTS and will.kind in _TEXTS and will.length is not None
        return f"substr({value}, 1, {will.length})" if cuts else ""

    def same(self, one: str, other: str, type: str) -> str:  # noqa: ARG002
        """quote() writes a value exactly, with its type (lang_corefunc.html)."""
        return f"quote({one}) = quote({other})"

    def digest(self, value: str) -> str:
        """MD5 is a function that Django gives to its connections (sqlite3/_functions.py, 5.2 to 6.1)."""
        return f"substr(MD5(quote({value})), 1, 8)"

    def columns(self, cursor: Cursor, table: str, names: Sequence[str]) -> Details:  # noqa: ARG002
        """Columns without a type take any value as it is."""
        return {}

    def create(self, side: Side) -> list[str]:
        """No type names, so no affinity changes a value."""
        names = keys_of(len(side.keys))
        columns = [*names, WAS, BECAME, BACK, OTHERS, FITS, VERDICT]
        return [f"CREATE TABLE {self.quoted(side.name)} ({', '.join(columns)}, PRIMARY KEY ({', '.join(names)}))"]

    def update(self, side: Side, target: str, column: str, value: str, where: str) -> str:
        """UPDATE .. FROM (3.33, lang_update.html)."""
        return update_from(self, side, target, column, value, where)


def _plain(text: str) -> Type:
    """A sign is a condition of its own in Django's tables."""
    read = _parsed(text)
    return read._replace(kind=read.kind.removesuffix(" unsigned"))


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))


def _fits(value: Any, new: str) -> bool:
    return _sqlite_values.fits(value, _parsed(new))


def _changes(value: Any, old: str, new: str) -> bool:
    return _sqlite_values.changes(value, _parsed(old), _parsed(new))


def _becomes(value: Any, new: str) -> Any:
    """What does not fit stays as it is: nobody asks for it unless it was cut before."""
    try:
        return _sqlite_values.converted(value, _parsed(new))
    except _sqlite_values.MisfitError:
        return value


_FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("hrk_fits", 2, _fits),
    ("hrk_changes", 3, _changes),
    ("hrk_becomes", 2, _becomes),
)
