"""The files of a commit or of the index, as a Tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.errors.hr013 import NotARepository

if TYPE_CHECKING:
    from handrail.sources.git import Repository
    from handrail.sources.git_objects import Objects

FILE_MODES = ("100644", "100755", "100664")
"""Modes of regular files; symbolic links are 120000 and submodules 160000. Old repositories hold 100664."""

_EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
    }
)
"""The id of the empty blob in SHA-1 and in SHA-256 repositories."""

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""The id of the empty tree by its length: git knows it without holding it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTree:
    """Files held by git. entries: blob ids by path relative to the project root; commit: "" for the index."""

    ref: str
    commit: str
    entries: Mapping[str, str]
    objects: Objects

    def paths(self) -> Sequence[str]:
        """Return all paths, sorted."""
        return sorted(self.entries)

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return contents by path, all blobs in one go; paths that are not there are left out."""
        blobs = self.identities(paths)
        contents = self.objects.blobs(blobs.values())
        return {path: contents[blob] for path, blob in blobs.items()}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return blob ids by path."""
        return {path: self.entries[path] for path in paths if path in self.entries}

    def with_changes(self, ref: str, commit: str, changes: Mapping[str, str]) -> GitTree:
        """Return the tree after changes: a blob id by path, or "" for a path that is gone."""
        entries = {path: blob for path, blob in {**self.entries, **changes}.items() if blob}
        return GitTree(ref=ref, commit=commit, entries=entries, objects=self.objects)


def tree_of(repository: Repository, ref: str, root: str) -> GitTree:
    """Return the files below root (relative to the top, "" for all) in a ref; none where the commit has no such folder."""
    commit = repository.resolve(ref)
    entries: dict[str, str] = {}
    if _has_folder(repository, commit, root):
        answer = repository.git.run("ls-tree", "-r", "-z", "--full-tree", f"{commit}:{root}")
        for line in answer.fields:
            described, _, path = line.partition("\t")
            mode, _, blob = described.split(" ")
            if mode in FILE_MODES:
                entries[path] = blob
    return GitTree(ref=ref, commit=commit, entries=entries, objects=repository.objects)


def _has_folder(repository: Repository, commit: str, root: str) -> bool:
    found = repository.objects.get(f"{commit}:{root}")
    return found is not None and found.kind == "tree"


def index_of(repository: Repository, root: str, stage: int) -> GitTree:
    """Return the files below root in the index.

    stage 0: what is merged. 1, 2, 3: the conflicted paths alone, as the base, HEAD, and the commit that is merged or replayed
    hold them (git help read-tree, "3-Way Merge"): in a rebase stage 2 is the branch that is rebased onto.
    """
    top = repository.top
    if top is None:
        raise NotARepository(path=str(repository.git.folder), reason="a bare repository has no index", help="name a branch")
    entries: dict[str, str] = {}
    prefix = f"{root}/" if root else ""
    answer = repository.at_top().run("ls-files", "--stage", "-z", "--full-name", "--", *([root] if root else []))
    for line in answer.fields:
        described, _, path = line.partition("\t")
        mode, blob, at = described.split(" ")
        if mode in FILE_MODES and int(at) == stage:
            entries[path.removeprefix(prefix)] = blob
    for path in _only_intended(repository, prefix, entries) if stage == 0 else ():
        del entries[path]
    return GitTree(ref=":", commit="", entries=entries, objects=repository.objects)


def _only_intended(repository: Repository, prefix: str, entries: Mapping[str, str]) -> list[str]:
    """Return the paths that ``git add --intent-to-add`` put there: they look empty, and no commit will hold them."""
    empty = [path for path, blob in entries.items() if blob in _EMPTY]
    unknown = [path for path in empty if repository.objects.get(f"HEAD:{prefix}{path}") is None]
    if not unknown:
        return []
    options = ("--cached", "--ita-invisible-in-index", "--name-only", "--diff-filter=A", "-z")
    against = "HEAD" if repository.objects.get("HEAD") else _EMPTY_TREES[len(entries[unknown[0]])]
    answer = repository.at_top().run("diff-index", *options, against, "--", *(prefix + path for path in unknown))
    staged = set(answer.fields)
    return [path for path in unknown if prefix + path not in staged]
