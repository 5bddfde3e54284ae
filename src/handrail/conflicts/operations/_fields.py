"""What AddField, AlterField, RemoveField and RenameField have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from handrail.conflicts.access import Access, Mode
from handrail.conflicts.fields import class_name, get
from handrail.conflicts.operations.base import Place, use_fields
from handrail.conflicts.state import Field, Model
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
        field=each.id.partition("@")[0],
        before=each.value,
        after=after,
        detail=detail,
    )


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
