"""Refusing SQL that destroys data in a way that nothing is kept of, before the first statement of its migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.kept import is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr501 import LosesData
from handrail.execution.keeping.sql_names import found_table
from handrail.execution.keeping.sql_text import Name, Piece, pieces

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from handrail.execution.keeping.keeper import Keeping

HELP = "set handrail_keep = False in the migration where these values do not matter, or run migrate --backup or migrate --no-keep"
WHY = "nothing is kept of what this SQL destroys"


def has_sql(operation: Operation) -> bool:
    """Say whether an operation runs SQL of the migration."""
    return any(True for _ in _sql_of(operation))


def _sql_of(operation: Operation) -> Iterator[Any]:
    from django.db.migrations.operations import RunSQL, SeparateDatabaseAndState

    if isinstance(operation, RunSQL):
        yield operation
    elif isinstance(operation, SeparateDatabaseAndState):
        for each in operation.database_operations:
            yield from _sql_of(each)


def refuse_loss(connection: BaseDatabaseWrapper, keeping: Keeping, migration: Migration, direction: Direction) -> None:
    """Raise LosesData where SQL would destroy rows that are there now, and nothing of them is kept."""
    from django.db import router

    if keeping.undo.accept_loss or keeping.has_backup or not keeping.patterns or not getattr(migration, "handrail_keep", True):
        return
    for operation in migration.operations:
        for each in _sql_of(operation):
            if not router.allow_migrate(connection.alias, migration.app_label, **each.hints):
                continue
            for piece, has_params in _pieces(each, direction, connection.vendor):
                what = _lost(connection, keeping, piece, has_params=has_params)
                if what:
                    key = MigrationKey(migration.app_label, migration.name)
                    raise LosesData(operation=each.describe(), what=what, rows=WHY, migration=key, help=HELP)


def _pieces(operation: Any, direction: Direction, vendor: str) -> Iterator[tuple[Piece, bool]]:
    sql = operation.sql if direction is Direction.FORWARD else operation.reverse_sql
    for item in sql if isinstance(sql, list | tuple) else [sql]:
        text, params = item if isinstance(item, list | tuple) else (item, None)
        for piece in pieces(str(text), vendor) if text else ():
            yield piece, bool(params)


def _lost(connection: BaseDatabaseWrapper, keeping: Keeping, piece: Piece, *, has_params: bool) -> str:
    """Say what a statement destroys that nothing is kept of; "" where it does no such thing."""
    if piece.drop is not None:
        names = [name for name in piece.drop.tables if has_params or not found_table(connection, name)]
        return next(filter(None, (_of_table(connection, keeping, name, "") for name in names)), "")
    if not piece.destroys:
        return ""
    if piece.table is None:
        return f"what its {piece.destroys} names"
    return _of_table(connection, keeping, piece.table, f" ({piece.destroys})")


def _of_table(connection: BaseDatabaseWrapper, keeping: Keeping, name: Name, how: str) -> str:
    """Name a table that is there with rows, or in another schema; what the migration itself makes is not there yet."""
    if name.qualifier and not found_table(connection, name):
        return f"data of {name.qualifier}.{name.name}{how}" if not is_gone(connection, name) else ""
    with connection.cursor() as cursor:
        there = [one for one in connection.introspection.table_names(cursor) if one.lower() == name.name.lower()]
        for table in there:
            if is_kept(keeping.patterns, table):
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1", None)
                if cursor.fetchone() is not None:
                    return f"data of {table}{how}"
    return ""


def is_gone(connection: BaseDatabaseWrapper, name: Name) -> bool:
    """Say whether no schema has a table of that name."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return name.name not in connection.introspection.table_names(cursor)
        sql = "SELECT 1 FROM information_schema.tables WHERE lower(table_name) = lower(%s) AND lower(table_schema) = lower(%s)"
        cursor.execute(sql, [name.name, name.qualifier])
        return cursor.fetchone() is None
