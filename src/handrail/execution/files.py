"""Single files: read, written and removed so that a stop at any point leaves the old contents or the new."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from handrail.errors.hr124 import OutsideProject

TEMPORARY = ".handrail~"
"""What the name of a file ends in while it is written; not .py, so that Django never takes it for a migration."""


def read(path: Path) -> bytes | None:
    """Return a file's content, None where there is no such file."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_inside(root: Path, path: str) -> None:
    """Make sure that a path stays in the project (root: resolved) and is no symbolic link. Raises OutsideProject."""
    place = root / path
    real = Path(os.path.realpath(place))
    if not path or Path(path).is_absolute() or ".." in Path(path).parts or place.is_symlink() or not real.is_relative_to(root):
        raise OutsideProject(path=path)


def write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Put content in a file's place in one step; mode: its permissions, None for those of a new file (umask).

    The data is flushed before the rename and the folder after it: without that, ext4 and XFS may show an empty file after a
    power failure (man 2 rename, man 2 fsync of Linux).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + TEMPORARY)
    with suppress(FileNotFoundError):
        beside.unlink()
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                beside.chmod(mode)
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    flush_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
        flush_folder(path.parent)


def remove_empty_folders(root: Path, paths: Iterable[str]) -> None:
    """Remove the folders that the removal of files left empty but for Python's own cache."""
    for folder in sorted({(root / path).parent for path in paths}, reverse=True):
        if folder == root or not folder.is_dir():
            continue
        inside = list(folder.iterdir())
        if all(entry.name == "__pycache__" for entry in inside):
            for entry in inside:
                _remove_cache(entry)
            with suppress(OSError):
                folder.rmdir()


def _remove_cache(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.suffix == ".pyc":
            entry.unlink()
    with suppress(OSError):
        folder.rmdir()


def flush_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
