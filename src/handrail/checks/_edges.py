"""Which lines make one migration depend on another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from handrail.checks._words import Migrations, reference_place
from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Location
from handrail.domain.graph import SWAPPABLE_DEFAULTS
from handrail.domain.migration import FIRST, LATEST, SETTING, Migration, MigrationKey

DEPENDENCIES, RUN_BEFORE = "dependencies", "run_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One line that makes a child depend on a parent.

    migration: whose file it is in. attribute: dependencies or run_before. written: what it names there.
    """

    migration: MigrationKey
    attribute: str
    written: tuple[MigrationKey, ...]
    place: Location


def edges_between(
    migrations: Migrations, child: MigrationKey, parent: MigrationKey, settings: Mapping[str, str] = SWAPPABLE_DEFAULTS
) -> Iterator[Edge]:
    """Yield the lines that make child depend on parent, be it written for them or for migrations that they replace.

    settings: the values of swappable settings, which dependencies may name.
    """
    children, parents = _group(migrations, child), _group(migrations, parent)
    wanted = {migration.key for migration in parents} | _replacing(migrations, parent)
    for migration in children:
        named = tuple(key for key in migration.dependencies if key in wanted or _symbolic(key, parent, settings))
        if named:
            place = reference_place(migration, DEPENDENCIES, named, f"depends on {parent}")
            yield Edge(migration=migration.key, attribute=DEPENDENCIES, written=named, place=place)
    wanted = {migration.key for migration in children} | _replacing(migrations, child)
    for migration in parents:
        named = tuple(key for key in migration.run_before if key in wanted)
        if named:
            place = reference_place(migration, RUN_BEFORE, named, f"run_before {child}")
            yield Edge(migration=migration.key, attribute=RUN_BEFORE, written=named, place=place)


def _symbolic(key: MigrationKey, parent: MigrationKey, settings: Mapping[str, str]) -> bool:
    if key.app_label == SETTING:
        return settings.get(key.name, "").partition(".")[0] == parent.app_label
    return key.name in (FIRST, LATEST) and key.app_label == parent.app_label


def _group(migrations: Migrations, key: MigrationKey) -> list[Migration]:
    """Return a migration with all those that it replaces."""
    if key not in migrations:
        return []
    replaced = [migrations[other] for other in migrations[key].replaces if other in migrations and other != key]
    return [migrations[key], *replaced]


def _replacing(migrations: Migrations, key: MigrationKey) -> set[MigrationKey]:
    """Return the squashed migrations that replace a migration: what depends on them may depend on it."""
    return {other for other, migration in migrations.items() if key in migration.replaces}
