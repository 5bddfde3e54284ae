"""A run of which all migrations are applied, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handrail.domain.kept import is_all_kept, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr409 import NotAllOrNothing
from handrail.execution.keeping.coming_back import only_writes_rows
from handrail.execution.keeping.sql_drops import is_only_drops
from handrail.execution.manners import is_code, wants_transaction
from handrail.execution.project_states import applied_state, stages_of, state_before
from handrail.execution.unwinding import Keeps, Logs, against

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from handrail.execution.steps import Steps

Plan = Sequence[tuple["Migration", bool]]
Recording = Callable[["Migration", bool], Callable[[], None]]
"""Returns what writes (True) or deletes (False) the record of a migration."""


@contextmanager
def all_or_nothing(steps: Steps, plan: Plan, recording: Recording) -> Iterator[None]:
    """Take back what the block has applied if it fails: with one transaction around it where the database can, else step by step.

    Raises NotAllOrNothing before anything is changed where a step could not be taken back without loss.
    """
    connection = steps.connection
    if connection.features.can_rollback_ddl and all(migration.atomic for migration, _ in plan):
        steps.begin_run()  # what happens inside is taken back, and that it was tried stays on record
        with _one_transaction(connection):
            yield
        return
    _refuse_what_cannot_be_taken_back(steps, plan)
    try:
        with steps.coming_back():
            yield
    except BaseException:
        _take_back(steps, plan, recording)
        raise


@contextmanager
def _one_transaction(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """SQLite checks foreign keys or not for whole transactions (pragma.html#pragma_foreign_keys); its editor wants them off."""
    from django.db.transaction import atomic

    switched = connection.disable_constraint_checking() if connection.vendor == "sqlite" else False
    try:
        with atomic(connection.alias):
            yield
    finally:
        if switched:
            connection.enable_constraint_checking()


def _refuse_what_cannot_be_taken_back(steps: Steps, plan: Plan) -> None:
    connection = steps.connection
    state = applied_state(connection, steps.only)
    for migration, backwards in plan:
        direction = Direction.BACKWARD if backwards else Direction.FORWARD
        before = state_before(connection, (migration.app_label, migration.name)) if backwards else state
        stages, logs = stages_of(migration, before), _logs(steps, migration, direction)
        for stage in stages:
            why = against(connection, migration.app_label, stage, direction, _keeps(steps, migration), logs)
            if why:
                key = MigrationKey(migration.app_label, migration.name)
                raise NotAllOrNothing(migration=key, operation=stage.operation.describe(), why=why)
        state = stages[-1].after if stages and not backwards else state


def _keeps(steps: Steps, migration: Migration) -> Keeps:
    wanted = bool(getattr(migration, "handrail_keep", True))
    return lambda table, column: wanted and is_kept(steps.keeping.patterns, table, column)


def _logs(steps: Steps, migration: Migration, direction: Direction) -> Logs:
    """Say which code and SQL will be in a log of rows that takes it back: keeping.coming_back sees to it that it is."""
    is_logged = bool(getattr(migration, "handrail_keep", True)) and is_all_kept(steps.keeping.patterns)

    def logs(operation: Operation, part: str) -> bool:  # noqa: ARG001 - as others take it
        if direction is Direction.BACKWARD or not is_logged:
            return False
        if is_code(operation):
            return wants_transaction(operation, migration)
        return only_writes_rows(steps.connection, operation) or is_only_drops(operation, steps.connection.vendor)

    return logs


def _take_back(steps: Steps, plan: Plan, recording: Recording) -> None:
    """Undo the steps of the plan that are done, the last one first; the one that failed has nothing left of it."""
    from django.db.migrations.recorder import MigrationRecorder

    for migration, backwards in reversed(plan):
        key = (migration.app_label, migration.name)
        applied = MigrationRecorder(steps.connection).applied_migrations()
        if (key in applied) is backwards:
            continue
        direction = Direction.FORWARD if backwards else Direction.BACKWARD
        state: ProjectState = state_before(steps.connection, key)
        steps.take(migration, state, direction, recording(migration, backwards))
