"""Which tables a statement writes, by its text; sqlglot is imported where it is not one of Django's own."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

DIALECTS = ("postgres", "mysql", "sqlite")
"""sqlglot's names of the databases that Handrail knows."""
_NAME = r"""(?:"([^"]+)"|`([^`]+)`)"""
_DJANGOS = [
    re.compile(rf"\s*INSERT\s+(?:IGNORE\s+|OR\s+IGNORE\s+)?INTO\s+{_NAME}\s*(?:\(|DEFAULT\s)", re.IGNORECASE),
    re.compile(rf"\s*UPDATE\s+{_NAME}\s+SET\s", re.IGNORECASE),
    re.compile(rf"\s*DELETE\s+FROM\s+{_NAME}(?:\s+WHERE\s|\s*$)", re.IGNORECASE),
]
"""How the query compilers of Django write (django/db/models/sql/compiler.py, 5.2 to 6.1); names are always quoted."""
_READS = re.compile(
    r"\s*\(*\s*(SELECT|VALUES|SAVEPOINT|RELEASE|ROLLBACK|COMMIT|BEGIN|START|SHOW|SET|PRAGMA|ANALYZE|FETCH|CLOSE|DECLARE)\b",
    re.IGNORECASE,
)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)
_DEFINES = re.compile(r"\s*(CREATE|ALTER|DROP|RENAME|COMMENT|GRANT|REVOKE)\b", re.IGNORECASE)
_PASSING = re.compile(r"\s*(CREATE|DROP)\s+TEMP(ORARY)?\s+TABLE\b", re.IGNORECASE)
_EMPTIES = re.compile(r"\s*TRUNCATE\b", re.IGNORECASE)
_DELETES = re.compile(r"\s*(DELETE|REPLACE|TRUNCATE)\b", re.IGNORECASE)
_COPIES = re.compile(r"\s*COPY\b", re.IGNORECASE)
ROLLS_BACK = re.compile(r"\s*ROLLBACK\b", re.IGNORECASE)
"""What takes back a part of a transaction."""
REPLACES = re.compile(r"\s*(REPLACE|INSERT\s+OR\s+REPLACE|UPDATE\s+OR\s+REPLACE)\b", re.IGNORECASE)
"""What deletes the rows that are in its way (SQLite, lang_conflict.html)."""


class Written(NamedTuple):
    """What a statement writes. defines: it makes, alters or drops something. deletes: rows, by its first word.

    empties: all rows at once. is_unknown: it could write other tables too.
    """

    tables: frozenset[str] = frozenset()
    defines: bool = False
    deletes: bool = False
    empties: bool = False
    is_unknown: bool = False


@lru_cache(maxsize=256)
def assigned_by(sql: str, dialect: str) -> frozenset[str] | None:
    """Return the columns that a statement sets in rows that are there, in lower case; None where it cannot be read."""
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse_one(sql.replace("%s", "NULL"), read=dialect)
    except sqlglot.errors.SqlglotError:
        return None
    if isinstance(parsed, exp.Insert) and not parsed.args.get("conflict"):
        return frozenset()
    changes = [parsed] if isinstance(parsed, exp.Update) else [parsed.args["conflict"]] if isinstance(parsed, exp.Insert) else []
    set_to = [each for change in changes for each in change.expressions]
    if not changes or not all(isinstance(each, exp.EQ) for each in set_to):
        return None
    return frozenset(each.this.name.lower() for each in set_to)


@lru_cache(maxsize=1024)
def written_by(sql: str, dialect: str) -> Written:
    """Return what a statement writes. sql: as it goes to the driver; dialect: sqlglot's name of the database."""
    if ";" not in sql.rstrip().removesuffix(";"):
        for pattern in _DJANGOS:
            if found := pattern.match(sql):
                return Written(tables=frozenset([found[1] or found[2]]), deletes=bool(_DELETES.match(sql)))
        if _PASSING.match(sql) or (_READS.match(sql) and not _INTO.search(sql)):
            return Written()
    return _read(sql, dialect)


def _read(sql: str, dialect: str) -> Written:
    from handrail.conflicts.sql_code import read_text

    found = read_text(sql, (dialect,))
    tables = {one.table for one in found.tables if one.updates or one.inserts or one.deletes}
    defines = bool(_DEFINES.match(sql)) or any(one.creates or one.drops or one.alters or one.renames for one in found.tables)
    if _DEFINES.match(sql) and ";" not in sql.rstrip().removesuffix(";"):
        return Written(tables=frozenset(tables), defines=True)
    return Written(
        tables=frozenset(tables),
        defines=defines,
        deletes=bool(_DELETES.match(sql)) or any(one.deletes for one in found.tables),
        empties=bool(_EMPTIES.match(sql)),
        is_unknown=bool(found.opaque) or bool(_COPIES.match(sql)),
    )
