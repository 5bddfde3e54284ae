"""Running the operations of a migration: the one place where Django's code for them is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.run import Direction
from handrail.execution.content_types import is_too_early
from handrail.execution.index_names import name_back
from handrail.execution.keeping.row_writing import Place
from handrail.execution.keeping.rows import run_with_rows, writes_rows
from handrail.execution.keeping.sparing import spared
from handrail.execution.project_states import Stage, is_of_state_alone, settle_before, stages_of

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

    from handrail.execution.keeping.keeper import Keeper


def run_operation(editor: BaseDatabaseSchemaEditor, label: str, stage: Stage, direction: Direction, keeper: Keeper) -> None:
    """Run one operation. label: of the app; keeper: what sets aside what it would destroy."""
    if direction is Direction.FORWARD and alters_nothing(editor, label, stage):
        return
    if is_too_early(stage.operation, stage.before):
        return
    is_code = writes_rows(stage.operation)
    with keeper.at(stage.index, direction, is_code=is_code):
        if is_code:
            place = Place(stage.index, direction)
            with spared(editor.connection, direction):
                run_with_rows(editor, label, stage.operation, (stage.before, stage.after), place, keeper)
        elif direction is Direction.BACKWARD:
            stage.operation.database_backwards(label, editor, stage.after, stage.before)
            name_back(editor, label, stage.operation, stage.before)
        else:
            stage.operation.database_forwards(label, editor, stage.before, stage.after)


def alters_nothing(editor: BaseDatabaseSchemaEditor, label: str, stage: Stage) -> bool:
    """Say whether an operation, forwards, makes no statement: of an editor that decides that as Django's do."""
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor as Editor

    names = ("alter_field", "_field_should_be_altered")
    is_plain = all(getattr(type(editor), name) is getattr(Editor, name) for name in names)
    return is_plain and is_of_state_alone(label, stage.operation, stage.before)


def run_whole(
    editor: BaseDatabaseSchemaEditor, migration: Migration, state: ProjectState, direction: Direction, keeper: Keeper
) -> ProjectState:
    """Run all operations in the transaction of the editor, as Migration.apply and unapply do (5.2 to 6.1).

    state: the one before the migration, in both directions; forwards it is altered. Returns the one afterwards.
    """
    backwards = direction is Direction.BACKWARD
    if _is_own(migration, direction):
        return migration.unapply(state, editor) if backwards else migration.apply(state, editor)
    if backwards:
        for stage in reversed(stages_of(migration, state)):
            run_operation(editor, migration.app_label, stage, direction, keeper)
        return state
    for index, operation in enumerate(migration.operations):
        settle_before(migration.app_label, operation, state)
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        stage = Stage(index=index, operation=operation, before=before, after=state)
        run_operation(editor, migration.app_label, stage, direction, keeper)
    return state


def _is_own(migration: Migration, direction: Direction) -> bool:
    """Say whether a migration runs its operations in a way of its own."""
    from django.db.migrations.migration import Migration

    method = "unapply" if direction is Direction.BACKWARD else "apply"
    return getattr(type(migration), method) is not getattr(Migration, method)
