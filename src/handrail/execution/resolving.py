"""Carry a resolution out: look at the files as they will be, write them, read them again, put back what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from handrail.domain.dataclasses import replace
from handrail.domain.edit import Action, Edit
from handrail.domain.graph import MigrationGraph
from handrail.domain.snapshot import Snapshot
from handrail.errors.hr123 import WouldNotHold
from handrail.execution import edits as writer
from handrail.planning import lockfile
from handrail.planning.resolution import Resolution
from handrail.planning.verify import problems
from handrail.sources.edited_tree import EditedTree
from handrail.sources.files import WorkingTree
from handrail.sources.tree import Tree

Read = Callable[[Tree], Snapshot]


def files_of(tree: Tree, snapshot: Snapshot) -> dict[str, bytes]:
    """Return the contents of all files in the folders of migrations, by path: what resolve() asks for."""
    folders = tuple(f"{app.path}/" for app in snapshot.apps.values())
    return dict(tree.read_many([path for path in tree.paths() if path.startswith(folders)]))


def complete(root: Path, before: Snapshot, resolution: Resolution, files: Mapping[str, bytes], read: Read) -> Resolution:
    """Add what only the files as they will be can tell (migrations.lock), and make sure that they will hold.

    read: how a tree of this project is read. Raises WouldNotHold. Writes nothing.
    """
    after = read(EditedTree(WorkingTree(root), resolution.edits))
    _require(problems(before, after, resolution))
    graph = MigrationGraph.build(after.migrations, settings=after.settings)
    return replace(resolution, edits=(*resolution.edits, *_lock_edits(after, graph, files)))


def carry_out(
    root: Path, before: Snapshot, resolution: Resolution, read: Read, *, command: str = "resolve", independent: bool = False
) -> str:
    """Write a completed resolution, read the files again, and return the id of the edits' record.

    independent: whether the sides can be had in both orders; kept with the record, for databases that follow later.
    Raises WouldNotHold, after everything is put back, where they are not as promised; and what writing raises.
    """
    followed = resolution.without(before.aside)
    details = {
        "renamed": _pairs(followed.renamed),
        "aliases": _pairs(followed.aliases),
        "removed": [list(key) for key in followed.removed],
        "independent": independent and followed.keeps_operations,
        "pending": True,
    }
    record = writer.apply(resolution.edits, root, command=command, details=details)
    try:
        _require(problems(before, read(WorkingTree(root)), resolution))
    except BaseException:
        writer.undo(root)
        raise
    return record


def _require(found: list[str]) -> None:
    if found:
        raise WouldNotHold(what=found[0], notes=found)


def _pairs(renamed: tuple[tuple[tuple[str, str], tuple[str, str]], ...]) -> list[list[list[str]]]:
    return [[list(old), list(new)] for old, new in renamed]


def _lock_edits(after: Snapshot, graph: MigrationGraph, files: Mapping[str, bytes]) -> list[Edit]:
    """Return the edits of the lock-files that are there; a conflict of git in one is resolved with it."""
    edits = []
    for label, app in sorted(after.apps.items()):
        path = f"{app.path}/{lockfile.FILE_NAME}"
        if path not in files:
            continue
        text = lockfile.render(lockfile.lock_of(label, graph)).encode()
        if text != files[path]:
            edits.append(Edit(path=path, action=Action.REWRITE, before=files[path], after=text))
    return edits
