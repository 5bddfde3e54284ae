"""Which rows of django_migrations follow a rename of files, and what would be wrong afterwards: a pure function of the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.planning.resolution import Renamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of django_migrations: its primary key and what it says is applied."""

    id: int
    key: MigrationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A row that gets another name."""

    id: int
    old: MigrationKey
    new: MigrationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """What to do on one database. contradiction: why nothing may be done, "" where all is well.

    behind: migrations that are not recorded though one that is recorded afterwards, needing, needs them; Django's migrate would
    stop with InconsistentMigrationHistory (MigrationLoader.check_consistent_history, 5.2 to 6.1). gone: recorded migrations whose
    files go, with nothing that stands for them.
    """

    changes: tuple[RowChange, ...] = ()
    contradiction: str = ""
    behind: tuple[MigrationKey, ...] = ()
    needing: MigrationKey | None = None
    gone: tuple[MigrationKey, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.changes or self.behind)


def row_changes(
    rows: Sequence[Row],
    renamed: Renamed,
    aliases: Renamed,
    migrations: Mapping[MigrationKey, Migration],
    removed: Collection[MigrationKey] = (),
) -> RowChanges:
    """Return how the rows of one database follow.

    aliases: (removed, kept) keys. migrations: those of the files afterwards. removed: those whose files go without an alias. All
    rows change at one moment, so that chains (a to b, b to c) and swaps are right; what was renamed before is looked at as well.
    """
    moves = dict(renamed)
    staying = {row.key for row in rows if row.key not in moves}
    for old, new in renamed:
        if new in staying and any(row.key == old for row in rows):
            return RowChanges(contradiction=f"{old} and {new} are both recorded")
    moves |= {old: kept for old, kept in aliases if kept not in staying}
    changes = tuple(RowChange(id=row.id, old=row.key, new=moves[row.key]) for row in rows if row.key in moves)
    recorded = {moves.get(row.key, row.key) for row in rows}
    moved = {change.new for change in changes} | {new for _, new in renamed if new in recorded}
    behind, needing = _behind(recorded, moved, migrations)
    gone = tuple(sorted({row.key for row in rows} & set(removed)))
    return RowChanges(changes=changes, behind=behind, needing=needing, gone=gone)


def _behind(
    recorded: Collection[MigrationKey], moved: Iterable[MigrationKey], migrations: Mapping[MigrationKey, Migration]
) -> tuple[tuple[MigrationKey, ...], MigrationKey | None]:
    """Return what the moved migrations need and is not recorded, in plan order, and the last of them that needs any of it."""
    graph = MigrationGraph.build(migrations, applied=recorded)
    needed: set[MigrationKey] = set()
    needing = None
    for key in graph.plan(sorted(moved)):
        lacking = {one for one in graph.ancestors(key) if one not in recorded and not _is_replaced(one, recorded, migrations)}
        needing = key if lacking and key in recorded else needing
        needed |= lacking
    return tuple(key for key in graph.plan(sorted(needed)) if key in needed), needing


def _is_replaced(key: MigrationKey, recorded: Collection[MigrationKey], migrations: Mapping[MigrationKey, Migration]) -> bool:
    """Say whether all that a squashed migration replaces is recorded, which counts as recorded itself."""
    replaces = migrations[key].replaces if key in migrations else ()
    return bool(replaces) and all(other in recorded for other in replaces)
