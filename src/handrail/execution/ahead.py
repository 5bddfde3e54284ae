"""Looking ahead: would a plan rebuild a table that is not what the project state says? Asked before its first migration.

Only what is sure is refused here, so that a plan which puts a table right by itself can run; whatever this does not see, the
schema editor of the step does (editors.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from handrail.errors.hr513 import RebuildLoses
from handrail.execution.editors import columns_of, differences, rebuilds_of
from handrail.execution.keeping.models import table_of
from handrail.execution.leftovers import refuse_leftovers
from handrail.execution.manners import is_code

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

Plan = Sequence[tuple["Migration", bool]]
"""Migrations in their order; True for those that are unapplied."""
CHANGES_TABLES = {"execute", "executescript", "executemany", "cursor", "add_field", "alter_field", "remove_field", "create_model"}
"""What code calls to change a table by itself; afterwards nothing is sure of the plan."""


def look_ahead(
    connection: BaseDatabaseWrapper, plan: Plan, state: Callable[[], ProjectState], ghosts: Callable[[str], Sequence[str]]
) -> None:
    """Raise RebuildLoses if a table that the plan rebuilds has other columns than the project state before the plan.

    And Leftover if a rebuild of it was stopped before, and nobody but a person can say what is to become of the copy.

    state: builds that state, and is called only where an operation alters a table. ghosts: recorded migrations of an app
    without a file. The catalogue is read at most once.
    """
    rebuilds = rebuilds_of(connection)
    alterations = list(_alterations(plan)) if rebuilds is not None else []
    if rebuilds is None or not alterations:
        return
    rebuilt = _rebuilt(connection, alterations, state().apps)
    if not rebuilt:
        return
    with connection.cursor() as cursor:
        live = rebuilds.columns(cursor)
    refuse_leftovers(connection, rebuilds, rebuilt, live)
    found: list[RebuildLoses] = []
    for table, (model, migration) in rebuilt.items():
        drops, invents = differences(rebuilds, live.get(rebuilds.fold(table), ()), columns_of(model))
        if (drops or invents) and rebuilds.fold(table) in live:
            found.append(
                RebuildLoses(
                    database=connection.display_name,
                    alias=connection.alias,
                    table=table,
                    migration=str(migration),
                    drops=drops,
                    invents=invents,
                    ghosts=ghosts(migration.app_label),
                )
            )
    if found:
        first, *others = found
        first.others = tuple(one.finding for one in others)
        raise first


def _alterations(plan: Plan) -> Iterator[tuple[Migration, Operation, bool]]:
    """Yield the operations that alter a table, up to the first that could change one unseen."""
    from django.db.migrations.operations import RunSQL

    for migration, backwards in plan:
        for operation in reversed(migration.operations) if backwards else migration.operations:
            for part in _parts(operation, backwards=backwards):
                if isinstance(part, RunSQL) or (is_code(part) and _may_change_tables(part)):
                    return
                if type(part).__name__ in _RULES:
                    yield migration, part, backwards


def _parts(operation: Operation, *, backwards: bool) -> Iterator[Operation]:
    from django.db.migrations.operations import SeparateDatabaseAndState

    if not isinstance(operation, SeparateDatabaseAndState):
        yield operation
        return
    inner = operation.database_operations
    for part in reversed(inner) if backwards else inner:
        yield from _parts(part, backwards=backwards)


def _may_change_tables(operation: Operation) -> bool:
    """Say whether code could change a table: by what it calls itself; code that is not a plain function could do anything."""
    from django.db.migrations.operations import RunPython

    if not isinstance(operation, RunPython):
        return True
    codes = [code for code in (operation.code, operation.reverse_code) if code is not None and code is not RunPython.noop]
    return any(not hasattr(code, "__code__") or set(code.__code__.co_names) & CHANGES_TABLES for code in codes)


def _rebuilt(
    connection: BaseDatabaseWrapper, alterations: Sequence[tuple[Migration, Operation, bool]], apps: Any
) -> dict[str, tuple[Any, Migration]]:
    """Return the tables that are there before the plan and are rebuilt by it, with the model and the first migration."""
    found: dict[str, tuple[Any, Migration]] = {}
    for migration, operation, backwards in alterations:
        model = _model(apps, migration.app_label, operation.model_name)  # type: ignore[attr-defined]
        if model is None or not operation.allow_migrate_model(connection.alias, model):
            continue
        if _RULES[type(operation).__name__](model, operation, backwards):
            found.setdefault(table_of(connection, model), (model, migration))
    return found


def _model(apps: Any, app_label: str, name: str) -> Any:
    try:
        return apps.get_model(app_label, name)
    except LookupError:
        return None


def _field(model: Any, name: str) -> Any:
    from django.core.exceptions import FieldDoesNotExist

    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _adds(model: Any, operation: Any, backwards: bool) -> bool:
    return _removing(_field(model, operation.name)) if backwards else _adding(operation)


def _removes(model: Any, operation: Any, backwards: bool) -> bool:
    return not backwards and _removing(_field(model, operation.name))


def _adding(operation: Any) -> bool:
    """The rule of add_field (django/db/backends/sqlite3/schema.py, 5.2 to 6.1), as far as a field without a model says it."""
    field = _named(operation.field, operation.name)
    if field.many_to_many or not field.concrete:
        return False
    return field.primary_key or field.unique or not field.null


def _removing(field: Any) -> bool:
    """The rule of remove_field there."""
    if field is None or field.many_to_many or not field.concrete:
        return False
    return field.primary_key or field.unique or field.db_index or bool(field.remote_field and field.db_constraint)


def is_rebuilt(connection: BaseDatabaseWrapper, field: Any) -> bool:
    """Say whether a table is rebuilt to drop the column of a field."""
    return rebuilds_of(connection) is not None and _removing(field)


def _alters(model: Any, operation: Any, backwards: bool) -> bool:
    """The rule of alter_field, _field_should_be_altered (django/db/backends/base/schema.py), where it is sure.

    It is not where the column gets another name, a default of the database other words, or a relation another target; and
    backwards it is not known what was there before.
    """
    old = None if backwards else _field(model, operation.name)
    if old is None or old.many_to_many or operation.field.many_to_many:
        return False
    return old.column == _named(operation.field, operation.name).column and _of_database(old) != _of_database(operation.field)


def _of_database(field: Any) -> tuple[Any, ...]:
    _, path, arguments, options = field.deconstruct()
    left_out = {*field.non_db_attrs, "to", "db_default", "db_column"}
    return path, arguments, {name: value for name, value in options.items() if name not in left_out}


def _renames(model: Any, operation: Any, backwards: bool) -> bool:
    """A column with a foreign key is not renamed in place."""
    field = _field(model, operation.new_name if backwards else operation.old_name)
    return bool(field and field.remote_field and not field.many_to_many and field.db_constraint and not field.db_column)


def _adds_constraint(_model: Any, operation: Any, _backwards: bool) -> bool:
    return _is_in_table(operation.constraint)


def _removes_constraint(model: Any, operation: Any, backwards: bool) -> bool:
    return not backwards and any(one.name == operation.name and _is_in_table(one) for one in model._meta.constraints)


def _is_in_table(constraint: Any) -> bool:
    """The rule of add_constraint there: what a unique index can do needs no rebuild."""
    parts = ("condition", "contains_expressions", "include", "deferrable")
    return not any(getattr(constraint, part, None) for part in parts)


def _named(field: Any, name: str) -> Any:
    """Return a field of an operation with the column that its model would give it."""
    named = field.clone()
    named.set_attributes_from_name(name)
    return named


_RULES: dict[str, Callable[[Any, Any, bool], bool]] = {
    "AddField": _adds,
    "RemoveField": _removes,
    "AlterField": _alters,
    "RenameField": _renames,
    "AddConstraint": _adds_constraint,
    "RemoveConstraint": _removes_constraint,
}
"""By operation: whether it is sure to rebuild the table of a model, as that is before the plan."""
