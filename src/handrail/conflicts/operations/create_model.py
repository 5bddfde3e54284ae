"""CreateModel."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.operations.base import Place, Rule, Touched, pairs, together, use_model, use_targets
from handrail.conflicts.state import Field, Member, Model
from handrail.domain.conflict import MISSING
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Operation
from handrail.domain.value import Call, DictOf, ListOf, Name, Value

MEMBERS = {"indexes": "index", "constraints": "constraint"}
"""Options that hold things with names of their own, and what these are called here."""


PARTS = {"fields": (ListOf, tuple), "options": (DictOf,), "bases": (ListOf, tuple)}
"""The arguments whose parts have to be known, and what they are written as."""


class CreateModel(Rule):
    """Makes a model, its table and its many-to-many tables."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"creates model {place.app_label}.{operation.argument('name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = made(operation, place), self.phrase(operation, place)
        for name, kinds in PARTS.items():
            value = operation.argument(name)
            if value is not None and not isinstance(value, kinds):
                yield place.opaque(phrase, f"its {name} are computed")
        for each in model.fields.values():
            if each.target != model.key:
                yield from use_targets(place, model, each, phrase)
        for base in model.bases:
            parent = place.state.get(base)
            yield use_model(place, parent, f"{phrase} which inherits from {parent.label}", schema=False)

    def apply(self, operation: Operation, place: Place) -> None:
        """Add the model to the state."""
        place.state.put(made(operation, place))


def made(operation: Operation, place: Place) -> Model:
    """Return the model that the operation makes."""
    name = str(operation.argument("name"))
    key = ModelKey(place.app_label, name.lower())
    options = {str(option): value for option, value in pairs(operation.argument("options"))}
    for option in ("unique_together", "index_together"):
        if option in options:
            options[option] = together(options[option])
    members = {sort: _members(options.pop(option, None), place) for option, sort in MEMBERS.items()}
    fields = {
        str(field): place.state.new_field(key, str(field), value, place.new_id(str(field)))
        for field, value in pairs(operation.argument("fields"))
    }
    return Model(
        id=place.new_id(str(key)),
        label=f"{place.app_label}.{name}",
        key=key,
        name=name,
        fields=fields,
        options=options,
        members=members,
        bases=tuple(_bases(operation.argument("bases"), place, key)),
        managers=operation.argument("managers", MISSING),
    )


def summary(model: Model) -> Value:
    """Return a model as a value to show and to compare: its fields and options."""
    return (tuple((each.name, each.value) for each in model.fields.values()), tuple(model.options.items()), model.bases)


def _members(value: Value, place: Place) -> tuple[Member, ...]:
    found = value if isinstance(value, ListOf | tuple) else ()
    return tuple(member(each, place) for each in found)


def member(value: Value, place: Place) -> Member:
    """Return an index or a constraint as a part of its model."""
    name = value.keyword("name") if isinstance(value, Call) else None
    text = name if isinstance(name, str) else ""
    return Member(id=place.new_id(text), name=text, value=value)


def _bases(value: Value, place: Place, key: ModelKey) -> Iterator[ModelKey]:
    for base in value if isinstance(value, ListOf | tuple) else ():
        if isinstance(base, str | Name):
            found = place.state.resolve(base, place.app_label, key)
            if found is not None and (isinstance(base, str) or place.state.find(found) is not None):
                yield found


__all__ = ["CreateModel", "Field", "made", "member", "summary"]
