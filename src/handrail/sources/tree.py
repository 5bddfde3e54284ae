"""What migrations are read from: the working tree, git's index, or the tree of any ref."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Tree(Protocol):
    """The files of a project as they are (or were) at one place.

    Paths are relative to the project root, with slashes, and never start with a slash or a dot segment.
    """

    @property
    def ref(self) -> str:
        """What the files are read from: "" for the working tree, ":" for the index, else the ref as it was asked for."""

    def paths(self) -> Sequence[str]:
        """Return the paths of all files that may matter, sorted."""

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the contents of files by path; a path that cannot be read is left out."""

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return what proves equal contents by path (git's blob id), without reading; paths without such a proof are left out."""
