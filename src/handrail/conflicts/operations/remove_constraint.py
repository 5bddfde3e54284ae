"""RemoveConstraint."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_model
from handrail.domain.migration import Operation
from handrail.domain.value import Call


class RemoveConstraint(Rule):
    """Drops a constraint by its name."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"removes constraint {operation.argument('name')} from {_members.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches; an insert may rely on a unique constraint for its conflicts."""
        model, phrase, name = _members.model_of(operation, place), self.phrase(operation, place), str(operation.argument("name"))
        yield use_model(place, model, phrase)
        yield _members.touch_member(place, model, "constraint", name, Mode.DELETE, phrase)
        value = model.member("constraint", name).value
        if not isinstance(value, Call) or value.name != "CheckConstraint":
            yield shape_inserts(place, model, phrase)

    def apply(self, operation: Operation, place: Place) -> None:
        """Take the constraint out of the state."""
        place.state.put(_members.without(_members.model_of(operation, place), "constraint", str(operation.argument("name"))))
