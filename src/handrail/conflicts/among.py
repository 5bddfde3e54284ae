"""The conflicts of many branches with each other, at the cost of those that meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from handrail.conflicts.between import apps_of, worst
from handrail.conflicts.merged import file_reasons
from handrail.domain.conflict import Conflict, Reason, Side
from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import Migration, MigrationKey

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one branch adds to, or changes in, the migrations of the default branch; in plan order."""

    ref: str
    author: str
    migrations: Sequence[Migration]

    @property
    def keys(self) -> tuple[MigrationKey, ...]:
        """The keys, in order."""
        return tuple(migration.key for migration in self.migrations)


def among_branches(
    base: Sequence[Migration],
    branches: Sequence[Contribution],
    settings: Mapping[str, str],
    leaves: Mapping[str, MigrationKey],
    apps: Collection[str] = (),
) -> Iterator[Conflict]:
    """Yield the conflicts of every pair of branches that carry on one app or name one thing.

    base: the default branch in plan order; leaves: its leaf node by app. Branches that share neither an app nor a name have no
    conflict with each other, and are not compared.
    """
    for one, other in sorted(_meeting(branches)):
        yield from _between(base, branches[one], branches[other], settings, leaves, apps)


def _between(
    base: Sequence[Migration],
    ours: Contribution,
    theirs: Contribution,
    settings: Mapping[str, str],
    leaves: Mapping[str, MigrationKey],
    apps: Collection[str],
) -> Iterator[Conflict]:
    from handrail.conflicts.decide import decide  # as in between: only where there is something to decide

    known = {migration.key: migration for migration in base}
    other = {migration.key: migration for migration in theirs.migrations}
    mine = [one for one in ours.migrations if one.key not in other or other[one.key].digest != one.digest]
    both = {one.key for one in ours.migrations} - {one.key for one in mine}
    yours = [one for one in theirs.migrations if one.key not in both]
    reasons = [*decide(base, mine, yours, ordered=lambda *_: False, settings=settings)[1]]
    for migration in mine:
        if migration.key in other:
            reasons += file_reasons(migration.key, known.get(migration.key), migration, other[migration.key])
    for labels in sorted(_torn(mine, yours) | {apps_of(reason) for reason in reasons}):
        if not apps or set(apps) & set(labels):
            inside = tuple(reason for reason in reasons if apps_of(reason) == labels)
            yield _conflict(labels, leaves, (ours, mine), (theirs, yours), inside)


def _conflict(
    labels: tuple[str, ...],
    leaves: Mapping[str, MigrationKey],
    ours: tuple[Contribution, list[Migration]],
    theirs: tuple[Contribution, list[Migration]],
    reasons: tuple[Reason, ...],
) -> Conflict:
    ancestor = leaves.get(labels[0]) if len(labels) == 1 else None
    mine, yours = (_side(branch, migrations, labels) for branch, migrations in (ours, theirs))
    return Conflict(apps=labels, ancestor=ancestor, sides=(mine, yours), verdict=worst(reasons), reasons=reasons)


def _side(branch: Contribution, migrations: Iterable[Migration], labels: Collection[str]) -> Side:
    inside = tuple(migration.key for migration in migrations if migration.key.app_label in labels)
    return Side(ref=branch.ref, author=branch.author, leaf=inside[-1] if inside else None, migrations=inside)


def _torn(ours: Iterable[Migration], theirs: Iterable[Migration]) -> set[tuple[str, ...]]:
    mine, yours = ({migration.key.app_label for migration in side} for side in (ours, theirs))
    return {(label,) for label in mine & yours}


def _meeting(branches: Sequence[Contribution]) -> set[Pair]:
    places: dict[object, set[int]] = {}
    removes: dict[tuple[str, str], set[int]] = {}
    refers: dict[tuple[str, str], set[int]] = {}
    for number, branch in enumerate(branches):
        for migration in branch.migrations:
            outline = migration.outline
            for place in (migration.key.app_label, *((name.lower(),) for name in outline.claims)):
                places.setdefault(place, set()).add(number)
            for app_label, model, _ in outline.removes:
                for spot in ((app_label, model), (app_label, "*"), ("*", "*")):
                    removes.setdefault(spot, set()).add(number)
            for app_label, model in outline.refers:
                refers.setdefault((app_label or "*", model or "*") if app_label else ("*", "*"), set()).add(number)
    found = {pair for group in places.values() for pair in combinations(sorted(group), 2)}
    for (app_label, model), group in refers.items():
        gone = removes.get((app_label, model), set()) | removes.get((app_label, ""), set())
        found |= {(min(one, other), max(one, other)) for one in group for other in gone if one != other}
    return found
