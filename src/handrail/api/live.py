"""How much of a migration is in a live database: files and tables brought together."""

from __future__ import annotations

from collections.abc import Collection

from handrail.checks._gaps import evidence_of, made_by
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Evidence
from handrail.domain.migration import MigrationKey
from handrail.sources.live_tables import read_columns


def look_for(alias: str, graph: MigrationGraph, key: MigrationKey, others: Collection[MigrationKey]) -> Evidence:
    """Say how much of what a migration makes is in the tables of a database.

    others: the migrations that are taken to have run there, which may have renamed or removed it since.
    """
    own = [one for one in graph.plan(sorted(graph.nodes)) if one.app_label == key.app_label]
    at = own.index(key)
    earlier, later = ([graph.migrations[one] for one in part if one in others] for part in (own[:at], own[at + 1 :]))
    migration = graph.migrations[key]
    made = made_by(migration, earlier, later)
    live = read_columns(alias, key.app_label, {table for table, _ in made})
    return evidence_of(migration, later, made, live)
