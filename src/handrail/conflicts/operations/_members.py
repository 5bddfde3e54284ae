"""What the operations on indexes and constraints have in common."""

from __future__ import annotations

from typing import Any

from handrail.conflicts.access import Access, Mode
from handrail.conflicts.operations.base import Place
from handrail.conflicts.state import Member, Model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import Call, Value


def model_of(operation: Operation, place: Place) -> Model:
    """Return the model that an operation on an index or a constraint names."""
    return place.model(operation.argument("model_name"))


def touch_member(place: Place, model: Model, sort: str, name: str, mode: Mode, phrase: str, **more: Any) -> Access:
    """Return an access to an index or a constraint by its identity."""
    found = model.member(sort, name)
    return place.touch(
        ("member", model.id, sort, found.id), mode, phrase, model=model.label, name=name, before=found.value, **more
    )


def with_members(model: Model, sort: str, members: tuple[Member, ...]) -> Model:
    """Return a model with other indexes or constraints."""
    return replace(model, members={**model.members, sort: members})


def without(model: Model, sort: str, name: str) -> Model:
    """Return a model without an index or a constraint."""
    return with_members(model, sort, tuple(each for each in model.members.get(sort, ()) if each.name != name))


def name_of(value: Value) -> str:
    """Return the name of an index or a constraint, "" where it cannot be read."""
    name = value.keyword("name") if isinstance(value, Call) else None
    return name if isinstance(name, str) else ""
