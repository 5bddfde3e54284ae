"""ValidateConstraint."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_fields, use_model
from handrail.domain.migration import Operation


class ValidateConstraint(Rule):
    """Checks every row against a constraint that was made NOT VALID (PostgreSQL)."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"validates constraint {operation.argument('name')} of {_members.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase, name = _members.model_of(operation, place), self.phrase(operation, place), str(operation.argument("name"))
        value = model.member("constraint", name).value
        yield use_model(place, model, phrase)
        yield _members.touch_member(place, model, "constraint", name, Mode.USE, phrase)
        yield from use_fields(place, model, value, "constraint", phrase, restricts=True, name=name)
        yield shape_inserts(place, model, phrase)
