"""AddConstraint."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_fields, use_model
from handrail.conflicts.operations.create_model import member
from handrail.domain.migration import Operation


class AddConstraint(Rule):
    """Makes a constraint, which every row there is must meet, and every row to come."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        name = _members.name_of(operation.argument("constraint"))
        return f"adds constraint {name} to {_members.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _members.model_of(operation, place), self.phrase(operation, place)
        value = operation.argument("constraint")
        name = _members.name_of(value)
        if not name:
            yield place.opaque(phrase, "its constraint is computed")
        yield use_model(place, model, phrase)
        yield from use_fields(place, model, value, "constraint", phrase, restricts=True, name=name)
        yield shape_inserts(place, model, phrase)

    def apply(self, operation: Operation, place: Place) -> None:
        """Add the constraint to the state."""
        model = _members.model_of(operation, place)
        added = member(operation.argument("constraint"), place)
        place.state.put(_members.with_members(model, "constraint", (*model.members.get("constraint", ()), added)))
