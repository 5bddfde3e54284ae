"""Two migrations of one name: ours is set aside under a key of its own, so that the two can be compared and put in a line."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from handrail.domain.dataclasses import replace
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.snapshot import Aside, Snapshot

Files = Mapping[MigrationKey, Migration]
Moves = Mapping[MigrationKey, MigrationKey]

MARK = " (ours)"
"""What the name of a migration that is set aside ends in, in messages too; makemigrations takes no such name."""


def clashes(ours: Files, theirs: Files, base: Files) -> list[MigrationKey]:
    """Return the keys that both sides gave, each to another content."""
    both = (key for key in sorted(ours) if key in theirs and key not in base)
    return [key for key in both if ours[key].digest != theirs[key].digest]


def set_aside(ours: Snapshot, theirs: Files, keys: Collection[MigrationKey]) -> Snapshot:
    """Return our files with those of the keys under others; what our own migrations say of them means ours."""
    if not keys:
        return ours
    moves = {key: MigrationKey(key.app_label, f"{key.name}{MARK}") for key in keys}
    own = {key: one for key, one in ours.migrations.items() if key not in theirs or key in moves}
    moved, written = meaning(own, moves)
    rest = {key: one for key, one in ours.migrations.items() if key not in own}
    found = {moves.get(key, key): replace(one, key=moves.get(key, key)) for key, one in moved.items()}
    return replace(
        ours,
        migrations={**rest, **found},
        aside={moves[key]: Aside(key=key) for key in keys},
        written={**ours.written, **{moves.get(key, key): names for key, names in written.items()}},
    )


def meaning(migrations: Files, moves: Moves) -> tuple[Files, Mapping[MigrationKey, Moves]]:
    """Return migrations that name the new keys for the old ones, and what each that does is written with."""
    found: dict[MigrationKey, Migration] = {}
    written: dict[MigrationKey, Moves] = {}
    for key, migration in migrations.items():
        named = {*migration.dependencies, *migration.run_before, *migration.replaces}
        names = {moves[old]: old for old in named if old in moves and moves[old] not in named}
        new = {old: meant for meant, old in names.items()}
        found[key] = migration
        if names:
            written[key] = names
            found[key] = replace(
                migration,
                dependencies=tuple(new.get(one, one) for one in migration.dependencies),
                run_before=tuple(new.get(one, one) for one in migration.run_before),
                replaces=tuple(new.get(one, one) for one in migration.replaces),
            )
    return found, written
