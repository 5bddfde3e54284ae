"""How settled a migration is: on the target branch, in the history, or only in the working tree."""

from __future__ import annotations

from collections.abc import Collection

from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.sources.project import Project, Target

ON_TARGET = 0
UNCOMMITTED = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a migration stands. age: ON_TARGET, else in which place it came to what is checked out, else UNCOMMITTED.

    Of two leaf nodes the one with the smaller age is theirs: it does not move. ref: the branch it is on, "" where that is not
    known.
    """

    age: int
    ref: str
    author: str


def standings(
    project: Project, graph: MigrationGraph, keys: Collection[MigrationKey], target: Target | None
) -> dict[MigrationKey, Standing]:
    """Return how each of the migrations of the working tree stands."""
    if project.repository is None or not keys:
        return {}
    paths = {key: graph.migrations[key].path for key in keys}
    seen = project.first_seen(paths.values())
    authors = project.authors(paths.values())
    here = project.repository.head().branch
    found = {}
    for key, path in paths.items():
        on_target = target is not None and target.has(key)
        found[key] = Standing(
            age=ON_TARGET if on_target else seen.get(path, UNCOMMITTED),
            ref=target.ref if target is not None and on_target else here if target is not None else "",
            author=authors.get(path, ""),
        )
    return found


def torn_leaves(graph: MigrationGraph, apps: Collection[str] = ()) -> list[MigrationKey]:
    """Return the leaf nodes of the apps that have more than one, sorted."""
    leaves = [leaf for leaf in graph.leaf_nodes() if not apps or leaf.app_label in apps]
    count: dict[str, int] = {}
    for leaf in leaves:
        count[leaf.app_label] = count.get(leaf.app_label, 0) + 1
    return [leaf for leaf in leaves if count[leaf.app_label] > 1]
