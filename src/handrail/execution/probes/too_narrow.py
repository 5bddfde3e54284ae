"""HR504: values that do not fit into a column as it is to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.domain.run import Direction
from handrail.execution.alterations import Alteration, alteration_of, in_the_way
from handrail.execution.probes._changes import ModelKey
from handrail.execution.probes._places import column_of
from handrail.execution.probes._tables import stand_in, stored_by
from handrail.execution.probes.base import Moment, Probe
from handrail.execution.probes.narrowing import is_there, within_time

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState


class TooNarrowProbe(Probe):
    """Looks at the values of fields that get another type, length or NOT NULL.

    Of relations it looks at NOT NULL alone: their type is another model's, and left to the schema editor of the step.
    """

    forward = frozenset({"AlterField"})
    backward = frozenset({"AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each column with values that are in the way, unless that is agreed to."""
        for key, start, end in moment.change.pairs:
            if start is None or end is None or not (moment.is_sure or moment.change.direction is Direction.BACKWARD):
                continue
            found = _alteration(moment, key, start, end)
            if found is None:
                continue
            counted = within_time(moment.connection, found)
            if counted.why and not counted.misfits:
                moment.asking.unanswered.append(f"the database says: {counted.why}")
            refusal = in_the_way(found, counted, accept_loss=moment.undo.accept_loss)
            if refusal is not None:
                is_sure = moment.is_sure_of(found.table, end.name, columns=(found.column,))
                yield refusal.finding if is_sure else replace(refusal.finding, severity=Severity.WARNING)


def _alteration(moment: Moment, key: ModelKey, start: ModelState, end: ModelState) -> Alteration | None:
    """Return the alteration of the table and the column as they are called now."""
    name = str(getattr(moment.change.operation, "name", ""))
    fields: list[Any] = [model.fields.get(name) for model in (start, end)]
    if any(field is None for field in fields) or not _may_narrow(*fields):
        return None
    table, column = moment.places.table(key, start), moment.places.column(key, start, name)
    if table is None or column is None:
        return None
    model = stand_in(start)
    old, new = model._meta.get_field(name), stand_in(end)._meta.get_field(name)
    if fields[0].remote_field is not None:
        old, new = (_plain(moment, key, field, name) for field in fields)
    found = alteration_of(moment.connection, model, old, new, moment.undo.fill)
    keys = [moment.places.column(key, start, field.name) for field in model._meta.pk_fields]
    if found is None or None in keys:
        return None
    found = replace(found, table=table, column=column, keys=tuple(map(str, keys)))
    return found if is_there(moment.connection, found) else None


def _may_narrow(old: Any, new: Any) -> bool:
    if old.many_to_many or new.many_to_many:
        return False
    if old.remote_field is None and new.remote_field is None:
        return True
    return bool(old.remote_field and new.remote_field and old.null and not new.null)


def _plain(moment: Moment, key: ModelKey, field: Any, name: str) -> Any:
    """Return a field without a relation that has what a relation stores: the target's type, and its own default and NULL."""
    from django.db.models import BigIntegerField, Field
    from django.db.models.fields import AutoFieldMixin

    stored = stored_by(moment.change.end, key, field)
    made: Any = stored.clone() if stored is not None else BigIntegerField()
    if isinstance(made, AutoFieldMixin):
        mro: list[Any] = list(type(made).__mro__)
        made = next(kind for kind in mro if issubclass(kind, Field) and not issubclass(kind, AutoFieldMixin))()
    for setting in ("null", "blank", "default", "db_default", "db_column", "validators"):
        setattr(made, setting, getattr(field, setting))
    made.primary_key = made.empty_strings_allowed = False
    made.set_attributes_from_name(name)
    made.column = column_of(field, name)
    return made
