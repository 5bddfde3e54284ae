"""AlterField."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts import fields
from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _fields
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_model, use_targets
from handrail.conflicts.state import Field, Model
from handrail.domain.conflict import MISSING
from handrail.domain.migration import Operation
from handrail.domain.value import Call


class AlterField(Rule):
    """Gives a field a whole new definition."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"alters {_fields.model_of(operation, place).label}.{operation.argument('name')}"

    def is_cosmetic(self, operation: Operation, place: Place) -> bool:
        """Say whether only attributes change that the database and the rows do not know."""
        before, after = self._fields(operation, place)
        return isinstance(before.value, Call) and fields.changed(before.value, after.value) <= fields.LOOKS

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _fields.model_of(operation, place), self.phrase(operation, place)
        old, new = self._fields(operation, place)
        schema = not self.is_cosmetic(operation, place)
        generated = schema and any(map(fields.generated_names, (old.value, new.value)))
        yield use_model(place, model, phrase, generated=generated, schema=schema, field=new.name)
        met = fields.effects(old.value, new.value)
        changed = fields.changed(old.value, new.value)
        detail = {"effects": met, "changed": changed, "known": True}
        kept = fields.normalise(_fields.in_state(new.value, operation))
        yield _fields.touch_field(place, model, old, Mode.ALTER, phrase, after=kept, detail=detail)
        yield from use_targets(place, model, new, phrase)
        if fields.retyped(old.value, new.value) and old.name in (model.primary_key().name, *_referred(place, model)):
            yield from _fields.followers(place, model, old, phrase)
        yield from _fields.use_expression(place, model, new.value, phrase)
        yield from _fields.use_collation(place, new.value, phrase)
        yield from _fields.widen(place, model, new, phrase, old.value)
        if Mode.INSERT in met:
            yield shape_inserts(place, model, phrase, field=old.id)
        if "on_delete" in changed and new.target is not None:
            target = place.state.get(new.target)
            yield place.touch(("rows", target.id), Mode.SHAPE_DELETE, f"{phrase} (on_delete)", model=target.label)
        if {"db_index", "unique"} & changed or old.value is MISSING:
            yield place.touch(("unnamed", model.id, old.id), Mode.USE, phrase, model=model.label, field=old.id)

    def apply(self, operation: Operation, place: Place) -> None:
        """Replace the definition in the state."""
        model = _fields.model_of(operation, place)
        old, new = self._fields(operation, place)
        kept = place.state.new_field(model.key, new.name, _fields.in_state(new.value, operation), old.id)
        place.state.put(_fields.with_field(model, kept))

    def _fields(self, operation: Operation, place: Place) -> tuple[Field, Field]:
        model, name = _fields.model_of(operation, place), str(operation.argument("name"))
        old = model.field(name)
        return old, place.state.new_field(model.key, name, operation.argument("field"), old.id)


def _referred(place: Place, model: Model) -> list[str]:
    """Return the names of the fields that other models' foreign keys lead to by to_field."""
    return [fields.get(each.value, "to_field") for _, each in place.state.referring(model.key)]
