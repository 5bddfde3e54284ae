"""Which migrations of an app stay, which move, and in what order they come to stand in one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from handrail.domain.conflict import Conflict, Verdict
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey

Keys = tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An app's migrations in one line: trunk is the last that stays (None: all move), segments the chains that follow it.

    Each segment ends in one migration that needs all of the segment. fixed_ends: where the part that stays ends; more than one
    cannot be put in a line.
    """

    app_label: str
    trunk: MigrationKey | None
    segments: tuple[Keys, ...]
    fixed_ends: Keys = ()

    @property
    def moving(self) -> Keys:
        """All migrations that move, in their final order."""
        return tuple(key for segment in self.segments for key in segment)


def torn_apps(graph: MigrationGraph, apps: Collection[str] = ()) -> list[str]:
    """Return the labels of the apps with more than one leaf node, among apps or (where that is empty) all."""
    leaves = [key.app_label for key in graph.leaf_nodes()]
    return sorted({label for label in leaves if leaves.count(label) > 1 and (not apps or label in apps)})


def line_of(app_label: str, graph: MigrationGraph, fixed: Collection[MigrationKey], conflicts: Iterable[Conflict]) -> Line:
    """Put an app's migrations in a line: what is fixed first, then each of our chains after the other.

    Chains go by the order that the conflicts ask for, and by name where they ask for none: all of them are unpublished.
    """
    staying = {key for key in graph.nodes if key.app_label == app_label and key in fixed}
    ends = tuple(sorted(key for key in staying if not graph.children[key] & staying))
    placed = frozenset[MigrationKey]().union(*(graph.ancestors(key) for key in ends))
    segments: list[Keys] = []
    for leaf in _in_order([leaf for leaf in graph.leaf_nodes(app_label) if leaf not in placed], graph, conflicts):
        segment = tuple(key for key in graph.plan([leaf]) if key.app_label == app_label and key not in placed)
        segments.append(segment)
        placed |= graph.ancestors(leaf)
    return Line(app_label=app_label, trunk=ends[0] if ends else None, segments=tuple(segments), fixed_ends=ends)


def _in_order(leaves: Sequence[MigrationKey], graph: MigrationGraph, conflicts: Iterable[Conflict]) -> list[MigrationKey]:
    """Sort leaf nodes by name, but each after those that must come before it, as long as the demands do not go in a circle."""
    earlier: dict[MigrationKey, set[MigrationKey]] = {leaf: set() for leaf in leaves}
    needs = {leaf: graph.ancestors(leaf) for leaf in leaves}
    for first, second in _demands(conflicts):
        befores = {leaf for leaf in leaves if first in needs[leaf] and second not in needs[leaf]}
        for leaf in leaves:
            if second in needs[leaf] and first not in needs[leaf]:
                earlier[leaf] |= befores
    done: list[MigrationKey] = []
    while len(done) < len(leaves):
        left = [leaf for leaf in leaves if leaf not in done]
        done.append(next((leaf for leaf in left if not earlier[leaf] & set(left) - {leaf}), left[0]))
    return done


def _demands(conflicts: Iterable[Conflict]) -> Iterable[tuple[MigrationKey, MigrationKey]]:
    for conflict in conflicts:
        for reason in conflict.reasons:
            if reason.verdict is Verdict.ORDER_DEPENDENT:
                for position, first in enumerate(reason.order):
                    yield from ((first, second) for second in reason.order[position + 1 :])
