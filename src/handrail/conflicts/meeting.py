"""Two accesses to one thing, one of each side, and the reasons that come of it."""

from __future__ import annotations

from typing import Any

from handrail.conflicts.access import Access
from handrail.conflicts.merge import is_certain
from handrail.conflicts.state import Field, Model
from handrail.conflicts.walk import SideFootprint
from handrail.domain.conflict import MISSING, Kind, Reason, Verdict
from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey, Operation, OperationKey
from handrail.domain.value import Call, DictOf, ListOf, SetOf, Symbolic, Value

SOURCES = {"data": Kind.DATA, "sql": Kind.SQL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The footprints of both sides; ends: their models at the end, by identity."""

    ours: SideFootprint
    theirs: SideFootprint
    our_end: dict[str, Model]
    their_end: dict[str, Model]

    @classmethod
    def of(cls, ours: SideFootprint, theirs: SideFootprint) -> Sides:
        """Return two sides with their ends."""
        ends = ({model.id: model for model in side.state.seen()} for side in (ours, theirs))
        our_end, their_end = ends
        return cls(ours=ours, theirs=theirs, our_end=our_end, their_end=their_end)

    def equal(self, one: OperationKey, other: OperationKey) -> bool:
        """Say whether an operation of ours and one of theirs are really the same, and stand on their own."""
        if one in self.ours.separate or other in self.theirs.separate:
            return False
        mine, yours = self.ours.operations[one], self.theirs.operations[other]
        return mine.name == yours.name and _plain(mine) == _plain(yours) and all(map(is_certain, mine.arguments.values()))

    def end_fields(self, model_id: str, field_id: str) -> tuple[Field | None, Field | None]:
        """Return a field of the common ancestor as each side leaves it; None where it is gone."""
        mine, yours = (_field(end.get(model_id), field_id) for end in (self.our_end, self.their_end))
        return mine, yours


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An access of ours and one of theirs to one resource; swapped: the rule asks for them in the other order."""

    sides: Sides
    ours: Access
    theirs: Access
    swapped: bool = False

    @property
    def first(self) -> Access:
        """The access that the rule names first."""
        return self.theirs if self.swapped else self.ours

    @property
    def second(self) -> Access:
        """The access that the rule names second."""
        return self.ours if self.swapped else self.theirs

    @property
    def separate(self) -> bool:
        """Whether one of the two is inside SeparateDatabaseAndState."""
        return self.ours.separate or self.theirs.separate

    def first_then_second(self) -> tuple[MigrationKey, ...]:
        """Return the migrations in the rule's order."""
        return (self.first.operation.migration, self.second.operation.migration)

    def second_then_first(self) -> tuple[MigrationKey, ...]:
        """Return the migrations in the other order."""
        return (self.second.operation.migration, self.first.operation.migration)

    def reason(self, code: str, kind: Kind, verdict: Verdict, why: str = "", **more: Any) -> Reason:
        """Return a reason about the two. why: what follows from it, in words; more: other parts of the reason."""
        one = self.first if self.first.model else self.second
        named = {"model": one.model, "field": self.ours.field or self.theirs.field, "name": self.ours.name or self.theirs.name}
        first, second = more.pop("first", MISSING), more.pop("second", MISSING)
        values = {"ours": second, "theirs": first} if self.swapped else {"ours": first, "theirs": second}
        return Reason(
            code=code,
            kind=self.kind(kind),
            verdict=verdict,
            explanation=self.explain(why),
            operations=(self.ours.operation, self.theirs.operation),
            **{**named, **values, **more},
        )

    def kind(self, kind: Kind) -> Kind:
        """Return the kind of a reason about the two, where nothing special is the matter the given one."""
        if self.separate:
            return Kind.STATE_DATABASE
        sources = sorted(access.source for access in (self.ours, self.theirs) if access.source)
        return SOURCES[sources[-1]] if sources else kind

    def explain(self, why: str = "") -> str:
        """Return what the two do in one sentence."""
        return sentence(self.ours, self.theirs, why)


def sentence(ours: Any, theirs: Any, why: str = "") -> str:
    """Return what two accesses do, with the names of their migrations; with apps where these are not one."""
    far = ours.operation.app_label != theirs.operation.app_label
    parts = [f"{each.operation.migration if far else each.operation.name} {each.phrase}" for each in (ours, theirs)]
    return f"{'; '.join(parts)}{': ' if why else ''}{why}"


def _field(model: Model | None, field_id: str) -> Field | None:
    if model is None:
        return None
    return next((each for each in model.fields.values() if each.id == field_id), None)


def _plain(operation: Operation) -> dict[str, Value]:
    """Return the arguments without what makes no difference: the case of model names, lists instead of tuples."""
    lower = {"model_name", "name"} if "field" not in operation.arguments else {"model_name"}
    return {
        name: value.lower() if isinstance(value, str) and name in lower and operation.name != "CreateModel" else _flat(value)
        for name, value in operation.arguments.items()
    }


def _flat(value: Value) -> Value:
    if isinstance(value, ListOf | tuple):
        return tuple(map(_flat, value))
    if isinstance(value, Call):
        return (value.path, tuple(map(_flat, value.args)), frozenset((key, _flat(part)) for key, part in value.keywords))
    if isinstance(value, DictOf):
        return frozenset((_flat(key), _flat(part)) for key, part in value.pairs)
    if isinstance(value, SetOf):
        return frozenset(map(_flat, value))
    return (type(value).__name__, value) if isinstance(value, bool | int | float | Symbolic) else value
