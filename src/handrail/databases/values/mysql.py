"""MySQL 8.0 and later and MariaDB 10.6 and later: a column is altered by assigning its values to one of the new type.

MySQL 8.0 manual, 7.1.11 (in strict mode what does not fit is an error; a number that is rounded is a note), 14.10 (CAST).
An ALTER TABLE commits by itself, so others can write between a copy and it: what a value becomes is computed in the copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from handrail.databases.base import Cursor
from handrail.databases.statements._mysql_definitions import Column
from handrail.databases.statements._mysql_types import keeps_values
from handrail.databases.values._types import Type, holds_number, parse
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
)

_NAMES = {
    "integer": "int",
    "integer unsigned": "int unsigned",
    "bool": "tinyint",
    "boolean": "tinyint",
    "numeric": "decimal",
    "double precision": "double",
}
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "bigint": 20}
_BYTES = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1}
_TEXTS = {"char", "varchar", "longtext", *_BYTES}
_MOMENTS = {"date", "datetime", "time"}
_WHOLE = "'^ *[-+]?[0-9]+ *$'"
_NUMBER = "'^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$'"
_TIME = "'^-?[0-9]{1,3}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?$'"
_UUID = "'^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$'"
_WIDEST = "DECIMAL(65, 30)"


class MySQLValues(ValueRules):
    """MySQL and MariaDB, by their manuals."""

    copies_first = True

    def widens(self, old: str, new: str) -> bool:
        """The table of what ALTER TABLE keeps, and whole numbers and dates as other kinds."""
        was, will = _type(old), _type(new)
        if was == will or keeps_values(_column(was), _column(will)):
            return True
        kind = was.kind.removesuffix(" unsigned")
        if kind in _DIGITS and will.kind == "decimal":
            return holds_number(_DIGITS[kind], will._replace(arguments=will.arguments or ("10", "0")))
        if kind in _DIGITS and will.kind in _TEXTS:
            return will.kind != "char" and (will.length is None or will.length > _DIGITS[kind])
        return (was.kind, will.kind) == ("json", "longtext") or (
            (was.kind, will.kind) == ("date", "datetime") or (kind in _BITS and will.kind == "double" and _BITS[kind] <= 32)
        )

    def prepare(self, cursor: Cursor, old: str, new: str) -> None:
        """Nothing is needed: CAST raises no error in a query."""

    def misfits(self, value: str, old: str, new: str, check: str) -> str:
        """By the kind of the new type; where nothing is said of a pair, ALTER TABLE in strict mode refuses what does not fit."""
        broken = f"NOT ({check.replace(self.quoted(CHECKED), value)})" if check else ""
        return either(_misfits(value, _type(old), _type(new)), broken)

    def changes(self, value: str, old: str, new: str) -> str:
        """There and back by CAST, where that knows both types."""
        was, will = _type(old), _type(new)
        there, back = _cast(will), _cast(was)
        if not there or not back or {was.kind, will.kind} == {"time", "datetime"} or {was.kind, will.kind} == {"time", "date"}:
            return ""
        returned = f"CAST(CAST({value} AS {there}) AS {back})"
        if was.kind in _TEXTS:
            return f"NOT ({_bytes(returned)} <=> {_bytes(value)})"
        return f"NOT ({returned} <=> {value})"

    def copied(self, value: str, old: str, new: str) -> str:
        """CAST is no assignment in all respects, so only what it says of numbers, dates and lengths is relied on."""
        was, will = _type(old), _type(new)
        if was.kind in _TEXTS and will.kind in _TEXTS:
            return self.misfits(value, old, new, "") or "FALSE"
        sure = (_is_number(was) and _is_number(will)) or {was.kind, will.kind} == {"date", "datetime"}
        return (self.changes(value, old, new) if sure else "") or f"{value} IS NOT NULL"

    def cut(self, value: str, old: str, new: str) -> str:
        """The first characters of a text."""
        was, will = _type(old), _type(new)
        return f"LEFT({value}, {will.length})" if was.kind in _TEXTS and will.kind in ("char", "varchar") else ""

    def same(self, one: str, other: str, type: str) -> str:
        """By the bytes: a collation takes other letters for the same."""
        kind = _type(type).kind
        text = kind in _TEXTS or kind == "json"
        one, other = (_bytes(each) if text else f"CAST({each} AS BINARY)" for each in (one, other))
        return f"{one} <=> {other}"

    def digest(self, value: str) -> str:
        """Of the value as text."""
        return f"LEFT(COALESCE(MD5({value}), MD5('')), 8)"

    def joined(self, texts: Sequence[str]) -> str:
        """|| is OR there, unless the session says otherwise."""
        return f"CONCAT({', '.join(texts)})" if texts else "''"

    def columns(self, cursor: Cursor, table: str, names: Sequence[str]) -> Details:
        """Types, character sets and collations as information_schema has them."""
        cursor.execute(
            "SELECT column_name, column_type, character_set_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name = %s",
            [table],
        )
        found = {name: (type, charset, collation) for name, type, charset, collation in cursor.fetchall()}
        cursor.execute(
            "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s", [table]
        )
        ((collation,),) = cursor.fetchall()
        return {"columns": {name: _definition(*found[name]) for name in names}, "collation": str(collation)}

    def create(self, side: Side) -> list[str]:
        """The collation is the table's: a column that is altered gets it too, where it has none of its own."""
        known, named = side.details["columns"], keys_of(len(side.keys))
        columns = [f"`{name}` {known[key]} NOT NULL" for key, name in zip(side.keys, named, strict=True)]
        value = known[side.column]
        columns += [f"`{WAS}` {value} NULL", f"`{BECAME}` {_bare(side.new)} NULL", f"`{BACK}` {value} NULL"]
        columns += [f"`{OTHERS}` longtext NOT NULL", f"`{FITS}` smallint NOT NULL", f"`{VERDICT}` varchar(8) NULL"]
        columns.append(f"PRIMARY KEY ({', '.join(f'`{name}`' for name in named)})")
        return [f"CREATE TABLE {self.quoted(side.name)} ({', '.join(columns)}) COLLATE {side.details['collation']}"]

    def update(self, side: Side, target: str, column: str, value: str, where: str) -> str:
        """UPDATE of a join (MySQL 8.0 manual, 15.2.17)."""
        table, other = f"{self.quoted(side.table)} AS t", f"{self.quoted(side.name)} AS s"
        one, by = (table, other) if target == "t" else (other, table)
        return f"UPDATE {one} JOIN {by} ON {self.on(side)} SET {target}.{column} = {value} WHERE {where}"

    def strict(self) -> tuple[str, str]:
        """Strict for every engine."""
        return (
            "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')",
            "SELECT @@SESSION.sql_mode",
        )

    def quoted(self, name: str) -> str:
        """With backticks."""
        return "`{}`".format(name.replace("`", "``"))


def _type(text: str) -> Type:
    read = parse(text)
    kind = _NAMES.get(read.kind, read.kind)
    return read._replace(kind=kind, arguments=() if kind.removesuffix(" unsigned") in _BITS else read.arguments)


def _bare(text: str) -> str:
    """A column of a side table counts nothing."""
    return text.replace("AUTO_INCREMENT", "").strip()


def _column(type: Type) -> Column:
    return Column(text="", kind=type.kind, arguments=type.arguments, collation=("", ""), generated=False, plain=())


def _definition(type: str | bytes, charset: str | None, collation: str | None) -> str:
    text = type.decode() if isinstance(type, bytes) else type
    return f"{text} CHARACTER SET {charset} COLLATE {collation}" if charset and collation else text


def _bytes(value: str) -> str:
    return f"CAST(CONVERT({value} USING utf8mb4) AS BINARY)"


def _is_number(type: Type) -> bool:
    return type.kind.removesuffix(" unsigned") in (*_BITS, "decimal", "double")


def _cast(type: Type) -> str:
    """Return what CAST calls a type, "" where it does not know it."""
    if type.kind.removesuffix(" unsigned") in _BITS:
        return "UNSIGNED" if type.kind.endswith("unsigned") else "SIGNED"
    arguments = f"({', '.join(type.arguments)})" if type.arguments else ""
    if type.kind in ("decimal", *_MOMENTS):
        return f"{type.kind.upper()}{arguments}"
    return {"double": "DOUBLE"}.get(type.kind, "CHAR" if type.kind in _TEXTS else "")


def _misfits(value: str, was: Type, will: Type) -> str:
    kind = will.kind.removesuffix(" unsigned")
    is_text = was.kind in _TEXTS
    if kind in ("char", "varchar") and will.length is not None:
        return f"CHAR_LENGTH({value}) > {will.length}"
    if kind in _BYTES:
        return f"LENGTH({value}) > {_BYTES[kind]}"
    if kind in (*_BITS, "decimal") and (is_text or _is_number(was)):
        return _misfits_number(value, will, is_text=is_text)
    if is_text and kind == "double":
        return f"{value} NOT REGEXP {_NUMBER}"
    if is_text and kind in ("date", "datetime"):
        return f"{value} IS NOT NULL AND CAST({value} AS DATETIME(6)) IS NULL"
    if is_text and kind in ("time", "uuid"):
        return f"{value} NOT REGEXP {_TIME if kind == 'time' else _UUID}"
    return f"NOT JSON_VALID({value})" if is_text and kind == "json" else ""


def _misfits_number(value: str, will: Type, *, is_text: bool) -> str:
    kind = will.kind.removesuffix(" unsigned")
    number = f"CAST({value} AS {_WIDEST})" if is_text else value
    if kind == "decimal":
        digits, scale = (*will.numbers, 10, 0)[:2] if will.numbers else (10, 0)
        outside = f"ABS(ROUND({number}, {scale})) >= {10 ** (digits - scale)}"
    else:
        bits, unsigned = _BITS[kind], will.kind.endswith("unsigned")
        low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        outside = f"ROUND({number}) NOT BETWEEN {low} AND {high}"
    if not is_text:
        return outside
    return f"{value} NOT REGEXP {_WHOLE if kind in _BITS else _NUMBER} OR {outside}"
