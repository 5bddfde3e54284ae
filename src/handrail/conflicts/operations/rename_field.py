"""RenameField."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.fields import get, is_relation
from handrail.conflicts.operations import _fields
from handrail.conflicts.operations.base import Place, Rule, Touched, together, use_model
from handrail.conflicts.state import Field, Model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import Call, ListOf, Value


class RenameField(Rule):
    """Renames a field, and its column where that is not named by db_column."""

    renames = True

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        label = _fields.model_of(operation, place).label
        return f"renames {label}.{operation.argument('old_name')} to {operation.argument('new_name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _fields.model_of(operation, place), self.phrase(operation, place)
        each = model.field(str(operation.argument("old_name")))
        yield use_model(place, model, phrase, generated=is_relation(each.value) or not isinstance(each.value, Call))
        yield place.touch(("model", model.id), Mode.STALE, phrase, model=model.label, field=each.id)
        new = str(operation.argument("new_name"))
        yield _fields.touch_field(place, model, each, Mode.RENAME, phrase, after=new)
        for owner, many in _named_through(place, model, each.name):
            text = f"{phrase}, which through_fields of {owner.label}.{many.name} names"
            yield _fields.touch_field(place, owner, many, Mode.RENAME, text, after=many.name)

    def apply(self, operation: Operation, place: Place) -> None:
        """Rename the field in the state, and where the model's options and other models' foreign keys name it."""
        model = _fields.model_of(operation, place)
        old, new = str(operation.argument("old_name")), str(operation.argument("new_name"))
        each = replace(model.field(old), name=new)
        renamed = {new if name == old else name: each if name == old else other for name, other in model.fields.items()}
        options = {name: _in_option(name, value, old, new) for name, value in model.options.items()}
        place.state.put(replace(model, fields=renamed if old in model.fields else {**model.fields, new: each}, options=options))
        for other, reference in list(place.state.referring(model.key)):
            if get(reference.value, "to_field") == old:
                place.state.put(_fields.with_field(place.state.get(other.key), _to_field(reference, new)))


def _named_through(place: Place, model: Model, name: str) -> Iterator[tuple[Model, Field]]:
    """Yield the relations whose through_fields name the field: they keep its old name, and cannot be used then.

    ProjectState.rename_field (django/db/migrations/state.py, 5.2 to 6.1) leaves them as they are.
    """
    for owner in place.state.all():
        for each in owner.fields.values():
            named = get(each.value, "through_fields")
            if each.through is None or not isinstance(named, ListOf | tuple) or name not in tuple(named):
                continue
            if place.state.follow(each.through) == model.key:
                yield owner, each


def _in_option(name: str, value: Value, old: str, new: str) -> Value:
    """Django renames fields in unique_together and index_together alone (ProjectState.rename_field, 5.2)."""
    found = together(value) if name in ("unique_together", "index_together") else value
    if not isinstance(found, frozenset):
        return value
    return frozenset(tuple(new if part == old else part for part in parts) for parts in found)


def _to_field(each: Field, name: str) -> Field:
    keywords = tuple((key, name if key == "to_field" else value) for key, value in each.value.keywords)
    return replace(each, value=Call(each.value.path, each.value.args, keywords))
