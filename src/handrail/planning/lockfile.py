"""migrations.lock: one small file per app that makes git stop where two branches both add a migration.

Git merges two new migration files without a word, for they are different files. A lock-file is one file: its first line names
the leaf node and a digest over everything below, so two different changes of an app's migrations always meet in that line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration

FILE_NAME = "migrations.lock"
"""The name of the file, in the folder of the app's migration files."""

_HEADER = """\
# Written by handrail. Git stops here when two branches both change the migrations of {app}: run "handrail resolve" then.
# Do not edit it; after other changes of migration files: handrail migrations-lock
"""

_LENGTH = 16
"""Hexadecimal digits of a digest: 64 bits, enough to tell changes apart, which nobody makes on purpose to collide."""


class LockError(ValueError):
    """A text that is no lock-file; the message says why, with its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One migration file: its name, a digest of its content, and the migrations of its own app that it depends on, sorted."""

    name: str
    digest: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """An app's migrations: its leaf nodes (more than one in a conflict), and the files so that each comes after its parents."""

    app_label: str
    leaves: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def digest(self) -> str:
        """A digest over all of it."""
        return hashlib.sha256("\n".join([*self.leaves, *_lines(self.entries)]).encode()).hexdigest()[:_LENGTH]

    @property
    def by_name(self) -> Mapping[str, Entry]:
        """The entries by their names."""
        return {entry.name: entry for entry in self.entries}


def lock_of(app_label: str, graph: MigrationGraph) -> Lock:
    """Return the lock of an app as its files are; leaf nodes as Django sees them, with squashed migrations in their place."""
    found = [migration for key, migration in graph.migrations.items() if key.app_label == app_label]
    leaves = tuple(sorted(leaf.name for leaf in graph.leaf_nodes(app_label)))
    return Lock(app_label=app_label, leaves=leaves, entries=_ordered(map(_entry, found)))


def render(lock: Lock) -> str:
    """Write a lock as the text of its file; equal locks give equal text."""
    first = " ".join(["leaf", *lock.leaves, lock.digest])
    return _HEADER.format(app=lock.app_label) + "\n".join([f"app {lock.app_label}", first, *_lines(lock.entries)]) + "\n"


def parse(text: str) -> Lock:
    """Read the text of a lock-file. Raises LockError where it has conflict markers, or was cut, edited or merged by hand."""
    rows = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    for number, words in rows:
        if words[0][:7] in ("<<<<<<<", "|||||||", "=======", ">>>>>>>"):
            raise LockError(f"line {number}: conflict markers of git")
    if len(rows) < 2 or rows[0][1][0] != "app" or rows[1][1][0] != "leaf" or len(rows[0][1]) != 2:
        raise LockError("it does not start with an app and a leaf node")
    _, leaf = rows[1]
    entries: list[Entry] = []
    for number, words in rows[2:]:
        entries.append(_parse_entry(number, words, entries))
    lock = Lock(app_label=rows[0][1][1], leaves=tuple(leaf[1:-1]), entries=tuple(entries))
    if leaf[-1] != lock.digest:
        raise LockError(f"line {rows[1][0]}: the digest does not fit the lines below, so it was edited or merged by hand")
    return lock


def differences(lock: Lock, files: Lock) -> list[str]:
    """Say in words how the files differ from what a lock says, in the order of their names."""
    said, found = lock.by_name, files.by_name
    names = sorted({*said, *found})
    return [_difference(name, said.get(name), found.get(name)) for name in names if said.get(name) != found.get(name)]


def merge(base: Lock | None, ours: Lock, theirs: Lock) -> Lock | str:
    """Return the lock after a merge of both sides, or in words why the merged files would not be in order.

    base: None where both sides added the file. A merge is in order only if every file is the same on both sides or changed on
    one alone, every dependency is there, and the app has one leaf node: git would commit anything else as a finished merge.
    """
    before = base.by_name if base else {}
    mine, yours = ours.by_name, theirs.by_name
    kept: list[Entry] = []
    for name in sorted({*before, *mine, *yours}):
        old, one, other = before.get(name), mine.get(name), yours.get(name)
        if one != other and old not in (one, other):
            return f"{name} is not the same on both sides"
        found = other if one == old else one
        kept += [found] if found else []
    return _checked(kept, ours, theirs)


def _checked(kept: Collection[Entry], ours: Lock, theirs: Lock) -> Lock | str:
    for side in (ours, theirs):
        if sorted(side.by_name) == sorted(entry.name for entry in kept) and set(side.entries) == set(kept):
            return side if len(side.leaves) == 1 else _several(side.leaves)
    names = {entry.name for entry in kept}
    lost = next((f"{entry.name} depends on {parent}" for entry in kept for parent in entry.parents if parent not in names), "")
    if lost:
        return f"{lost}, which is gone on the other side"
    if any(_ends(side.entries) != set(side.leaves) for side in (ours, theirs)):
        return "one side has squashed migrations"
    leaves = tuple(sorted(_ends(kept)))
    if len(leaves) != 1:
        return _several(leaves)
    return replace(ours, leaves=leaves, entries=_ordered(kept))


def _several(leaves: Collection[str]) -> str:
    return f"both sides added migrations, so there would be {len(leaves)} leaf nodes: {', '.join(sorted(leaves))}"


def _ends(entries: Collection[Entry]) -> set[str]:
    return {entry.name for entry in entries} - {parent for entry in entries for parent in entry.parents}


def _entry(migration: Migration) -> Entry:
    label, name = migration.key
    parents = sorted({parent.name for parent in migration.dependencies if parent.app_label == label})
    return Entry(name=name, digest=hashlib.sha256(migration.digest.encode()).hexdigest()[:_LENGTH], parents=tuple(parents))


def _ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Put each entry after its parents, by name where that leaves a choice; those in a cycle come last."""
    waiting = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
    done: list[Entry] = []
    while waiting:
        free = [entry for entry in waiting.values() if not any(parent in waiting for parent in entry.parents)]
        for entry in free or list(waiting.values()):
            done.append(waiting.pop(entry.name))
    return tuple(done)


def _lines(entries: Iterable[Entry]) -> list[str]:
    """Write one line per entry; the dependencies are written only where they are not the line above."""
    lines: list[str] = []
    above: tuple[str, ...] = ()
    for entry in entries:
        after = [] if entry.parents == above else ["after", *entry.parents]
        lines.append(" ".join([entry.name, entry.digest, *after]))
        above = (entry.name,)
    return lines


def _parse_entry(number: int, words: list[str], above: list[Entry]) -> Entry:
    if len(words) < 2 or (len(words) > 2 and words[2] != "after"):
        raise LockError(f"line {number}: not a migration with its digest")
    parents = tuple(words[3:]) if len(words) > 2 else tuple(entry.name for entry in above[-1:])
    return Entry(name=words[0], digest=words[1], parents=parents)


def _difference(name: str, said: Entry | None, found: Entry | None) -> str:
    if said is None:
        return f"{name} is not in the lock-file"
    if found is None:
        return f"{name} has no file"
    if said.digest != found.digest:
        return f"{name} was edited"
    return f"{name} depends on {', '.join(found.parents) or 'nothing'}, not on {', '.join(said.parents) or 'nothing'}"
