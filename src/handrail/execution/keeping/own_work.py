"""What is set aside when a failed step is taken back: where nobody but the step itself wrote it, it is not kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from handrail.databases.purging.base import purging_for
from handrail.databases.row_logs.base import row_logs_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import Direction
from handrail.errors.hr302 import Blocked
from handrail.execution.journal import forget
from handrail.execution.keeping.models import literal, table_of
from handrail.execution.purging import purge
from handrail.sources.journal_models import KeptRow
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper
    from handrail.execution.project_states import Stage

NOT_KNOWN = object()
"""Stands for a value that the database computes."""


def drop_own_work(editor: Any, keeper: Keeper, stage: Stage, attempt: Any, prepare: Callable[[], None]) -> None:
    """Destroy the tables and columns that an operation had made, and that were set aside as the step was taken back.

    Only what is still as the operation made it: a table without rows, a column with the one value that it was filled with. Nobody
    can write to what is aside, so nothing comes in between. It can be stopped anywhere and called again. attempt: see purge.
    """
    things = [one for one in _aside(keeper, stage.index) if _is_own(editor, keeper, stage, one)]
    with suppress(Blocked):  # it stays aside
        for one, why_not in purge(keeper.connection, things, attempt, prepare):
            if why_not is None:
                forget(KeptRow.objects.using(keeper.connection.alias).filter(id=one.id))


def _aside(keeper: Keeper, operation: int) -> Iterable[Kept]:
    """Return what was set aside as an operation was taken back that had gone forwards."""
    forms, names = (Form.ASIDE, Form.COPY), {"step": keeper.step, "operation": operation, "direction": Direction.BACKWARD}
    return kept(keeper.connection, (KeptStatus.KEPT, KeptStatus.PURGING), form__in=forms, **names)


def _is_own(editor: Any, keeper: Keeper, stage: Stage, one: Kept) -> bool:
    if one.status is KeptStatus.PURGING:
        return True
    if keeper.has_restored(stage.index, Direction.FORWARD):
        return False
    if one.kind is KeptKind.TABLE:
        with keeper.connection.cursor() as cursor:
            return purging_for(keeper.connection.vendor).size(cursor, one.aside).rows == 0
    value = filled_with(editor, stage, one)
    return value is not NOT_KNOWN and not _differs(keeper, one, str(value))


def filled_with(editor: Any, stage: Stage, one: Any) -> object:
    """Return, as SQL, what rows had in a column when it was made (add_field of django/db/backends/base/schema.py, 5.2 to 6.1).

    AlterOrderWithRespectTo gives 0 to the field that it adds, and only there (operations/models.py, 5.2 to 6.1).
    """
    from django.db.models import Value
    from django.db.models.fields.proxy import OrderWrt

    field = _field(editor, stage, one)
    if field is None:
        return NOT_KNOWN
    if field.has_db_default() and not field.has_default():
        default = field._db_default_expression
        if not isinstance(default, Value):
            return NOT_KNOWN
        value = field.get_db_prep_save(default.value, editor.connection)
    elif isinstance(field, OrderWrt) and not field.has_default():
        value = 0
    else:
        value = editor.effective_default(field)
    return "NULL" if value is None else literal(editor, value)


def _field(editor: Any, stage: Stage, one: Any) -> Any:
    for model in stage.after.apps.get_models(include_auto_created=True):
        if table_of(editor.connection, model) == one.table:
            return next((field for field in model._meta.local_concrete_fields if field.column == one.column), None)
    return None


def _differs(keeper: Keeper, one: Kept, value: str) -> bool:
    """Say whether a row has another value than one; where that cannot be told it may have."""
    from django.db import Error
    from django.db.transaction import atomic

    rules, is_copy = row_logs_for(keeper.connection.vendor), one.form is Form.COPY
    table, column = (one.aside, "v") if is_copy else (one.table, one.aside)
    try:
        with atomic(keeper.connection.alias), keeper.connection.cursor() as cursor:
            kind = next(each.kind for each in rules.columns(cursor, table) if each.name == column)
            same = rules.same(rules.quote(column), value, kind)
            cursor.execute(f"SELECT 1 FROM {rules.quote(table)} WHERE NOT {same} LIMIT 1", None)
            return cursor.fetchone() is not None
    except (Error, StopIteration):
        return True
