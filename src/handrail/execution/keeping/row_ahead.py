"""Refusing a migration whose code or SQL writes rows that cannot be kept, before the first of its operations runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from handrail.databases.row_logs.base import RowLogRules, row_logs_for
from handrail.domain.database import ErrorKind
from handrail.domain.kept import is_kept
from handrail.domain.run import Direction
from handrail.errors.hr604 import RowsNotKept
from handrail.execution.keeping.row_copies import NO_TRANSACTION, NO_TRIGGERS, acted_on, why_not_copied
from handrail.execution.keeping.row_tables import likely_tables, may_delete
from handrail.execution.keeping.rows import has_reverse, parts_of, writes_rows
from handrail.execution.manners import Way, is_code
from handrail.sources.backend import backend_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from handrail.execution.keeping.keeper import Keeping

NAMED = "its code names the table, and has not run"
WayOf = Callable[["Operation"], Way | None]
"""Says how an operation is run; None where the whole migration is one transaction."""


def is_asked(connection: BaseDatabaseWrapper, keeping: Keeping, migration: Migration, *, is_atomic: bool) -> bool:
    """Say whether there is anything to be asked. is_atomic: whether the whole migration is one transaction."""
    if not keeping.patterns or keeping.undo.accept_loss or keeping.has_backup or not getattr(migration, "handrail_keep", True):
        return False
    writing = [each for operation in migration.operations for _, each in parts_of(operation) if writes_rows(each)]
    return any(not is_atomic or not is_code(each) for each in writing) and row_logs_for(connection.vendor).ahead


def refuse_unkept(
    connection: BaseDatabaseWrapper,
    keeping: Keeping,
    migration: Migration,
    state: ProjectState,
    direction: Direction,
    way_of: WayOf,
) -> None:
    """Raise RowsNotKept where tables are there that the migration writes, and neither triggers nor a copy can log that.

    Ask is_asked before.

    What code writes is a guess by what it names. Where nothing stands between the whole migration and a rollback, it is not
    asked: a table that has no log is then found when it is written, and nothing was done. Nor is what goes back by its log,
    which says itself what it writes.
    """
    rules = row_logs_for(connection.vendor)
    for operation, each in _operations(connection, migration):
        way = way_of(operation)
        if (way is None and is_code(each)) or (direction is Direction.BACKWARD and not has_reverse(each)):
            continue
        for table, why, why_not in _without(connection, rules, each, likely_tables(each, state), way):
            if is_kept(keeping.patterns, table):
                notes = (f"it cannot be copied either: {why_not}", *([NAMED] if is_code(each) else []))
                raise RowsNotKept(operation=each.describe(), table=table, why=why, notes=notes)


def _operations(connection: BaseDatabaseWrapper, migration: Migration) -> Iterator[tuple[Operation, Operation]]:
    """Yield the operations that run code or SQL in this database, each with its parts that do."""
    from django.db import router

    for operation in migration.operations:
        for _, each in parts_of(operation):
            hints = getattr(each, "hints", {})
            if writes_rows(each) and router.allow_migrate(connection.alias, migration.app_label, **hints):
                yield operation, each


def _without(
    connection: BaseDatabaseWrapper, rules: RowLogRules, operation: Operation, likely: frozenset[str], way: Way | None
) -> Iterator[tuple[str, str, str]]:
    """Yield the tables without a log: why triggers make none, and why a copy makes none."""
    with connection.cursor() as cursor:
        known = {name.casefold(): name for name in connection.introspection.table_names(cursor)}
        tables = {known[name.casefold()] for name in likely if name.casefold() in known}
        unseen = acted_on(rules, cursor, tables) if may_delete(operation) else {}
        reasons = {table: NO_TRIGGERS for table in tables if rules.columns(cursor, table)} | unseen
    for table, why in sorted(reasons.items()):
        if table in unseen or not _may_log(connection, rules, table):
            why_not = NO_TRANSACTION if way is Way.CODE else why_not_copied(connection, rules, table)
            if why_not:
                yield table, why, why_not


def _may_log(connection: BaseDatabaseWrapper, rules: RowLogRules, table: str) -> bool:
    """Say whether the user may make triggers on a table; where the catalogue does not say it, it is tried."""
    from django.db import Error

    with connection.cursor() as cursor:
        known = rules.may_log(cursor, table)
        if known is not None:
            return known
        try:
            cursor.execute(rules.trying(table))
        except Error as error:
            if rules.not_allowed(error):
                return False
            if backend_of(connection).error_kind(error) is not ErrorKind.OTHER:
                raise
    return True
