"""Which records and which files are one migration under two names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from handrail.checks._gaps import counts_as_recorded
from handrail.checks._words import Migrations
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey

Digests = Mapping[MigrationKey, Collection[str]]
"""Every digest that a migration is known to have had under its old name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A recorded migration without a file, and the files that have its content and are not recorded, usually one.

    behind: what the file needs and the database lacks, in plan order. remembered: whether the last edits on record renamed it.
    changed: whether they changed what it does, too.
    """

    old: MigrationKey
    new: tuple[MigrationKey, ...]
    behind: tuple[MigrationKey, ...] = ()
    remembered: bool = False
    changed: bool = False


def lost_records(recorded: Collection[MigrationKey], migrations: Migrations) -> list[MigrationKey]:
    """Return the records without a migration that no other migration replaces."""
    replaced = {old for migration in migrations.values() for old in migration.replaces}
    return sorted(key for key in recorded if key not in migrations and key not in replaced)


def renames(
    recorded: Collection[MigrationKey],
    graph: MigrationGraph,
    former: Digests,
    remembered: Mapping[MigrationKey, MigrationKey],
) -> list[Rename]:
    """Return the records whose former content is that of files of their app that are not recorded.

    former: of the lost records, those of which nothing is known included. remembered: what the last edits on record renamed. A
    migration without operations is known by this alone: what does nothing is like every other that does nothing.
    """
    waiting: dict[tuple[str, str], list[MigrationKey]] = {}
    labels = {old.app_label for old in former}
    for key, migration in sorted(graph.migrations.items()):
        if key.app_label in labels and key not in recorded and migration.operations:
            waiting.setdefault((key.app_label, migration.digest), []).append(key)
    found = []
    for old in sorted(former):
        alike = tuple(key for digest in sorted(former[old]) for key in waiting.get((old.app_label, digest), ()))
        last = remembered.get(old)
        is_last = last is not None and last in graph.migrations and last not in recorded
        new = (last,) if last is not None and is_last else alike
        if new:
            changed = is_last and bool(former[old]) and graph.migrations[new[0]].digest not in former[old]
            found.append(Rename(old=old, new=new, remembered=is_last, changed=changed))
    under_old_names = {key for rename in found for key in rename.new}
    return [replace(one, behind=_behind(one.new[0], recorded, graph, under_old_names)) for one in found]


def _behind(
    key: MigrationKey, recorded: Collection[MigrationKey], graph: MigrationGraph, under_old_names: Collection[MigrationKey]
) -> tuple[MigrationKey, ...]:
    needed = (one for one in graph.plan([key]) if one not in under_old_names)
    return tuple(one for one in needed if not counts_as_recorded(one, recorded, graph.migrations))
