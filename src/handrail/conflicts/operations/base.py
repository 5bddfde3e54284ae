"""What every operation's file builds on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from handrail.conflicts.access import EVERY, Access, Mode, Opaque, Resource
from handrail.conflicts.fields import attname, generated_names, get, is_relation
from handrail.conflicts.references import fields_in, names_in
from handrail.conflicts.state import Field, Model, State, family, owner_of
from handrail.domain.dataclasses import dataclass
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, Operation, OperationKey
from handrail.domain.value import Call, DictOf, ListOf, SetOf, Symbolic, Value

Touched = Access | Opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an operation stands: the state before it, its migration, its key, and the side's name ("ours").

    separate: whether it is a part of SeparateDatabaseAndState. bare: whether nothing in the database goes with it.
    """

    state: State
    migration: Migration
    key: OperationKey
    side: str
    separate: bool = False
    bare: bool = False

    @property
    def app_label(self) -> str:
        """The app whose models the operation names."""
        return self.migration.key.app_label

    def model(self, name: Value) -> Model:
        """Return the model that an operation of this app names, in any case."""
        return self.state.get(ModelKey(self.app_label, str(name).lower()))

    def new_id(self, name: str) -> str:
        """Return an identity for something that this operation makes: no other thing of either side has it."""
        return f"{name}@{self.side}:{self.key.app_label}.{self.key.name}:{self.key.position}"

    def touch(self, resource: Resource, mode: Mode, phrase: str, **more: Any) -> Access:
        """Return an access of the operation that stands here; a field is named as people know it, not by its identity."""
        if "field" in more:
            more["field"] = more["field"].partition("@")[0].replace(EVERY, "")
        return Access(
            resource=resource, mode=mode, operation=self.key, phrase=phrase + self._inside(), separate=self.separate, **more
        )

    def opaque(self, phrase: str, why: str, source: str = "") -> Opaque:
        """Return that the operation that stands here may do anything within its app."""
        return Opaque(operation=self.key, phrase=phrase + self._inside(), why=why, source=source, separate=self.separate)

    def _inside(self) -> str:
        return " in SeparateDatabaseAndState" if self.separate else ""


class Rule:
    """One operation of Django: a subclass per file.

    renames: whether the operation changes names without making anything new, so that what was named after the old name stays
    as it is called.
    """

    renames = False

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does, after the name of its migration, such as "adds field x to shop.Thing"."""
        raise NotImplementedError

    def is_cosmetic(self, operation: Operation, place: Place) -> bool:  # noqa: ARG002 - for those that can be
        """Say whether the operation touches neither the schema nor a row nor a name."""
        return False

    def touches(self, operation: Operation, place: Place) -> Iterable[Touched]:
        """Yield what the operation touches, by the state before it."""
        raise NotImplementedError

    def apply(self, operation: Operation, place: Place) -> None:
        """Change the state as the operation does."""


def use_model(
    place: Place,
    model: Model,
    phrase: str,
    *,
    generated: bool = False,
    schema: bool = True,
    rebuilt: bool = True,
    field: str = "",
) -> Access:
    """Return that a model is used. generated: something is named after its table. schema: its table changes.

    rebuilt: SQLite may make the table anew for that, and copy the rows; not where an index is all that is made or dropped.
    """
    detail = {"generated": generated, "schema": schema, "rebuilt": schema and rebuilt}
    return place.touch(("model", model.id), Mode.USE, phrase, model=model.label, field=field, detail=detail)


def shape_inserts(place: Place, model: Model, phrase: str, *, orm: bool = True, raw: bool = True, field: str = "") -> Access:
    """Return that what becomes of a row that is inserted depends on the operation. orm, raw: for which sort of code."""
    return place.touch(
        ("rows", model.id), Mode.SHAPE_INSERT, phrase, model=model.label, field=field, detail={"orm": orm, "raw": raw}
    )


def use_fields(
    place: Place, model: Model, value: Value, how: str, phrase: str, *, restricts: bool = False, name: str = ""
) -> Iterator[Access]:
    """Yield the uses of the fields that a value names, inherited ones included. how: what uses them, as the rules know it."""
    for owner, each in named_fields(place.state, model, value):
        yield place.touch(
            ("field", owner.id, each.id),
            Mode.USE,
            phrase,
            model=owner.label,
            field=each.id,
            name=name,
            before=each.value,
            after=value,
            detail={"how": how, "restricts": restricts},
            doubtful=each.id == EVERY,
        )


def named_fields(state: State, model: Model, value: Value) -> Iterator[tuple[Model, Field]]:
    """Yield the fields that a value names, with the models that hold them; of an unknown model whatever may be a name."""
    lines = family(state, model)
    by_name = {name: (one, each) for one in reversed(lines) for each in one.fields.values() for name in _spellings(each)}
    key = model.primary_key()
    by_name.setdefault("pk", (owner_of(state, model, key.name), key))
    known = frozenset(by_name) | _certain(value)
    if not all(one.known for one in lines):
        known |= frozenset(word for word in names_in(value) if word.isidentifier())
    for name in sorted(fields_in(value, known)):
        if name == EVERY:
            yield model, Field(id=EVERY, name=EVERY)
        else:
            yield by_name.get(name) or (model, model.field(name))


def _spellings(each: Field) -> Iterator[str]:
    yield each.name
    yield attname(each.name, each.value)


def _certain(value: Value) -> frozenset[str]:
    """Return the names that stand where only fields can stand."""
    listed = value.keyword("fields", ()) if isinstance(value, Call) else value if isinstance(value, frozenset) else ()
    return frozenset(names_in(tuple(listed))) if isinstance(listed, ListOf | tuple | frozenset) else frozenset()


def use_targets(place: Place, model: Model, each: Field, phrase: str) -> Iterator[Touched]:
    """Yield the uses of what a field refers to: its target, the target's key, and the model between."""
    value = each.value
    if isinstance(value, Symbolic) or (is_relation(value) and each.target is None):
        yield place.opaque(phrase, f"the definition of {each.name} is computed")
    for key in (each.target, each.through):
        if key is None:
            continue
        target = place.state.get(key)
        if target.id == model.id:
            continue
        yield use_model(place, target, f"{phrase} which refers to {target.label}", generated=generated_names(value), schema=False)
        named = get(value, "to_field")
        referred = target.field(named) if isinstance(named, str) and key == each.target else target.primary_key()
        yield place.touch(
            ("field", target.id, referred.id),
            Mode.USE,
            f"{phrase} whose column follows {target.label}.{referred.name}",
            model=target.label,
            field=referred.id,
            before=referred.value,
            after=value,
            detail={"how": "reference", "restricts": False},
        )


def use_referring(place: Place, model: Model, phrase: str) -> Iterator[Access]:
    """Yield the uses of the models whose foreign keys and many-to-many tables are rebuilt with a model that they lead to."""
    for other, each in place.state.referring(model.key):
        if other.id != model.id:
            text = f"{phrase} and rebuilds {other.label}.{each.name}, which leads to it"
            yield use_model(place, other, text, generated=True)


def pairs(value: Value) -> tuple[tuple[Value, Value], ...]:
    """Return a list of pairs, or the pairs of a dict, as a tuple; nothing where it is not one."""
    if isinstance(value, DictOf):
        return value.pairs
    if isinstance(value, ListOf | SetOf | tuple):
        return tuple(item for item in map(_pair, value) if item is not None)
    return ()


def _pair(item: Value) -> tuple[Value, Value] | None:
    found = tuple(item) if isinstance(item, ListOf | tuple) else ()
    return (found[0], found[1]) if len(found) == 2 else None


def together(value: Value) -> frozenset[tuple[str, ...]] | Symbolic:
    """Return unique_together or index_together as a set of tuples of names, as Django normalises it; a set is that already."""
    if isinstance(value, frozenset):
        return value
    if value is None or not isinstance(value, ListOf | SetOf | tuple):
        return frozenset() if value is None or not isinstance(value, Symbolic) else value
    items = tuple(value)
    if items and all(isinstance(item, str) for item in items):
        return frozenset({items})
    return frozenset(tuple(item) for item in items if isinstance(item, ListOf | tuple))
