"""Many files at once: their facts from the cache where nothing changed, else from their contents."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from handrail.sources.cache import RACY, FactCache, Stat, content_id
from handrail.sources.facts import FileFacts, read_facts
from handrail.sources.tree import Tree


@runtime_checkable
class OnDisk(Protocol):
    """A tree whose files can be looked at without being read."""

    @property
    def place(self) -> str:
        """The root, in full."""

    def stats(self, paths: Sequence[str]) -> Mapping[str, Stat]:
        """Return what the disk says of files, by path; those that are not there are left out."""


def read_all(tree: Tree, paths: Sequence[str], cache: FactCache | None) -> tuple[dict[str, FileFacts], dict[str, str]]:
    """Return the facts and the content ids of files, by path. What cannot be opened has neither."""
    stats: Mapping[str, Stat] = {}
    ids = dict(tree.identities(paths))
    started = time.time_ns()
    if cache is not None and isinstance(tree, OnDisk):
        stats = tree.stats(paths)
        ids.update(unchanged(cache.known_stats(tree.place), stats))
    contents = dict(tree.read_many([path for path in paths if path not in ids]))
    ids.update({path: content_id(content) for path, content in contents.items()})
    known = dict(cache.load(ids.values())) if cache is not None else {}
    lacking = [path for path, key in ids.items() if key not in known and path not in contents]
    contents.update(tree.read_many(lacking))
    with paused_collection():
        for path, content in contents.items():
            if ids[path] not in known:
                known[ids[path]] = read_facts(content)
    if cache is not None:
        for key, facts in known.items():
            cache.keep(key, facts)
        if isinstance(tree, OnDisk):
            settled = {path: (stat, ids[path]) for path, stat in stats.items() if path in ids and is_settled(stat, started)}
            cache.keep_stats(tree.place, settled)
    return {path: known[key] for path, key in ids.items() if key in known}, ids


def unchanged(known: Mapping[str, tuple[Stat, str]], stats: Mapping[str, Stat]) -> dict[str, str]:
    """Return the content ids of the files that the disk shows as they were when they were read."""
    found = {}
    for path, stat in stats.items():
        before = known.get(path)
        if before is not None and before[0] == stat:
            found[path] = before[1]
    return found


def is_settled(stat: Stat, now: int) -> bool:
    """Say whether a file's stat data will change with its contents: not yet, if it was changed just now."""
    _, modified, changed, _ = stat
    return max(modified, changed) + RACY < now


@contextmanager
def paused_collection() -> Iterator[None]:
    """Keep the garbage collector from walking through thousands of syntax trees that are soon gone anyway."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
