"""Pairs of migrations that are known to be independent, by all that decides it, so that they are not compared again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import Snapshot

Pair = tuple[MigrationKey, MigrationKey]


def pair_ids(
    graph: MigrationGraph, read: Sequence[Snapshot], settings: Mapping[str, str], pairs: Iterable[Pair]
) -> dict[Pair, str]:
    """Return what tells each pair from every other: both migrations with all that they need, however far, and the settings.

    read: the snapshots that the graph was built of, whose apps say how relative imports are to be read.
    """
    wanted = list(pairs)
    known = _digests(graph, read, [key for pair in wanted for key in pair])
    rest = repr(sorted(settings.items())).encode()
    return {pair: _hash(known[pair[0]], known[pair[1]], rest).hex() for pair in wanted}


def _digests(graph: MigrationGraph, read: Sequence[Snapshot], keys: Iterable[MigrationKey]) -> dict[MigrationKey, bytes]:
    """Return one digest per migration, over its file and the digests of all that it needs."""
    found: dict[MigrationKey, bytes] = {}
    for key in graph.plan(keys):
        migration = graph.migrations[key]
        modules = [snapshot.apps[key.app_label].module for snapshot in read if key.app_label in snapshot.apps]
        facts = (key, migration.path, modules, migration.dependencies, migration.run_before, migration.replaces)
        parents = [found[parent] for parent in sorted(graph.parents[key]) if parent in found]
        found[key] = _hash(repr(tuple(map(str, facts))).encode(), migration.text.encode(errors="surrogatepass"), *parents)
    return found


def _hash(*parts: bytes) -> bytes:
    from hashlib import sha256

    found = sha256()
    for part in parts:
        found.update(b"%d:" % len(part) + part)
    return found.digest()
