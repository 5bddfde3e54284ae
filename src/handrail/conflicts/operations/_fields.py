"""What AddField, AlterField, RemoveField and RenameField have in common."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Access, Mode
from handrail.conflicts.fields import class_name, fills_itself, get, is_many
from handrail.conflicts.operations.base import Place, use_fields
from handrail.conflicts.state import Field, Model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import Call, Value


def model_of(operation: Operation, place: Place) -> Model:
    """Return the model that an operation on a field names."""
    return place.model(operation.argument("model_name"))


def touch_field(
    place: Place, model: Model, each: Field, mode: Mode, phrase: str, *, after: Value = None, detail: object = None
) -> Access:
    """Return an access to a field by its identity."""
    return place.touch(
        ("field", model.id, each.id),
        mode,
        phrase,
        model=model.label,
        field=each.id,
        before=each.value,
        after=after,
        detail=detail,
    )


def use_own_key(place: Place, model: Model, phrase: str) -> Access:
    """Return that a many-to-many table follows the key of the model that it belongs to."""
    key = model.primary_key()
    text = f"{phrase} whose table follows {model.label}.{key.name}"
    detail = {"how": "reference", "restricts": False}
    return touch_field(place, model, key, Mode.USE, text, detail=detail)


def followers(place: Place, model: Model, key: Field, phrase: str) -> Iterator[Access]:
    """Yield that the columns of relations to a model get another type: on SQLite when their table is next rebuilt."""
    found = {other.id: other for other, _ in place.state.referring(model.key)}
    for each in model.fields.values():
        if is_many(each.value) and each.target is not None:
            target = place.state.get(each.target)
            found |= {model.id: model, target.id: target}
    for other in found.values():
        text = f"{phrase}, which columns of {other.label} follow"
        yield place.touch(("model", other.id), Mode.FOLLOW, text, model=other.label, detail=(model.id, key.id))


def widen(place: Place, model: Model, each: Field, phrase: str, before: Value = None) -> Iterator[Access]:
    """Yield that rows of a model get a field, or one that fills itself. before: what it was, None for a new field."""
    if before is None:
        yield place.touch(("rows", model.id), Mode.WIDEN, phrase, model=model.label, field=each.name)
    if fills_itself(each.value) and before != each.value:
        text, doubtful = f"{phrase}, which fills itself", get(each.value, "auto_now") is not True
        yield place.touch(("rows", model.id), Mode.SHAPE_SAVE, text, model=model.label, field=each.name, doubtful=doubtful)


def in_state(value: Value, operation: Operation) -> Value:
    """Return a definition as the state keeps it: without a default that is only for the rows that are there."""
    if operation.argument("preserve_default", True) is not False or not isinstance(value, Call):
        return value
    return Call(value.path, value.args, tuple(pair for pair in value.keywords if pair[0] != "default"))


def with_field(model: Model, each: Field) -> Model:
    """Return a model with a field added or replaced."""
    return replace(model, fields={**model.fields, each.name: each})


def use_expression(place: Place, model: Model, value: Value, phrase: str) -> Iterator[Access]:
    """Yield the uses of other fields in a generated column."""
    if class_name(value) == "GeneratedField":
        yield from use_fields(place, model, get(value, "expression"), "generated", phrase)


def use_collation(place: Place, value: Value, phrase: str) -> Iterator[Access]:
    """Yield the use of the collation that a field names."""
    name = get(value, "db_collation")
    if isinstance(name, str):
        yield place.touch(("object", "collation", name.lower()), Mode.USE, phrase, name=name)
