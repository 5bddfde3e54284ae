"""Which migrations are the two sides of a conflict, and what they are compared from."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey

Keys = tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Two lists of migrations that were written apart, in plan order, and all that both may build on."""

    apps: tuple[str, ...]
    ancestor: MigrationKey | None
    ours: Keys
    theirs: Keys
    base: Keys


def leaf_sides(
    graph: MigrationGraph, apps: Collection[str] = (), ages: Mapping[MigrationKey, int] | None = None
) -> Iterator[Sides]:
    """Yield every pair of leaf nodes of one app as the two sides since their common ancestor.

    apps: only these, or all where it is empty. ages: of two leaf nodes the older one (the smaller number) is theirs; those that
    are not named are the youngest; among equals the order of the names decides. Only
    migrations of the app itself are on a side: what they need of other apps is part of the base, for it comes to every database
    whichever side is first.
    """
    leaves: dict[str, list[MigrationKey]] = {}
    known = ages or {}
    for leaf in sorted(graph.leaf_nodes(), key=lambda leaf: (-known.get(leaf, sys.maxsize), leaf)):
        leaves.setdefault(leaf.app_label, []).append(leaf)
    for app_label, found in sorted(leaves.items()):
        if apps and app_label not in apps:
            continue
        for one, other in combinations(found, 2):
            yield sides_of(graph, [one], [other], (app_label,))


def sides_of(graph: MigrationGraph, ours: Iterable[MigrationKey], theirs: Iterable[MigrationKey], apps: tuple[str, ...]) -> Sides:
    """Return the two sides that lead to the given leaf nodes, as far as they lie in apps."""
    mine, yours = list(ours), list(theirs)
    our_needs = frozenset[MigrationKey]().union(*(graph.ancestors(key) for key in mine))
    their_needs = frozenset[MigrationKey]().union(*(graph.ancestors(key) for key in yours))
    our_side = {key for key in our_needs - their_needs if key.app_label in apps}
    their_side = {key for key in their_needs - our_needs if key.app_label in apps}
    plan = graph.plan([*mine, *yours])
    return Sides(
        apps=apps,
        ancestor=nearest(graph, our_needs & their_needs, apps),
        ours=tuple(key for key in plan if key in our_side),
        theirs=tuple(key for key in plan if key in their_side),
        base=without_descendants(graph, plan, our_side | their_side),
    )


def nearest(graph: MigrationGraph, common: Collection[MigrationKey], apps: Collection[str]) -> MigrationKey | None:
    """Return the last of the common ancestors in one app: the one that no other of them needs; None where there is none."""
    inside = {key for key in common if key.app_label in apps}
    ends = [key for key in inside if not graph.children[key] & inside]
    return max(ends, key=lambda key: (len(graph.ancestors(key)), key), default=None)


def without_descendants(graph: MigrationGraph, plan: Iterable[MigrationKey], sides: Collection[MigrationKey]) -> Keys:
    """Return what of a plan can be applied before anything of the sides."""
    later: set[MigrationKey] = set(sides)
    kept: list[MigrationKey] = []
    for key in plan:
        if key in later or graph.parents[key] & later:
            later.add(key)
        else:
            kept.append(key)
    return tuple(kept)
