"""The files of a merge, written out so that they can be imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.sources.tree import Tree

_MEDIA = ("avi", "gif", "jpeg", "jpg", "mov", "mp3", "mp4", "pdf", "png", "psd", "ttf", "webm", "webp", "woff", "woff2")
_STORES = ("db", "dump", "gz", "iso", "pyc", "sqlite", "sqlite3", "tar", "zip")
NOT_CODE = frozenset(f".{ending}" for ending in (*_MEDIA, *_STORES))
"""Endings of files that no migration needs to be imported: a project's own database must not be copied for a proof."""
BATCH = 500
"""How many files are held in memory at once."""


def lay_out(checkouts: Sequence[tuple[Tree, Snapshot]], migrations: Mapping[MigrationKey, Migration], folder: Path) -> None:
    """Write all files of the first tree, then what the others have besides, and exactly the given migrations."""
    stale = {migration.path for _, snapshot in checkouts for migration in snapshot.migrations.values()}
    taken: set[str] = set(stale)
    for tree, _ in checkouts:
        wanted = [path for path in tree.paths() if path not in taken and PurePosixPath(path).suffix.lower() not in NOT_CODE]
        taken.update(wanted)
        _copy(tree, wanted, folder)
    for position, (tree, snapshot) in enumerate(checkouts):
        earlier = [other for _, other in checkouts[:position]]
        chosen = [
            migration.path
            for key, migration in migrations.items()
            if _has(snapshot, key, migration) and not any(_has(other, key, migration) for other in earlier)
        ]
        _copy(tree, chosen, folder)


def _has(snapshot: Snapshot, key: MigrationKey, migration: Migration) -> bool:
    found = snapshot.migrations.get(key)
    return found is not None and (found.path, found.text) == (migration.path, migration.text)


def _copy(tree: Tree, paths: Sequence[str], folder: Path) -> None:
    for start in range(0, len(paths), BATCH):
        for path, content in tree.read_many(paths[start : start + BATCH]).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
