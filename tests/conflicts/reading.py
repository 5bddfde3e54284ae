"""Reads a generated project as Handrail reads any: its files as a tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from handrail.domain.migration import Migration, MigrationKey
from handrail.sources.files import read_snapshot
from tests.conflicts.generate import Key, Project


class MemoryTree:
    """Files that are nowhere but here."""

    ref = ""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path: text.encode() for path, text in files.items()}

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {path: self.files[path] for path in paths if path in self.files}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {path: hashlib.sha1(self.files[path], usedforsecurity=False).hexdigest() for path in paths if path in self.files}


def read(project: Project) -> dict[Key, Migration]:
    """Return the migrations of a project by key."""
    snapshot = read_snapshot(MemoryTree(project.files))
    assert snapshot.findings == ()
    return {
        MigrationKey(*key): snapshot.migrations[MigrationKey(*key)]
        for key in (*project.base, *(k for s in project.sides for k in s))
    }
