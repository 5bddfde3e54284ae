"""AddIndex."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations.base import Place, Rule, Touched, use_fields, use_model
from handrail.conflicts.operations.create_model import member
from handrail.domain.migration import Operation
from handrail.domain.value import Call, ListOf, Value


class AddIndex(Rule):
    """Makes an index with a name."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        name = _members.name_of(operation.argument("index"))
        return f"adds index {name} to {_members.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase, index = _members.model_of(operation, place), self.phrase(operation, place), operation.argument("index")
        name = _members.name_of(index)
        if not name:
            yield place.opaque(phrase, "its index is computed")
        yield use_model(place, model, phrase, schema=False)
        yield from use_fields(place, model, index, "index", phrase, name=name)
        columns = ",".join(sorted(model.field(str(field).lstrip("-")).id for field in _listed(index)))
        yield place.touch(("unnamed", model.id, columns), Mode.USE, phrase, model=model.label, name=name)

    def apply(self, operation: Operation, place: Place) -> None:
        """Add the index to the state."""
        model = _members.model_of(operation, place)
        added = member(operation.argument("index"), place)
        place.state.put(_members.with_members(model, "index", (*model.members.get("index", ()), added)))


def _listed(index: Value) -> tuple[Value, ...]:
    found = index.keyword("fields", ()) if isinstance(index, Call) else ()
    return tuple(found) if isinstance(found, ListOf | tuple) else ()
