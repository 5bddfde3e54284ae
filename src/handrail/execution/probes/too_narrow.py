"""HR504: values that do not fit into a column as it is to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding
from handrail.execution.alterations import Alteration, alteration_of, in_the_way
from handrail.execution.probes._changes import ModelKey
from handrail.execution.probes._tables import stand_in
from handrail.execution.probes.base import Moment, Probe
from handrail.execution.probes.narrowing import is_there, within_time

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState


class TooNarrowProbe(Probe):
    """Looks at the values of fields that get another type, length or NOT NULL.

    Relations are left to the schema editor of the step: their type is another model's.
    """

    forward = frozenset({"AlterField"})
    backward = frozenset({"AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each column with values that are in the way, unless that is agreed to."""
        for key, start, end in moment.change.pairs:
            found = _alteration(moment, key, start, end) if moment.is_sure and start is not None and end is not None else None
            if found is None:
                continue
            counted = within_time(moment.connection, found)
            if counted.why and not counted.misfits:
                moment.asking.unanswered.append(f"the database says: {counted.why}")
            refusal = in_the_way(found, counted, accept_loss=moment.undo.accept_loss)
            if refusal is not None:
                yield refusal.finding


def _alteration(moment: Moment, key: ModelKey, start: ModelState, end: ModelState) -> Alteration | None:
    """Return the alteration of the table and the column as they are called now."""
    name = str(getattr(moment.change.operation, "name", ""))
    fields: list[Any] = [model.fields.get(name) for model in (start, end)]
    if any(field is None or field.remote_field is not None for field in fields):
        return None
    model = stand_in(start)
    altered = stand_in(end)._meta.get_field(name)
    found = alteration_of(moment.connection, model, model._meta.get_field(name), altered, moment.undo.fill)
    table = moment.places.table(key, start)
    column = moment.places.column(key, start, name)
    keys = [moment.places.column(key, start, field.name) for field in model._meta.pk_fields]
    if found is None or table is None or column is None or None in keys:
        return None
    found = replace(found, table=table, column=column, keys=tuple(map(str, keys)))
    return found if is_there(moment.connection, found) else None
