"""PostgreSQL 14 and later: values are cast with :: as Django's ALTER TABLE .. USING does, which cuts a text that is too long.

Manual of 18: 8.3 (an explicit cast to varchar(n) truncates without an error), 8.1.2 (numeric rounds to its scale), 37.10 and
"CREATE FUNCTION" (a function in pg_temp lasts as long as its session).
"""

from __future__ import annotations

from collections.abc import Sequence

from handrail.databases.base import Cursor
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

_NAMES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "character varying": "varchar",
    "character": "char",
    "timestamptz": "timestamp with time zone",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}
_RANK = {"smallint": 1, "integer": 2, "bigint": 3}
_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_EXACT = {"smallint": ("real", "double precision"), "integer": ("double precision",), "real": ("double precision",)}
"""What a number is in without being rounded: 24 and 53 bits (8.1.3)."""
_LENGTHS = {"boolean": 5, "uuid": 36, "smallint": 6, "integer": 11, "bigint": 20}
"""The most characters that a value takes as text."""
_AS_TEXT = {*_LENGTHS, "jsonb", "json", "inet", "date"}
"""What comes back the same from a text."""
_OTHERS = {
    ("boolean", "integer"),
    ("date", "timestamp"),
    ("date", "timestamp with time zone"),
    ("jsonb", "json"),
}
_TEXTS = ("text", "varchar", "citext")
_CASTS = "pg_temp.hrk_casts"


class PostgreSQLValues(ValueRules):
    """PostgreSQL, by its manual."""

    def widens(self, old: str, new: str) -> bool:
        """A table of pairs; a pair that is not in it may change values."""
        was, will = _type(old), _type(new)
        if was == will:
            return True
        if was.array or will.array:
            return bool(was.array and will.array) and self.widens(old.replace("[]", ""), new.replace("[]", ""))
        return _widens_number(was, will) or _widens_text(was, will) or (was.kind, will.kind) in _OTHERS

    def prepare(self, cursor: Cursor, old: str, new: str) -> None:
        """A block with an exception handler is the one way to try a cast before version 16 (41.6.8)."""
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {_CASTS}(value {old}) RETURNS boolean LANGUAGE plpgsql AS $hrk$"
            f" BEGIN PERFORM value::{new}; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END $hrk$",
            None,
        )

    def misfits(self, value: str, old: str, new: str, check: str) -> str:
        """Too long, where the cast would cut; what raises an error is found by guarded. Arrays: whatever is another one."""
        will = _type(new)
        broken = f"NOT ({check.replace(self.quoted(CHECKED), f'({value}::{new})')})" if check else ""
        if will.kind not in ("varchar", "char") or will.length is None:
            return broken
        if will.array:
            return either(self.changes(value, old, new), broken)
        return either(f"char_length({value}::text) > {will.length}", broken)

    def changes(self, value: str, old: str, new: str) -> str:
        """Compare as text: 1.50 is not 1.5 there, and json has no other equality."""
        return f'(({value}::{new})::{old})::text COLLATE "C" IS DISTINCT FROM {value}::text COLLATE "C"'

    def guarded(self, condition: str, value: str) -> str:
        """Try the cast first; what cannot be cast meets every condition."""
        return f"CASE WHEN {_CASTS}({value}) THEN {condition or 'false'} ELSE true END"

    def cut(self, value: str, old: str, new: str) -> str:
        """The first characters of a text."""
        was, will = _type(old), _type(new)
        cuts = was.kind in _TEXTS and will.kind in ("varchar", "char") and will.length is not None
        return f"left({value}, {will.length})" if cuts and not was.array and not will.array else ""

    def same(self, one: str, other: str, type: str) -> str:  # noqa: ARG002
        """As text, by its bytes."""
        return f'{one}::text COLLATE "C" IS NOT DISTINCT FROM {other}::text COLLATE "C"'

    def digest(self, value: str) -> str:
        """Of the value as text."""
        return f"left(md5(coalesce({value}::text, '')), 8)"

    def columns(self, cursor: Cursor, table: str, names: Sequence[str]) -> Details:  # noqa: ARG002
        """CREATE TABLE .. AS takes the types over."""
        return {}

    def create(self, side: Side) -> list[str]:
        """Made of a query that finds nothing."""
        names = keys_of(len(side.keys))
        named = [f"{self.quoted(key)} AS {name}" for key, name in zip(side.keys, names, strict=True)]
        value = self.quoted(side.column)
        named += [f"{value} AS {WAS}", f"NULL::{side.new} AS {BECAME}", f"{value} AS {BACK}", f"''::text AS {OTHERS}"]
        named += [f"1::smallint AS {FITS}", f"NULL::varchar(8) AS {VERDICT}"]
        return [
            f"CREATE TABLE {self.quoted(side.name)} AS SELECT {', '.join(named)} FROM {self.quoted(side.table)} WHERE false",
            f"ALTER TABLE {self.quoted(side.name)} ADD PRIMARY KEY ({', '.join(names)})",
        ]

    def update(self, side: Side, target: str, column: str, value: str, where: str) -> str:
        """UPDATE .. FROM."""
        return update_from(self, side, target, column, value, where)

    def lock(self, table: str) -> list[str]:
        """The lock that ALTER TABLE takes anyway; a weaker one first would have to be made stronger, which can deadlock."""
        return [f"LOCK TABLE {self.quoted(table)} IN ACCESS EXCLUSIVE MODE"]

    def settle(self) -> list[str]:
        """As Django does after it has filled NULLs (sql_update_with_default of its schema editor, 5.2 to 6.1)."""
        return ["SET CONSTRAINTS ALL IMMEDIATE"]


def _type(text: str) -> Type:
    read = parse(text)
    return read._replace(kind=_NAMES.get(read.kind, read.kind))


def _widens_number(was: Type, will: Type) -> bool:
    if was.kind in _RANK and will.kind in _RANK:
        return _RANK[was.kind] <= _RANK[will.kind]
    if was.kind in _DIGITS and will.kind == "numeric":
        return holds_number(_DIGITS[was.kind], will)
    if was.kind == will.kind == "numeric":
        return holds_decimals(was, will)
    return will.kind in _EXACT.get(was.kind, ())


def _widens_text(was: Type, will: Type) -> bool:
    if will.kind not in _TEXTS:
        return False
    if will.length is None:
        return was.kind in _TEXTS or was.kind in _AS_TEXT
    if was.kind == "varchar":
        return was.length is not None and was.length <= will.length
    return was.kind in _LENGTHS and _LENGTHS[was.kind] <= will.length
