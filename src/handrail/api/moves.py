"""What resolves in this clone have renamed: files that come later may still say the old names, as in a rebase of many commits."""

from __future__ import annotations

from pathlib import Path

from handrail.conflicts.aside import meaning
from handrail.domain.dataclasses import replace
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.execution.edit_records import DONE, Records

Moves = dict[MigrationKey, MigrationKey]


def moves_on_record(root: Path) -> Moves:
    """Return what was renamed, each from any of its names to the newest."""
    moves: Moves = {}
    for record in reversed([*Records.of(root.resolve()).all()]):
        if record.status == DONE:
            new = {MigrationKey(*old): MigrationKey(*now) for old, now in record.details.get("renamed", ())}
            moves = {old: new.get(now, now) for old, now in moves.items()} | new
    return moves


def followed(root: Path, found: Snapshot) -> Snapshot:
    """Return the snapshot in which references to a renamed migration mean what it is called now."""
    files = found.migrations
    named = {key for one in files.values() for key in (*one.dependencies, *one.run_before)} - files.keys()
    if not any(key.app_label in found.apps for key in named):
        return found
    moves = {old: new for old, new in moves_on_record(root).items() if old in named and new in files}
    migrations, written = meaning(files, moves)
    return replace(found, migrations=migrations, written={**found.written, **written})
