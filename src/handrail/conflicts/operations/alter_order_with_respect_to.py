"""AlterOrderWithRespectTo."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations._options import set_value, with_option
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_fields, use_model
from handrail.domain.migration import Operation

OPTION = "order_with_respect_to"


class AlterOrderWithRespectTo(Rule):
    """Adds or drops the column _order, and changes the default ordering."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets {OPTION} of {place.model(operation.argument('name')).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        value = operation.argument(OPTION)
        yield use_model(place, model, phrase)
        yield set_value(place, model, OPTION, value, phrase)
        yield from use_fields(place, model, value, "order", phrase)
        yield shape_inserts(place, model, phrase)
        yield place.touch(("rows", model.id), Mode.ORDERING, phrase, model=model.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the option in the state."""
        model = place.model(operation.argument("name"))
        place.state.put(with_option(model, OPTION, operation.argument(OPTION)))
