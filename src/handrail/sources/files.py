"""The working tree: the files of a project as they are on disk; and the snapshot of any tree."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.domain.snapshot import App, Snapshot
    from handrail.sources.cache import FactCache
    from handrail.sources.tree import Tree

SKIPPED = frozenset(
    {
        ".bzr",
        ".eggs",
        ".git",
        ".hg",
        ".idea",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".venvs",
        ".vscode",
        "__pycache__",
        "bower_components",
        "dist-packages",
        "node_modules",
        "site-packages",
        "venv",
    }
)
"""Folders inside a project that hold no code of the project."""


class WorkingTree:
    """The files below a folder. Folders that cannot be read are passed over, and links are followed once."""

    ref = ""

    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self) -> Sequence[str]:
        """Return the paths of all files below the root, sorted, without those in SKIPPED folders."""
        return sorted(walk(os.fspath(self.root)))

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the contents of files by path; a path that cannot be read is left out."""
        found = {}
        root = os.fspath(self.root)
        for path in paths:
            try:
                with open(f"{root}/{path}", "rb") as file:  # noqa: PTH123 - ten thousand Path objects cost more than the reading
                    found[path] = file.read()
            except OSError:
                continue
        return found

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - the protocol's signature
        """Return nothing: what a disk says about a file proves its contents only together with an earlier reading."""
        return {}

    @property
    def place(self) -> str:
        """The root, in full and without links."""
        return os.path.realpath(self.root)

    def stats(self, paths: Sequence[str]) -> Mapping[str, tuple[int, int, int, int]]:
        """Return size, mtime, ctime (nanoseconds) and inode of files by path; those that are not there are left out."""
        found = {}
        root = os.fspath(self.root)
        for path in paths:
            try:
                status = os.stat(f"{root}/{path}")  # noqa: PTH116 - see read_many
            except OSError:
                continue
            found[path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        return found


class FoldersTree(WorkingTree):
    """Certain folders alone, wherever they lie: paths are relative to the root all the same, and may begin with ../ then."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        super().__init__(root)
        self.folders = folders

    def paths(self) -> Sequence[str]:
        """Return the paths of the files in the folders, and of the __init__ files of packages in them, sorted."""
        found = set()
        for folder in self.folders:
            for entry in entries(f"{os.fspath(self.root)}/{folder}"):
                if not is_folder(entry):
                    found.add(f"{folder}/{entry.name}")
                elif entry.name not in SKIPPED:
                    found.update(f"{folder}/{entry.name}/{inner.name}" for inner in entries(entry.path) if not is_folder(inner))
        return sorted(found)

    @property
    def place(self) -> str:
        """The root and the folders: what is known of others stays as it is."""
        return "\n".join([super().place, *self.folders])


def walk(root: str) -> Iterator[str]:
    """Yield the path of every file below a folder, relative to it; each folder once, under its real place before any link."""
    folders, links = list[str](), list[str]()
    yield from walk_without_links(root, folders, links)
    if links:
        seen = {place(f"{root}/{folder}") for folder in folders}
        yield from walk_links(root, links, seen)


def walk_without_links(root: str, folders: list[str], links: list[str]) -> Iterator[str]:
    """Yield the path of every file below a folder, and add to folders what was gone through, and to links what was not."""
    pending = [""]
    while pending:
        folder = pending.pop()
        folders.append(folder)
        for entry in entries(f"{root}/{folder}"):
            if not is_folder(entry):
                yield folder + entry.name
            elif entry.name not in SKIPPED:
                (links if entry.is_symlink() else pending).append(f"{folder}{entry.name}/")


def walk_links(root: str, links: list[str], seen: set[tuple[int, int]]) -> Iterator[str]:
    """Yield the paths of the files that links lead to, and links below those; seen: the places that were gone through before."""
    pending = sorted(links, reverse=True)
    while pending:
        folder = pending.pop()
        real = place(f"{root}/{folder}")
        if real not in seen:
            seen.add(real)
            for entry in sorted(entries(f"{root}/{folder}"), key=lambda entry: entry.name, reverse=True):
                if not is_folder(entry):
                    yield folder + entry.name
                elif entry.name not in SKIPPED:
                    pending.append(f"{folder}{entry.name}/")


def entries(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, in no order; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether an entry is a folder or a link to one; a broken or looping link is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def place(path: str) -> tuple[int, int]:
    """Return what tells one folder from another, whatever it is called; (0, 0) for one that is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116 - see read_many
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def read_snapshot(tree: Tree, *, cache: FactCache | None = None, apps: Sequence[App] = ()) -> Snapshot:
    """Return all migrations of a project as they are in a tree.

    cache: facts that are known already; what is new is added, for its owner to save. apps: the apps of the project, where the app
    registry is known (see sources.registry_apps; a FoldersTree reaches those outside of the root); else they are found by their
    folders. Never raises for what files hold: a file that cannot be read is a finding (HR212) of the snapshot.
    """
    from handrail.sources import snapshot

    return snapshot.read_snapshot(tree, cache=cache, apps=apps)
