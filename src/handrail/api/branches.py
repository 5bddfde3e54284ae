"""The conflicts of all open branches with each other, and with what the default branch got since they left it."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.api.find import Found
from handrail.conflicts.among import Contribution, among_branches
from handrail.conflicts.between import between_branches
from handrail.conflicts.merged import merge_files
from handrail.domain.conflict import Conflict
from handrail.domain.dataclasses import replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.snapshot import Snapshot
from handrail.sources.asked import require_apps
from handrail.sources.branches import OpenBranch, open_branches, trees
from handrail.sources.project import Project


def among_all_branches(project: Project, apps: Sequence[str], glob: str) -> Found:
    """Find the conflicts of the open branches whose names match a glob: with each other, and with the default branch."""
    repository = project.require_repository()
    found = open_branches(repository, glob)
    target = repository.default_branch() or "HEAD"
    default = project.snapshot(target)
    graph = MigrationGraph.build(default.migrations, settings=default.settings)
    read = [(branch, project.read(tree)) for branch, tree in zip(found, trees(repository, found), strict=True)]
    require_apps(apps, default, *(snapshot for _, snapshot in read))
    branches = [contribution(branch, snapshot) for branch, snapshot in read]
    late = [one for branch, snapshot in read for one in with_default(project, branch, snapshot, target, apps)]
    base = [graph.migrations[key] for key in graph.plan(sorted(graph.nodes))]
    leaves = {leaf.app_label: leaf for leaf in graph.leaf_nodes()}
    migrations = {**graph.migrations, **{one.key: one for branch in branches for one in branch.migrations}}
    return Found(
        graph=replace(graph, migrations=migrations),
        settings=default.settings,
        conflicts=(*late, *among_branches(base, branches, default.settings, leaves, apps)),
        refs=tuple(branch.ref for branch in branches),
        unread=default.findings,
    )


def with_default(project: Project, branch: OpenBranch, ours: Snapshot, target: str, apps: Sequence[str]) -> Sequence[Conflict]:
    """Return what merging a branch into the default one would meet; nothing where that one got no migration since."""
    theirs, before = project.snapshot(target), project.snapshot(branch.base)
    if all(key in before.migrations for key in theirs.migrations):
        return ()
    settings = {**theirs.settings, **ours.settings}
    return between_branches(merge_files(before, ours, theirs), settings, (branch.branch.name, target), apps)


def contribution(branch: OpenBranch, snapshot: Snapshot) -> Contribution:
    """Return the migrations that a branch adds or changes, in plan order."""
    changed = {change.path for change in branch.changes if change.new}
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    mine = [key for key in sorted(graph.nodes) if snapshot.migrations[key].path in changed]
    order = [snapshot.migrations[key] for key in graph.plan(mine) if key in set(mine)] if mine else []
    return Contribution(ref=branch.branch.name, author=branch.branch.author, migrations=tuple(order))
