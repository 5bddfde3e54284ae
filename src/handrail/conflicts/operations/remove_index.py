"""RemoveIndex."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, use_model
from handrail.domain.migration import Operation


class RemoveIndex(Rule):
    """Drops an index by its name."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"removes index {operation.argument('name')} from {_members.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _members.model_of(operation, place), self.phrase(operation, place)
        yield use_model(place, model, phrase, schema=False)
        yield _members.touch_member(place, model, "index", str(operation.argument("name")), Mode.DELETE, phrase)

    def apply(self, operation: Operation, place: Place) -> None:
        """Take the index out of the state."""
        place.state.put(_members.without(_members.model_of(operation, place), "index", str(operation.argument("name"))))
