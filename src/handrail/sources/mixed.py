"""Migration files in which git has mixed both sides, in the middle of a merge or rebase: read as the two files that they were."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.conflicts.aside import clashes, set_aside
from handrail.domain.dataclasses import replace
from handrail.domain.edit import Action, Edit
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.sources.edited_tree import EditedTree
from handrail.sources.git import Repository
from handrail.sources.git_state import InProgress
from handrail.sources.project import Project

BASE = 1
"""The stage of the index that holds a conflicted file's version at the common ancestor (git help read-tree, "3-Way Merge")."""


def unmixed(project: Project) -> Snapshot:
    """Return the snapshot of the working tree in which our migration of a mixed file is set aside, and theirs is in its place.

    Only files that both sides added are told apart; the others stay what they are, a finding.
    """
    found = project.snapshot()
    doing = project.in_progress
    if project.repository is None or doing is None or not found.findings:
        return found
    versions = _versions(project.repository, doing, found)
    theirs = project.snapshot(doing.theirs).migrations if versions else {}
    versions = {path: both for path, both in versions.items() if any(path == one.path for one in theirs.values())}
    if not versions:
        return found
    edits = [Edit(path=path, action=Action.REWRITE, after=ours) for path, (ours, _) in versions.items()]
    mine = project.read(EditedTree(project.tree(), edits))
    base = project.snapshot(doing.base).migrations if doing.base else {}
    keys = [key for key in clashes(mine.migrations, theirs, base) if mine.migrations[key].path in versions]
    return _completed(set_aside(mine, theirs, keys), theirs, versions)


def _versions(repository: Repository, doing: InProgress, found: Snapshot) -> dict[str, tuple[bytes, bytes]]:
    """Return our and their content of the unreadable files that both sides added, by path."""
    paths = {place.path for finding in found.findings for place in finding.locations if place.path.endswith(".py")}
    head, other = (repository.index(stage=stage) for stage in (2, 3))
    paths &= {*head.paths()} & {*other.paths()} - {*repository.index(stage=BASE).paths()}
    ours, theirs = (head, other) if doing.head_is_ours else (other, head)
    mine, yours = (tree.read_many(sorted(paths)) for tree in (ours, theirs))
    return {path: (mine[path], yours[path]) for path in sorted(paths)}


def _completed(
    found: Snapshot, theirs: Mapping[MigrationKey, Migration], versions: Mapping[str, tuple[bytes, bytes]]
) -> Snapshot:
    """Put their migrations in the place of those that were set aside, and keep the contents of both."""
    aside = {}
    migrations = dict(found.migrations)
    for key, one in found.aside.items():
        ours, content = versions[found.migrations[key].path]
        aside[key] = replace(one, ours=ours, theirs=content)
        migrations[one.key] = theirs[one.key]
    return replace(found, migrations=migrations, aside=aside)
