"""Refusing SQL that destroys data in a way that nothing is kept of, before the first statement of its migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import rules_for
from handrail.domain.kept import Form, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr501 import LosesData
from handrail.execution.keeping.sql_names import found_column, found_table
from handrail.execution.keeping.sql_taken import taken
from handrail.execution.keeping.sql_text import Drop, Name, Piece, pieces
from handrail.execution.keeping.sql_values import look

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from handrail.execution.keeping.keeper import Keeping
    from handrail.execution.keeping.sql_clauses import Retyping

HELP = "set handrail_keep = False in the migration where these values do not matter, or run migrate --backup or migrate --no-keep"
WHY = "nothing is kept of what this SQL destroys"
NO_KEY = "no primary key tells its rows apart"


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
    if keeping.undo.accept_loss or keeping.has_backup:
        return
    for operation in migration.operations:
        for each in _sql_of(operation):
            refusal = loss(connection, keeping.patterns, migration, each, direction)
            if refusal is not None:
                raise refusal


def loss(
    connection: BaseDatabaseWrapper, patterns: Sequence[str], migration: Migration, operation: Any, direction: Direction
) -> LosesData | None:
    """Return the refusal where a RunSQL would destroy rows that are there now, and nothing is kept of them."""
    what = lost(connection, patterns, migration, operation, direction)
    if not what:
        return None
    key = MigrationKey(migration.app_label, migration.name)
    return LosesData(operation=operation.describe(), what=what, rows=WHY, migration=key, help=HELP)


def lost(
    connection: BaseDatabaseWrapper, patterns: Sequence[str], migration: Migration, operation: Any, direction: Direction
) -> str:
    """Return what that is in words, "" where nothing is lost."""
    from django.db import router

    if not patterns or not getattr(migration, "handrail_keep", True):
        return ""
    if not router.allow_migrate(connection.alias, migration.app_label, **operation.hints):
        return ""
    found = _pieces(operation, direction, connection.vendor)
    return next(filter(None, (lost_by(connection, patterns, piece, has_params=with_them) for piece, with_them in found)), "")


def foresee(connection: BaseDatabaseWrapper, keeping: Keeping, plan: Sequence[tuple[Migration, bool]]) -> None:
    """Raise LosesData before the first statement of a plan, as long as no code or SQL of it writes rows before."""
    from handrail.execution.manners import is_code

    if keeping.undo.accept_loss or keeping.has_backup or not keeping.patterns:
        return
    for migration, backwards in plan:
        direction = Direction.BACKWARD if backwards else Direction.FORWARD
        for operation in reversed(migration.operations) if backwards else migration.operations:
            if is_code(operation):
                return
            for each in _sql_of(operation):
                refusal = loss(connection, keeping.patterns, migration, each, direction)
                if refusal is not None:
                    raise refusal
                if not all(_defines(piece) for piece, _ in _pieces(each, direction, connection.vendor)):
                    return


def _defines(piece: Piece) -> bool:
    """Say whether a statement writes no rows of tables that are there, by its first word."""
    return piece.sql.split(None, 1)[0].upper() in {"CREATE", "ALTER", "DROP", "RENAME", "COMMENT", "GRANT", "REVOKE", "SET"}


def kept_by(
    connection: BaseDatabaseWrapper, patterns: Sequence[str], operation: Any, direction: Direction
) -> tuple[list[str], list[str]]:
    """Return what a RunSQL would set aside of what is there now, and the columns whose values can change and are kept."""
    aside, values = list[str](), list[str]()
    for piece, _ in _pieces(operation, direction, connection.vendor):
        for name in piece.drop.tables if piece.drop is not None else ():
            table = found_table(connection, name)
            columns = [found_column(connection, table, one) for one in piece.drop.columns] if piece.drop is not None else []
            named = [f"{table}.{one}" for one in columns if one and is_kept(patterns, table, one)]
            aside += named if columns else [table] if table and is_kept(patterns, table) else []
        for one in piece.retypings if piece.table is not None else ():
            found = look(connection, piece.table, one) if piece.table is not None else None
            if (
                found is not None
                and found.alteration.casts
                and is_kept(patterns, found.alteration.table, found.alteration.column)
            ):
                values.append(f"{found.alteration.table}.{found.alteration.column}")
    return aside, values


def _pieces(operation: Any, direction: Direction, vendor: str) -> Iterator[tuple[Piece, bool]]:
    sql = operation.sql if direction is Direction.FORWARD else operation.reverse_sql
    for item in sql if isinstance(sql, list | tuple) else [sql]:
        text, params = item if isinstance(item, list | tuple) else (item, None)
        for piece in pieces(str(text), vendor) if text else ():
            yield piece, bool(params)


def lost_by(connection: BaseDatabaseWrapper, patterns: Sequence[str], piece: Piece, *, has_params: bool) -> str:
    """Say what a statement destroys that nothing is kept of; "" where it does no such thing."""
    if piece.drop is not None:
        names = [name for name in piece.drop.tables if has_params or not found_table(connection, name)]
        return next(filter(None, (_of_table(connection, patterns, name, "") for name in names)), "") or _of_columns(
            connection, patterns, piece.drop
        )
    if piece.takes:
        return taken(connection, patterns, piece.destroys, piece.takes)
    if piece.destroys:
        if piece.table is None:
            return f"what its {piece.destroys} names"
        return _of_table(connection, patterns, piece.table, f" ({piece.destroys})")
    if piece.table is None:
        return ""
    table = piece.table
    return next(filter(None, (_of_type(connection, patterns, table, one, has_params) for one in piece.retypings)), "")


def _of_columns(connection: BaseDatabaseWrapper, patterns: Sequence[str], drop: Drop) -> str:
    """Name a column whose values would be copied, where no primary key tells the rows apart."""
    rules = rules_for(connection.vendor)
    if not drop.columns or rules is None or rules.column_form is not Form.COPY:
        return ""
    table = found_table(connection, drop.tables[0])
    if not table or has_key(connection, table):
        return ""
    names = [found_column(connection, table, one) for one in drop.columns]
    kept = [one for one in names if one and is_kept(patterns, table, one)]
    return f"values of {table}.{kept[0]} ({NO_KEY})" if kept and has_rows(connection, table) else ""


def _of_type(connection: BaseDatabaseWrapper, patterns: Sequence[str], table: Name, one: Retyping, has_params: bool) -> str:
    """Name a column whose values change, where they cannot be copied."""
    found = look(connection, table, one)
    if found is None:
        return _of_table(connection, patterns, table, " (ALTER TABLE)") if table.qualifier else ""
    name, column = found.alteration.table, found.alteration.column
    if not found.alteration.casts or not is_kept(patterns, name, column) or not has_rows(connection, name):
        return ""
    if has_params:
        return f"values of {name}.{column} (its SQL has parameters)"
    return "" if found.alteration.keys else f"values of {name}.{column} ({NO_KEY})"


def _of_table(connection: BaseDatabaseWrapper, patterns: Sequence[str], name: Name, how: str) -> str:
    """Name a table that is there with rows, or in another schema; what the migration itself makes is not there yet."""
    if name.qualifier and not found_table(connection, name):
        return f"data of {name.qualifier}.{name.name}{how}" if not is_gone(connection, name) else ""
    with connection.cursor() as cursor:
        known = [one.name for one in connection.introspection.get_table_list(cursor) if one.type != "v"]
    there = [one for one in known if one.lower() == name.name.lower()]
    found = [table for table in there if is_kept(patterns, table) and has_rows(connection, table)]
    return f"data of {found[0]}{how}" if found else ""


def has_rows(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Say whether a table has a row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1", None)
        return cursor.fetchone() is not None


def has_key(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Say whether a table has a primary key."""
    with connection.cursor() as cursor:
        return bool(connection.introspection.get_primary_key_columns(cursor, table))


def is_gone(connection: BaseDatabaseWrapper, name: Name) -> bool:
    """Say whether no schema has a table of that name."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return name.name not in connection.introspection.table_names(cursor)
        sql = "SELECT 1 FROM information_schema.tables WHERE lower(table_name) = lower(%s) AND lower(table_schema) = lower(%s)"
        cursor.execute(sql, [name.name, name.qualifier])
        return cursor.fetchone() is None
