"""The logs by which operations of a plan go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from handrail.domain.kept import Kept
    from handrail.execution.keeping.keeper import Keeper
    from handrail.execution.probes.base import Moment

CODE = frozenset({"RunPython", "RunSQL"})
LOOKED = 100_000
"""Rows of a log that are looked at before anything runs: that takes as long as to put them back."""


def log_of(moment: Moment) -> list[Kept]:
    """Return the log by which an operation goes back, [] where its author wrote a reverse."""
    from handrail.execution.keeping.row_undo import logged
    from handrail.execution.keeping.rows import has_reverse, parts_of

    migration, change = moment.change.migration, moment.change
    if has_reverse(change.operation):
        return []
    key = MigrationKey(migration.app_label, migration.name)
    parts = [part for part, each in parts_of(migration.operations[change.index]) if each is change.operation]
    records = logged(moment.connection, key, Direction.FORWARD, change.index)
    return [one for one in records if parts and one.details["part"] == parts[0]]


def keeper_of(moment: Moment) -> Keeper:
    """Return the keeper of no step, for what is asked and not done."""
    from handrail.execution.keeping.keeper import Keeper, Keeping

    key = MigrationKey(moment.change.migration.app_label, moment.change.migration.name)
    keeping = Keeping(patterns=(), days=0, undo=moment.undo, said=lambda _: None)
    return Keeper(connection=moment.connection, keeping=keeping, run=0, step=0, key=key)


def is_long(records: Sequence[Kept]) -> bool:
    """Say whether a log is not looked at."""
    return sum(one.rows or 0 for one in records) > LOOKED


def leaves(moment: Moment, records: Sequence[Kept], table: str, columns: Collection[str]) -> bool:
    """Say whether a log that is put back leaves all rows of a table there, adds none, and leaves some columns as they are."""
    from handrail.execution.keeping.row_undo import RowUndo

    return not is_long(records) and RowUndo(keeper_of(moment), records).leaves(table, columns)


def staying(moment: Moment, records: Sequence[Kept], table: str, condition: str) -> int:
    """Count the rows of a table that meet a condition and are not deleted when a log puts back what was before it."""
    from handrail.execution.keeping.row_undo import RowUndo

    return RowUndo(keeper_of(moment), records).staying(table, condition)
