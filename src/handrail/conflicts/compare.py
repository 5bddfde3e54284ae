"""Where the footprints of two sides meet, and what each meeting means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from handrail.conflicts.access import EVERY, Access, Mode, Opaque, Resource
from handrail.conflicts.inventory import UNNAMED
from handrail.conflicts.meeting import SOURCES, Meeting, Sides, sentence
from handrail.conflicts.name_rules import NAME_RULES, rename_unnamed
from handrail.conflicts.rules import ROW_RULES, RULES
from handrail.conflicts.twins import unite
from handrail.conflicts.walk import SideFootprint
from handrail.domain.conflict import Kind, Reason, Verdict
from handrail.domain.dataclasses import replace
from handrail.domain.migration import MigrationKey, OperationKey

Rule = Callable[[Meeting], Reason | None]
Ordered = Callable[[MigrationKey, MigrationKey], bool]

SORTS = (
    "model", "field", "member", "value", "model name", "field name", "unnamed", "column", "relation", "constraint", "object",
    "rows",
)  # fmt: skip
"""The sorts of resources, those first whose reasons make later ones needless."""

NAME_SORTS = frozenset({"model name", "field name", "column", "relation", "constraint", "object"})


def compare(ours: SideFootprint, theirs: SideFootprint, ordered: Ordered) -> tuple[Reason, ...]:
    """Return a reason for everything in which the sides meet and are not independent."""
    theirs = unite(ours, theirs)
    sides = Sides.of(ours, theirs)
    found = Found()
    for mine, yours in _pairs(ours, theirs):
        if not ordered(mine.operation.migration, yours.operation.migration):
            found.add(_judge(sides, mine, yours), mine, yours)
    for reason in _opaque(ours, theirs, ordered):
        found.add(reason, None, None)
    return tuple(found.reasons.values())


class Found:
    """Reasons, each once: what is said of the same thing for the same migrations is one reason with all their operations."""

    def __init__(self) -> None:
        self.reasons: dict[tuple[object, ...], Reason] = {}
        self.settled: dict[tuple[OperationKey, OperationKey], list[Reason]] = {}

    def add(self, reason: Reason | None, mine: Access | None, yours: Access | None) -> None:
        """Note a reason, unless an earlier one says it already."""
        if reason is None:
            return
        pair = (reason.operations[0], reason.operations[-1])
        if mine is not None and yours is not None:
            if self._is_said(mine, yours, pair, reason):
                return
            self.settled.setdefault(pair, []).append(reason)
        key = (reason.code, reason.kind, reason.model, reason.field, _name(reason), pair[0].migration, pair[1].migration)
        before = self.reasons.get(key)
        self.reasons[key] = reason if before is None else _joined(before, reason)

    def _is_said(self, mine: Access, yours: Access, pair: tuple[OperationKey, OperationKey], reason: Reason) -> bool:
        earlier = self.settled.get(pair, ())
        if mine.resource[0] == "rows":
            about = (each for each in earlier if each.code in ("HR104", "HR105", "HR107") and each.model == reason.model)
            return any(each.verdict.rank >= reason.verdict.rank for each in about)
        if mine.resource[0] not in NAME_SORTS:
            return False
        if reason.code != "HR106":
            return bool(earlier)
        if any(each.code != "HR106" or each.verdict is not Verdict.OVERLAPPING for each in earlier):
            return True
        same = {each.name.lower() for each in earlier}
        implied = {"table", "reverse accessor", UNNAMED} & {mine.detail, yours.detail}
        return reason.name.lower() in same or bool(implied and earlier)


def _name(reason: Reason) -> str:
    return reason.name.lower() if reason.code in ("HR102", "HR103", "HR106") else ""


def _joined(one: Reason, other: Reason) -> Reason:
    """Return the worse of two reasons about one thing, with the operations of both."""
    worse = max(one, other, key=lambda reason: reason.verdict.rank)
    keep = one if worse.verdict is one.verdict else worse
    operations = tuple(dict.fromkeys((*one.operations, *other.operations)))
    ours = [key for key in operations if key in (one.operations[0], other.operations[0]) or _same_side(key, one)]
    order = keep.order if one.order == other.order or one.verdict is not other.verdict else ()
    return replace(keep, operations=tuple(dict.fromkeys((*ours, *operations))), order=order)


def _same_side(key: OperationKey, reason: Reason) -> bool:
    return key.migration == reason.operations[0].migration


def _pairs(ours: SideFootprint, theirs: SideFootprint) -> Iterator[tuple[Access, Access]]:
    shared = ours.accesses.keys() & theirs.accesses.keys()
    for resource in sorted(shared, key=lambda found: (SORTS.index(found[0]), found)):
        lists = (sorted(side.accesses[resource], key=_reading) for side in (ours, theirs))
        yield from product(*lists)
    yield from _every(ours, theirs)
    yield from ((mine, yours) for yours, mine in _every(theirs, ours))


def _reading(access: Access) -> bool:
    """Say whether an access only reads: where a thing is read and written, the writing says more."""
    return access.mode in (Mode.READ, Mode.ORDERED)


def _every(one: SideFootprint, other: SideFootprint) -> Iterator[tuple[Access, Access]]:
    """Yield what one side does to every field of a model with what the other does to single ones."""
    stars: dict[str, list[Access]] = {
        resource[1]: found for resource, found in one.accesses.items() if resource[0] == "field" and resource[2] == EVERY
    }
    for resource in sorted(other.accesses):
        if resource[0] == "field" and resource[2] != EVERY:
            yield from ((mine, yours) for mine in stars.get(resource[1], ()) for yours in other.accesses[resource])


def _judge(sides: Sides, mine: Access, yours: Access) -> Reason | None:
    rules = _rules(mine.resource)
    modes = (mine.mode, yours.mode)
    if modes in rules:
        return rules[modes](Meeting(sides=sides, ours=mine, theirs=yours))
    if modes[::-1] in rules:
        return rules[modes[::-1]](Meeting(sides=sides, ours=mine, theirs=yours, swapped=True))
    return None


def _rules(resource: Resource) -> Mapping[tuple[Mode, Mode], Rule]:
    if resource[0] == "rows":
        return ROW_RULES
    if resource[0] == "unnamed":
        return {(Mode.REPLACE, Mode.USE): rename_unnamed}
    if resource[0] == "object":
        return {**RULES, **NAME_RULES}
    return NAME_RULES if resource[0] in NAME_SORTS else RULES


def _opaque(ours: SideFootprint, theirs: SideFootprint, ordered: Ordered) -> Iterator[Reason]:
    for opaque in ours.opaque:
        yield from (_unread(opaque, key, theirs, ours_first=True) for key in _met(opaque, theirs, ordered))
    for opaque in theirs.opaque:
        yield from (_unread(opaque, key, ours, ours_first=False) for key in _met(opaque, ours, ordered))


def _met(opaque: Opaque, side: SideFootprint, ordered: Ordered) -> list[OperationKey]:
    """Return the first operation of every migration of a side that works in the app of something that cannot be read."""
    found: dict[MigrationKey, OperationKey] = {}
    for key, apps in side.touched.items():
        if opaque.operation.app_label in apps and not ordered(opaque.operation.migration, key.migration):
            found.setdefault(key.migration, key)
    return list(found.values())


def _unread(opaque: Opaque, key: OperationKey, side: SideFootprint, *, ours_first: bool) -> Reason:
    met = Opaque(operation=key, phrase=side.phrases[key], why="")
    both = (opaque, met) if ours_first else (met, opaque)
    kind = Kind.STATE_DATABASE if opaque.separate else SOURCES.get(opaque.source, Kind.DATA)
    return Reason(
        code="HR107",
        kind=kind,
        verdict=Verdict.OPAQUE,
        explanation=sentence(*both, f"{opaque.operation.name} {opaque.why}"),
        name=opaque.operation.name,
        operations=(both[0].operation, both[1].operation),
    )
