"""What the operations that set a whole option of a model have in common."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Access, Mode
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, together, use_fields, use_model
from handrail.conflicts.state import Model
from handrail.domain.conflict import MISSING
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import Value


def set_value(place: Place, model: Model, option: str, after: Value, phrase: str, *, before: Value = MISSING) -> Access:
    """Return that an option of a model gets a whole new value."""
    old = model.options.get(option, MISSING) if before is MISSING else before
    return place.touch(("value", model.id, option), Mode.SET, phrase, model=model.label, name=option, before=old, after=after)


def with_option(model: Model, option: str, value: Value) -> Model:
    """Return a model with an option set."""
    return replace(model, options={**model.options, option: value})


class Together(Rule):
    """Sets unique_together or index_together; option is the name of both the option and the argument."""

    option = ""
    unique = False

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets {self.option} of {place.model(operation.argument('name')).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        before, after = together(model.options.get(self.option)), together(operation.argument(self.option))
        yield use_model(place, model, phrase, generated=True, rebuilt=False)
        yield set_value(place, model, self.option, after, phrase, before=before)
        if not isinstance(before, frozenset) or not isinstance(after, frozenset):
            yield place.opaque(phrase, "its value is computed")
            return
        yield from use_fields(place, model, after, "together", phrase, restricts=self.unique and bool(after - before))
        if self.unique and before != after:
            yield shape_inserts(place, model, phrase)
        for columns in after - before:
            found = ",".join(sorted(model.field(name).id for name in columns))
            yield place.touch(("unnamed", model.id, found), Mode.USE, phrase, model=model.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the option in the state."""
        model = place.model(operation.argument("name"))
        place.state.put(with_option(model, self.option, together(operation.argument(self.option))))
