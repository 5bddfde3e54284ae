"""AlterConstraint (Django 6.0)."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, use_fields, use_model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation


class AlterConstraint(Rule):
    """Gives a constraint other attributes that the database does not know, such as violation_error_message."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"alters constraint {operation.argument('name')} of {_members.model_of(operation, place).label}"

    def is_cosmetic(self, operation: Operation, place: Place) -> bool:  # noqa: ARG002 - the base's signature
        """Say that nothing but validation in forms reads what changes."""
        return True

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase, name = _members.model_of(operation, place), self.phrase(operation, place), str(operation.argument("name"))
        value = operation.argument("constraint")
        yield use_model(place, model, phrase, schema=False)
        yield _members.touch_member(place, model, "constraint", name, Mode.ALTER, phrase, after=value)
        yield from use_fields(place, model, value, "constraint", phrase, name=name)

    def apply(self, operation: Operation, place: Place) -> None:
        """Replace the constraint in the state."""
        model, name = _members.model_of(operation, place), str(operation.argument("name"))
        found = model.members.get("constraint", ())
        altered = tuple(replace(each, value=operation.argument("constraint")) if each.name == name else each for each in found)
        place.state.put(_members.with_members(model, "constraint", altered))
