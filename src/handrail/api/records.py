"""How the records of databases follow renamed files, after a resolve or with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from handrail.api.live import look_for
from handrail.checks._words import listed
from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Evidence, Presence
from handrail.domain.migration import Migration, MigrationKey
from handrail.errors.hr128 import RecordsDisagree
from handrail.execution.edit_records import DONE, EditRecord, Records
from handrail.execution.records import catch_up, plan_records, put_back, update_records
from handrail.planning.record_renames import RowChanges
from handrail.planning.resolution import Resolution, Strategy
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.history import read_history
from handrail.sources.reach import reaching

NOT_LOOKED_FOR = Evidence(presence=Presence.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """What every database needs, by alias."""

    changes: Mapping[str, RowChanges]

    def lines(self) -> Iterable[str]:
        """Yield it in words, one line a row."""
        for alias, plan in self.changes.items():
            for change in plan.changes:
                yield f"database {alias}: the record {change.old} becomes {change.new}"
            for key in plan.behind:
                yield f"database {alias}: {key} is applied, which {plan.needing} needs now"
            if plan.is_empty:
                yield f"database {alias}: no record of a renamed migration"


def plan_for(
    root: Path,
    database: str | None,
    resolution: Resolution,
    migrations: Mapping[MigrationKey, Migration],
    *,
    independent: bool,
    written: bool,
) -> RecordPlan:
    """Plan for one database or for all. migrations: those of the files afterwards. written: whether the files are that already.

    Raises NoSettings, DatabaseNotReached and RecordsDisagree.
    """
    set_up(root)
    changes = plan_records(aliases_of(database), resolution, migrations, independent=independent, written=written)
    for alias, plan in changes.items():
        with reaching(alias):
            _require_schema(alias, plan, migrations, written=written)
    return RecordPlan(changes=changes)


def _require_schema(alias: str, plan: RowChanges, migrations: Mapping[MigrationKey, Migration], *, written: bool) -> None:
    """Make sure that what a record says is applied is in the tables before it gets the name that migrate goes by.

    It may be gone: a SQLite table that was rebuilt by a migrate that did not know the old name has lost its columns.
    """
    if not plan.changes:
        return
    moves = {change.old: change.new for change in plan.changes}
    recorded = frozenset(moves.get(key, key) for key in read_history(alias).applied)
    graph = MigrationGraph.build(migrations, applied=recorded)
    for change in plan.changes:
        evidence = look_for(alias, graph, change.new, recorded) if change.new in graph.nodes else NOT_LOOKED_FOR
        if evidence.presence in (Presence.ABSENT, Presence.PARTIAL):
            why = f"{change.old} is recorded, but {listed(evidence.lacking)} is not there"
            raise RecordsDisagree(alias=alias, why=why, written=written)


def carry_out_plan(root: Path, record_id: str, plan: RecordPlan) -> None:
    """Change the rows, then apply what they need now; the inverse is on record before the first row changes.

    Where that fails on a database, the rows of this one and of those after it get their old names again: a history that Django
    refuses is not left behind.
    """
    update_records(root, record_id, plan.changes)
    waiting = [alias for alias, changes in plan.changes.items() if changes.behind]
    try:
        while waiting:
            catch_up(waiting[0], plan.changes[waiting[0]].behind)
            waiting.pop(0)
    finally:
        for alias in waiting:
            put_back(alias, plan.changes[alias])


def last_renames(root: Path) -> EditRecord | None:
    """Return the record of the last edits where they renamed migrations."""
    record = Records.of(root.resolve()).last()
    return record if record is not None and record.status == DONE and record.details.get("renamed") else None


def resolution_of(record: EditRecord) -> Resolution:
    """Return as much of a resolution as its record tells: which migrations have which names now."""
    renamed, aliases = (_pairs(record.details.get(name, ())) for name in ("renamed", "aliases"))
    removed = tuple(MigrationKey(*key) for key in record.details.get("removed", ()))
    return Resolution(strategy=Strategy.AUTO, renamed=renamed, aliases=aliases, removed=removed)


def _pairs(rows: Iterable[Iterable[Iterable[str]]]) -> tuple[tuple[MigrationKey, MigrationKey], ...]:
    return tuple((MigrationKey(*old), MigrationKey(*new)) for old, new in rows)
