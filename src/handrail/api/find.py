"""What a command that asks about conflicts begins with: read, find the sides, decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from handrail.conflicts.between import between_apps, between_branches, between_leaves, inside_merges, meetings, with_origins
from handrail.conflicts.merged import merge_files
from handrail.domain.conflict import Conflict
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.sources.asked import require_apps
from handrail.sources.project import Project
from handrail.sources.settled import Pair, pair_ids
from handrail.sources.standing import ON_TARGET, standings, torn_leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reading and deciding gave: the graph of the files (merged, for two branches), its conflicts, and unreadable files.

    refs: the trees that were merged, that of our side first; "" is the working tree.
    """

    graph: MigrationGraph
    settings: Mapping[str, str]
    conflicts: tuple[Conflict, ...]
    refs: tuple[str, ...]
    unread: tuple[Finding, ...] = ()


def find_conflicts(project: Project, apps: Sequence[str], *, base: str | None, head: str | None) -> Found:
    """Read and decide, without a word about it."""
    if base is None:
        return in_one_tree(project, apps, head or "")
    return across_branches(project, apps, base, head or "")


def in_one_tree(project: Project, apps: Sequence[str], ref: str, meant: Snapshot | None = None) -> Found:
    """Find the conflicts between the leaf nodes of one tree, inside its newest merge migrations, and between its apps.

    meant: what to take the working tree for.
    """
    snapshot = project.snapshot(ref) if ref else meant or as_meant(project)
    require_apps(apps, snapshot)
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    torn = torn_leaves(graph, apps)
    where = standings(project, graph, torn, project.target()) if torn and not ref else {}
    ages = {key: standing.age for key, standing in where.items()}
    origins = {key: (standing.ref, standing.author) for key, standing in where.items()}
    merges = [key for key in graph.leaf_nodes() if not apps or key.app_label in apps]
    found = [
        *between_leaves(graph, snapshot.settings, apps, ages),
        *inside_merges(graph, snapshot.settings, merges),
        *_between_apps(project, graph, (snapshot,), snapshot.settings, _open_pairs(project, graph, ref, snapshot.settings), apps),
    ]
    return Found(
        graph=graph,
        settings=snapshot.settings,
        conflicts=tuple(with_origins(conflict, origins) for conflict in found),
        refs=(ref,),
        unread=_unread(project, snapshot) if not ref else snapshot.findings,
    )


def as_meant(project: Project) -> Snapshot:
    """Return the snapshot of the working tree, with the files told apart in which git has mixed both sides."""
    found = project.snapshot()
    if not found.findings:
        return found
    from handrail.sources.mixed import unmixed

    return unmixed(project)


def _unread(project: Project, meant: Snapshot) -> tuple[Finding, ...]:
    """Return the findings of the working tree; for a file that was told apart, resolve is next."""
    paths = {meant.migrations[key].path: key.app_label for key in meant.aside}
    findings = []
    for finding in project.snapshot().findings:
        label = next((paths[place.path] for place in finding.locations if place.path in paths), "")
        help = "each side added the file: resolve leaves theirs and gives ours another name"
        findings.append(replace(finding, help=help, command=f"handrail resolve {label}") if label else finding)
    return tuple(findings)


def _open_pairs(
    project: Project, graph: MigrationGraph, ref: str, settings: Mapping[str, str]
) -> list[tuple[MigrationKey, MigrationKey]]:
    """Return the pairs of different apps that are not settled yet: with one that is not on the target branch.

    Where there is no target branch to tell, pairs of leaf nodes: what is older has been applied in the order of the graph.
    """
    target = project.target() if not ref else None
    if target is None:
        leaves = graph.leaf_nodes()
        return meetings(graph, leaves, leaves, settings)
    new = [key for key in graph.nodes if not target.has(key)]
    return meetings(graph, new, graph.nodes, settings) if new else []


def _between_apps(
    project: Project,
    graph: MigrationGraph,
    read: Sequence[Snapshot],
    settings: Mapping[str, str],
    pairs: Sequence[Pair],
    apps: Sequence[str],
) -> Iterator[Conflict]:
    """Yield the conflicts of pairs, and keep which pairs have none: what they were decided from decides it again."""
    asked = [pair for pair in pairs if not apps or {key.app_label for key in pair} & set(apps)]
    if not asked:
        return
    ids = pair_ids(graph, read, settings, asked)
    known = project.cache.settled(ids.values())
    for pair in asked:
        if ids[pair] not in known:
            found = [*between_apps(graph, settings, [pair])]
            yield from found
            project.cache.settle([] if found else [ids[pair]])


def across_branches(project: Project, apps: Sequence[str], base: str, head: str, *, aside: bool = False) -> Found:
    """Find what merging head ("": the working tree) into base would meet.

    aside: take our migrations that have the name of one of theirs for what they will be under another name.
    """
    common = project.require_repository().merge_base(base, "HEAD" if head in ("", ":") else head)
    theirs, ours = project.snapshot(base), project.snapshot(head) if head else as_meant(project)
    before = project.snapshot(common) if common else Snapshot(ref="", apps={}, migrations={})
    require_apps(apps, ours, theirs)
    if aside:
        from handrail.conflicts.aside import clashes, set_aside

        ours = set_aside(ours, theirs.migrations, clashes(ours.migrations, theirs.migrations, before.migrations))
    merged = merge_files(before, ours, theirs)
    settings = {**theirs.settings, **ours.settings}
    found = between_branches(merged, settings, (head, base), apps)
    ages = dict.fromkeys(theirs.migrations, ON_TARGET)
    open_apps = {leaf.app_label for leaf in torn_leaves(merged.graph, apps)} - {label for one in found for label in one.apps}
    found += between_leaves(merged.graph, settings, open_apps, ages) if open_apps else ()
    found += inside_merges(merged.graph, settings, merged.ours - merged.theirs)
    new = merged.graph.nodes & merged.ours - merged.theirs
    pairs = meetings(merged.graph, new, merged.graph.nodes - merged.theirs, settings)
    found += _between_apps(project, merged.graph, (ours, theirs), settings, pairs, apps)
    return Found(
        graph=merged.graph,
        settings=settings,
        conflicts=tuple(found),
        refs=(head, base),
        unread=tuple(dict.fromkeys((*ours.findings, *theirs.findings))),
    )
