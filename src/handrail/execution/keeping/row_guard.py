"""What SQLite's driver is asked while an operation is logged: it knows each table that a statement writes, before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from handrail.execution.keeping.row_statements import REPLACES

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.row_writing import Writing

OURS = ("handrail_", "hrk_", "django_migrations", "sqlite_")
"""What the names of tables begin with that are not logged: they are put right by whoever writes them."""
_WRITES = (9, 18, 23)
"""SQLITE_DELETE, SQLITE_INSERT, SQLITE_UPDATE (SQLite, c3ref/c_alter_table.html)."""
_OK, _DENY = 0, 1


def sees_writes(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the driver asks about each table before it prepares a statement that writes it."""
    return hasattr(connection.connection, "set_authorizer")


@contextmanager
def guarded(writing: Writing) -> Iterator[None]:
    """Where the driver asks before it prepares a statement, let it ask here (SQLite, c3ref/set_authorizer.html)."""
    connection = writing.connection
    if not sees_writes(connection):
        yield
        return
    connection.connection.set_authorizer(partial(may, writing))
    try:
        yield
    finally:
        if sees_writes(connection):
            connection.connection.set_authorizer(None)


def may(writing: Writing, action: int, table: str | None, _column: str | None, schema: str | None, inside: str | None) -> int:
    """Say whether a statement may write a table. inside: the trigger that writes; it does so again when the rows that it is for
    are put back.
    """
    if writing.is_busy or action not in _WRITES or table is None or table.startswith(OURS):
        return _OK
    if schema != "main":
        writing.unkept |= {f"{schema}.{table}"} if schema != "temp" else set()
        return _OK
    if inside is None and table in writing.untriggered:
        writing.unkept.add(table)
    if writing.is_covered(table) or (inside is None and table in writing.shadows - writing.named):
        return _OK
    writing.denied.add(table)
    return _DENY


@contextmanager
def replacing(writing: Writing, sql: str) -> Iterator[None]:
    """Rows that give way to others fire triggers only under this (SQLite, lang_conflict.html)."""
    if writing.rules.ahead or not REPLACES.match(sql):
        yield
        return
    with writing._aside():
        writing._execute(["PRAGMA recursive_triggers = ON"])
    try:
        yield
    finally:
        with writing._aside():
            writing._execute(["PRAGMA recursive_triggers = OFF"])
