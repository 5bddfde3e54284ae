"""A tree as it will be after edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from handrail.domain.edit import Edit
from handrail.sources.tree import Tree


class EditedTree:
    """Another tree with edits made in it, in memory alone."""

    def __init__(self, tree: Tree, edits: Iterable[Edit]) -> None:
        """tree: the files as they are; edits: what changes."""
        self.tree = tree
        self.written: dict[str, bytes] = {}
        gone: set[str] = set()
        for edit in edits:
            gone.add(edit.path)
            if edit.after is not None:
                self.written[edit.to or edit.path] = edit.after
        self.gone = gone - self.written.keys()

    @property
    def ref(self) -> str:
        """The ref of the tree that is edited."""
        return self.tree.ref

    def paths(self) -> Sequence[str]:
        """Return the paths after the edits."""
        return sorted({path for path in self.tree.paths() if path not in self.gone} | self.written.keys())

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return contents after the edits; paths that are gone are left out."""
        found = dict(self.tree.read_many([path for path in paths if path not in self.written and path not in self.gone]))
        return {path: self.written.get(path, found.get(path, b"")) for path in paths if path in self.written or path in found}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return content ids of what is not edited."""
        return self.tree.identities([path for path in paths if path not in self.written and path not in self.gone])
