"""HR502: alterations that Django refuses, said before anything else of the plan is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.finding import Finding
from handrail.domain.run import Direction
from handrail.errors.hr502 import Irreversible
from handrail.execution.probes._tables import stand_in
from handrail.execution.probes.base import Moment, Probe

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ModelState

THROUGH = "through of a many-to-many field cannot be changed: Django would raise ValueError"
GENERATED = "a GeneratedField cannot be altered: Django would raise ValueError"
HELP = {
    THROUGH: "make the link table's model in state_operations of SeparateDatabaseAndState, with AlterField beside it",
    GENERATED: "remove the field and add it with its new definition: its values are computed again",
}


class NotAlterableProbe(Probe):
    """Looks at what alter_field raises ValueError for (django/db/backends/base/schema.py, 5.2 to 6.1)."""

    forward = frozenset({"AlterField"})
    backward = frozenset({"AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for a field that cannot be altered so."""
        for _, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            name = str(getattr(moment.change.operation, "name", ""))
            if name in start.fields and name in end.fields and (why := _why_not(moment.connection, start, end, name)):
                yield Irreversible(
                    migration=moment.change.migration,
                    operation=moment.change.index + 1,
                    done=moment.done,
                    backwards=moment.change.direction is Direction.BACKWARD,
                    notes=[f"{moment.change.operation.describe()}: {why}"],
                    help=HELP[why],
                ).finding


def _why_not(connection: BaseDatabaseWrapper, start: ModelState, end: ModelState, name: str) -> str:
    old: Any = start.fields[name]
    new: Any = end.fields[name]
    if old.many_to_many or new.many_to_many:
        is_same = old.many_to_many and new.many_to_many and _is_explicit(old) == _is_explicit(new)
        return "" if is_same else THROUGH
    if old.generated != new.generated or (new.generated and old.db_persist != new.db_persist):
        return GENERATED
    if new.generated and old.expression != new.expression and _sql(connection, start, name) != _sql(connection, end, name):
        return GENERATED
    return ""


def _is_explicit(field: Any) -> bool:
    through = field.remote_field.through
    return bool(through) and (isinstance(through, str) or not through._meta.auto_created)


def _sql(connection: BaseDatabaseWrapper, model: ModelState, name: str) -> Any:
    from django.core.exceptions import FieldError

    try:
        return stand_in(model)._meta.get_field(name).generated_sql(connection)
    except FieldError:  # it names a field that is not there any more
        return None
