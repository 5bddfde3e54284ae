"""Which migrations of an app stay, which move, and in what order they come to stand in one line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from handrail.domain.conflict import Conflict, Verdict
from handrail.domain.dataclasses import dataclass
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

    Chains go by the order that the conflicts ask for, and where they ask for none in plan order, which goes by name where
    dependencies (also of other apps) leave it open: all of them are unpublished.
    """
    staying = {key for key in graph.nodes if key.app_label == app_label and key in fixed}
    ends = tuple(sorted(key for key in staying if not graph.children[key] & staying))
    placed = frozenset[MigrationKey]().union(*(graph.ancestors(key) for key in ends))
    segments: list[Keys] = []
    open_leaves = set(graph.leaf_nodes(app_label)) - placed
    ours = [leaf for leaf in graph.plan(graph.leaf_nodes()) if leaf in open_leaves]
    for leaf in _in_order(ours, graph, conflicts):
        new = [key for key in graph.plan([leaf]) if key.app_label == app_label and key not in placed]
        for end in (key for key in new if not graph.children[key] & set(new)):
            needed = _needed_within_app(end, graph)
            segment = tuple(key for key in new if key in needed and key not in placed)
            segments.append(segment)
            placed |= set(segment)
        placed |= graph.ancestors(leaf)
    return Line(app_label=app_label, trunk=ends[0] if ends else None, segments=tuple(segments), fixed_ends=ends)


def _needed_within_app(key: MigrationKey, graph: MigrationGraph) -> set[MigrationKey]:
    """Return what a migration needs along dependencies within its app alone, itself included."""
    found: set[MigrationKey] = set()
    stack = [key]
    while stack:
        one = stack.pop()
        if one not in found:
            found.add(one)
            stack += [parent for parent in graph.parents[one] if parent.app_label == key.app_label]
    return found


def _in_order(leaves: Sequence[MigrationKey], graph: MigrationGraph, conflicts: Iterable[Conflict]) -> list[MigrationKey]:
    """Put each leaf node after those that must come before it; where that goes in a circle, keep the order."""
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
