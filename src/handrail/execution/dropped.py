"""What an operation drops: the tables and columns that are gone afterwards, or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.domain.run import Direction
from handrail.execution.keeping.models import has_values, table_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from handrail.execution.project_states import Stage

_DROPS = {Direction.FORWARD: ("RemoveField", "DeleteModel"), Direction.BACKWARD: ("AddField", "CreateModel")}


def drops(operation: Operation, direction: Direction) -> bool:
    """Say whether an operation is one that drops a column or a table."""
    return type(operation).__name__ in _DROPS[direction]


def dropped(connection: BaseDatabaseWrapper, app_label: str, stage: Stage, direction: Direction) -> set[tuple[str, str]]:
    """Return the tables, with "", and columns with values that the operation of a stage drops in this database.

    Where the states around a nested operation do not say it, it is a table without a name.
    """
    from django.core.exceptions import FieldDoesNotExist

    try:
        return _dropped(connection, app_label, stage, direction)
    except (LookupError, FieldDoesNotExist):
        return {("", "")}


def _dropped(connection: BaseDatabaseWrapper, app_label: str, stage: Stage, direction: Direction) -> set[tuple[str, str]]:
    operation: Any = stage.operation
    state = stage.before if direction is Direction.FORWARD else stage.after
    is_field = type(operation).__name__ in ("RemoveField", "AddField")
    model = state.apps.get_model(app_label, operation.model_name if is_field else operation.name)
    if not operation.allow_migrate_model(connection.alias, model):
        return set()
    if not is_field:
        links = (field.remote_field.through for field in model._meta.local_many_to_many)
        return {(table_of(connection, one), "") for one in (model, *(link for link in links if link._meta.auto_created))}
    field = model._meta.get_field(operation.name)
    if field.many_to_many:
        through = field.remote_field.through
        return {(table_of(connection, through), "")} if through._meta.auto_created else set()
    return {(table_of(connection, model), field.column)} if has_values(field) else set()
