"""The conflicts of all open branches with each other."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.api.find import Found
from handrail.conflicts.among import Contribution, among_branches
from handrail.domain.dataclasses import replace
from handrail.domain.graph import MigrationGraph
from handrail.sources.branches import OpenBranch, open_branches, trees
from handrail.sources.project import Project
from handrail.sources.tree import Tree


def among_all_branches(project: Project, apps: Sequence[str], glob: str) -> Found:
    """Find the conflicts that the open branches whose names match a glob have with each other."""
    repository = project.require_repository()
    found = open_branches(repository, glob)
    default = project.snapshot(repository.default_branch() or "HEAD")
    graph = MigrationGraph.build(default.migrations, settings=default.settings)
    branches = [contribution(project, branch, tree) for branch, tree in zip(found, trees(repository, found), strict=True)]
    base = [graph.migrations[key] for key in graph.plan(sorted(graph.nodes))]
    leaves = {leaf.app_label: leaf for leaf in graph.leaf_nodes()}
    migrations = {**graph.migrations, **{one.key: one for branch in branches for one in branch.migrations}}
    return Found(
        graph=replace(graph, migrations=migrations),
        settings=default.settings,
        conflicts=tuple(among_branches(base, branches, default.settings, leaves, apps)),
        refs=tuple(branch.ref for branch in branches),
        unread=default.findings,
    )


def contribution(project: Project, branch: OpenBranch, tree: Tree) -> Contribution:
    """Return the migrations that a branch adds or changes, in plan order."""
    snapshot = project.read(tree)
    changed = {change.path for change in branch.changes if change.new}
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    mine = [key for key in sorted(graph.nodes) if snapshot.migrations[key].path in changed]
    order = [snapshot.migrations[key] for key in graph.plan(mine) if key in set(mine)] if mine else []
    return Contribution(ref=branch.branch.name, author=branch.branch.author, migrations=tuple(order))
