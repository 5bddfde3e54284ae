"""How the records of databases follow renamed files, after a resolve or with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import Migration, MigrationKey
from handrail.execution.edit_records import DONE, EditRecord, Records
from handrail.execution.records import catch_up, plan_records, update_records
from handrail.planning.record_renames import RowChanges
from handrail.planning.resolution import Resolution, Strategy
from handrail.sources.django_setup import aliases_of, set_up


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
                yield f"database {alias}: {key} is applied, which {plan.changes[-1].new} needs now"
            if not plan.changes:
                yield f"database {alias}: no record of a renamed migration"


def plan_for(
    root: Path, database: str | None, resolution: Resolution, migrations: Mapping[MigrationKey, Migration], *, independent: bool
) -> RecordPlan:
    """Plan for one database or for all. migrations: those of the files afterwards. Raises NoSettings and RecordsDisagree."""
    set_up(root)
    return RecordPlan(changes=plan_records(aliases_of(database), resolution, migrations, independent=independent))


def carry_out_plan(root: Path, record_id: str, plan: RecordPlan) -> None:
    """Change the rows, then apply what they need now; the inverse is on record before the first row changes."""
    update_records(root, record_id, plan.changes)
    for alias, changes in plan.changes.items():
        if changes.behind:
            catch_up(alias, changes.behind)


def last_renames(root: Path) -> EditRecord | None:
    """Return the record of the last edits where they renamed migrations."""
    record = Records.of(root.resolve()).last()
    return record if record is not None and record.status == DONE and record.details.get("renamed") else None


def resolution_of(record: EditRecord) -> Resolution:
    """Return as much of a resolution as its record tells: which migrations have which names now."""
    renamed, aliases = (_pairs(record.details.get(name, ())) for name in ("renamed", "aliases"))
    return Resolution(strategy=Strategy.AUTO, renamed=renamed, aliases=aliases)


def _pairs(rows: Iterable[Iterable[Iterable[str]]]) -> tuple[tuple[MigrationKey, MigrationKey], ...]:
    return tuple((MigrationKey(*old), MigrationKey(*new)) for old, new in rows)
