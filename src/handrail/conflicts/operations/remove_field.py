"""RemoveField."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _fields
from handrail.conflicts.operations.base import Place, Rule, Touched, use_model
from handrail.domain.conflict import MISSING
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation


class RemoveField(Rule):
    """Drops a column with its values, or the table of a many-to-many relation."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"removes {_fields.model_of(operation, place).label}.{operation.argument('name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _fields.model_of(operation, place), self.phrase(operation, place)
        each = model.field(str(operation.argument("name")))
        yield use_model(place, model, phrase)
        yield _fields.touch_field(place, model, each, Mode.DELETE, phrase, after=MISSING)

    def apply(self, operation: Operation, place: Place) -> None:
        """Take the field out of the state."""
        model, name = _fields.model_of(operation, place), operation.argument("name")
        place.state.put(replace(model, fields={key: each for key, each in model.fields.items() if key != name}))
