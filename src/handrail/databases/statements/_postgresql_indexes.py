"""Indexes of PostgreSQL that are built, dropped or rebuilt while the table is in use (CONCURRENTLY)."""

from __future__ import annotations

import re
from typing import NamedTuple

from handrail.databases.base import Cursor
from handrail.databases.statements._reader import Name, Reader
from handrail.databases.statements._tokens import POSTGRESQL, Kind, tokens

INVALID = "invalid"
"""The line after the definition of an index that queries do not use."""
_LEFTOVER = re.compile(r"(?P<of>.+)_cc(new|old)\d*", re.DOTALL)
"""What a broken REINDEX CONCURRENTLY leaves (PostgreSQL 18 manual, REINDEX)."""
_FOUND = """
    SELECT n.nspname, i.relname, pg_get_indexdef(i.oid), x.indisvalid,
           x.indisvalid OR i.relkind <> 'i' OR EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
           OR EXISTS (SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
                      WHERE l.relation = x.indrelid
                        AND l.database = (SELECT oid FROM pg_database d WHERE d.datname = current_database())
                        AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_backend_pid()
                        AND a.backend_type IS DISTINCT FROM 'autovacuum worker')
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
    WHERE x.indrelid = """
# Whoever builds an index holds that lock on its table until the index is valid (PostgreSQL 18 manual, 13.3.1).
_OF_TABLE = _FOUND + "to_regclass(%s) ORDER BY i.relname"
_BESIDE = _FOUND + "(SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(%s)) ORDER BY i.relname"


class Concurrent(NamedTuple):
    """A statement about indexes. verb: create, drop or reindex. name: of the index. One of name and table may be missing."""

    verb: str
    name: Name | None
    table: Name | None


class Index(NamedTuple):
    """One index of a table. kept: it must not be dropped: it is valid, or a constraint's, or somebody may be building it."""

    schema: str
    name: str
    definition: str
    valid: bool
    kept: bool

    @property
    def text(self) -> str:
        """The definition as it is compared."""
        return self.definition if self.valid else f"{self.definition}\n{INVALID}"


def concurrent(sql: str) -> Concurrent | None:
    """Read a statement with CONCURRENTLY about indexes of one table; None for every other."""
    reader = Reader([token for token in tokens(sql, POSTGRESQL) if token.text != ";"], lower=True)
    verb = reader.accept_any("CREATE", "DROP", "REINDEX").lower()
    if verb == "reindex":
        return _reindex(reader)
    reader.accept("UNIQUE")
    if not verb or not reader.accept("INDEX", "CONCURRENTLY"):
        return None
    reader.if_exists()
    if verb == "drop":
        return Concurrent(verb, reader.name(), None)
    index = reader.name() if reader.peek() != "ON" else None
    reader.accept("ON")
    reader.accept("ONLY")
    return Concurrent(verb, index, reader.name())


def _reindex(reader: Reader) -> Concurrent | None:
    words = {token.value for token in reader.rest if token.kind is Kind.WORD}
    if reader.peek() == "(":
        reader.until(")")
    kind = reader.accept_any("INDEX", "TABLE")
    if not kind or "CONCURRENTLY" not in words:
        return None
    reader.accept("CONCURRENTLY")
    name = reader.name()
    return Concurrent("reindex", name, None) if kind == "INDEX" else Concurrent("reindex", None, name)


def indexes(cursor: Cursor, statement: Concurrent) -> list[Index]:
    """Return the indexes of the table that a statement is about, and of which it names one those that matter to it."""
    if statement.table:
        cursor.execute(_OF_TABLE, [quoted(*statement.table)])
    elif statement.name:
        cursor.execute(_BESIDE, [quoted(*statement.name)])
    found = [Index(*row) for row in cursor.fetchall()]
    name = statement.name and shortened(statement.name.name)
    if name is None:
        return found
    return [index for index in found if index.name == name or (statement.verb == "reindex" and is_leftover(index.name, name))]


def is_leftover(name: str, of: str = "") -> bool:
    """Say whether a name is what REINDEX CONCURRENTLY calls the copy of an index; long names are cut to make place."""
    match = _LEFTOVER.fullmatch(name)
    return match is not None and (not of or match["of"] == of or (of.startswith(match["of"]) and len(name.encode()) > 60))


def shortened(name: str) -> str:
    """Cut a name as PostgreSQL does, to 63 bytes (PostgreSQL 18 manual, 4.1.1)."""
    return name.encode()[:63].decode(errors="ignore")


def quoted(*names: str) -> str:
    """Quote a name with its schema, "" where it has none."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names if name)


def again(definition: str) -> str:
    """Return the statement that builds an index as it was recorded, while the table is in use."""
    read = tokens(definition, POSTGRESQL)
    end = next(token.start + len(token.text) for token in read if token.value == "INDEX" and token.kind is Kind.WORD)
    return f"{definition[:end]} CONCURRENTLY{definition[end:]}"


def schema_of(definition: str) -> str:
    """Return the schema of an index: its table's, which pg_get_indexdef always says."""
    reader = Reader(tokens(definition, POSTGRESQL), lower=True)
    reader.until("ON")
    reader.accept("ONLY")
    return reader.name().schema
