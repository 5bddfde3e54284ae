"""AlterModelManagers."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations._options import set_value
from handrail.conflicts.operations.base import Place, Rule, Touched, use_model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation


class AlterModelManagers(Rule):
    """Sets the managers that historical models have."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets the managers of {place.model(operation.argument('name')).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        yield use_model(place, model, phrase, schema=False)
        yield set_value(place, model, "managers", operation.argument("managers"), phrase, before=model.managers)
        yield place.touch(("rows", model.id), Mode.MANAGERS, phrase, model=model.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the managers in the state."""
        model = place.model(operation.argument("name"))
        place.state.put(replace(model, managers=operation.argument("managers")))
