"""The graph of migrations that Django has loaded, as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.outline import Outline

if TYPE_CHECKING:
    from django.db.migrations import migration as django_migration

    Loaded = Mapping[tuple[str, str], django_migration.Migration]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What only the graph is asked for needs nothing of the inside of a file."""

    operations: tuple[Operation, ...] = ()
    digest: str = ""
    outline: Outline = Outline()


def migrations_of(loaded: Loaded) -> dict[MigrationKey, Migration]:
    """Return what loaded migrations say of their places in the graph."""
    return {
        MigrationKey(*key): Migration(
            key=MigrationKey(*key),
            path="",
            text="",
            dependencies=_keys(migration.dependencies),
            run_before=_keys(migration.run_before),
            replaces=_keys(migration.replaces),
            body=_Body(),
        )
        for key, migration in loaded.items()
    }


def graph_of(
    migrations: Mapping[MigrationKey, Migration], unmigrated: Collection[str], decided: Collection[MigrationKey]
) -> MigrationGraph:
    """Return the graph. decided: what counts as recorded where it is decided whether a squashed migration stands."""
    return MigrationGraph.build(migrations, apps=unmigrated, applied=decided)


def _keys(written: Collection[tuple[str, str]]) -> tuple[MigrationKey, ...]:
    return tuple(MigrationKey(*key) for key in written)
