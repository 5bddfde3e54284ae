"""Many files at once: their facts from the cache where nothing changed, else from their contents."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol, runtime_checkable

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


def read_all(tree: Tree, paths: Sequence[str], cache: FactCache | None) -> dict[str, FileFacts]:
    """Return the facts of files by path; what cannot be opened has none."""
    seen = look(tree, paths, cache) if cache is not None and isinstance(tree, OnDisk) else NOTHING_SEEN
    ids = {**tree.identities(paths), **seen.unchanged}
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
        remember(seen, ids, cache)
    return {path: known[key] for path, key in ids.items() if key in known}


class Seen(NamedTuple):
    """What the disk said of files before they were read. place: the root; "" for a tree that is not on disk.

    known: stat data and content ids of the last time. unchanged: the content ids of files whose stat data is still the same.
    """

    place: str
    started: int
    stats: Mapping[str, Stat]
    known: Mapping[str, tuple[Stat, str]]
    unchanged: Mapping[str, str]


NOTHING_SEEN = Seen("", 0, {}, {}, {})


def look(tree: OnDisk, paths: Sequence[str], cache: FactCache) -> Seen:
    """Look at files without reading them. The stat data is older than any reading that follows, so that no change is missed."""
    if not cache.is_worth_asking(len(paths)):
        return NOTHING_SEEN
    started, stats, known = time.time_ns(), tree.stats(paths), cache.known_stats(tree.place)
    unchanged = {path: known[path][1] for path, stat in stats.items() if path in known and known[path][0] == stat}
    return Seen(tree.place, started, stats, known, unchanged)


def remember(seen: Seen, ids: Mapping[str, str], cache: FactCache) -> None:
    """Keep the stat data of files that are as they were, and of those that were not changed just now."""
    settled = {
        path: (stat, ids[path])
        for path, stat in seen.stats.items()
        if path in ids and (path in seen.unchanged or is_settled(stat, seen.started))
    }
    if settled != seen.known:
        cache.keep_stats(seen.place, settled)


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
