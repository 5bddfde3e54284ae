"""Let the rows of django_migrations follow renamed files, and take that back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from handrail.domain.migration import Migration, MigrationKey
from handrail.errors.hr128 import RecordsDisagree
from handrail.execution.edit_records import EditRecord, Records
from handrail.planning.record_renames import RowChange, RowChanges, row_changes
from handrail.planning.resolution import Resolution
from handrail.sources.history import read_history, read_rows

DATABASES = "databases"
"""Where the record of edits keeps, by alias, the rows that changed: the inverse."""
Changes = Mapping[str, RowChanges]


def plan_records(
    aliases: Iterable[str], resolution: Resolution, migrations: Mapping[MigrationKey, Migration], *, independent: bool
) -> dict[str, RowChanges]:
    """Return what every database needs; migrations: those of the files afterwards.

    independent: whether the sides can be had in both orders. Only then, and if no operation changed, can what the renamed
    migrations need now still be applied after them. Raises RecordsDisagree where rows cannot follow; changes nothing.
    """
    can_catch_up = independent and resolution.keeps_operations
    found: dict[str, RowChanges] = {}
    for alias in aliases:
        plan = row_changes(read_history(alias).rows, resolution.renamed, resolution.aliases, migrations)
        if plan.contradiction:
            raise RecordsDisagree(alias=alias, why=plan.contradiction)
        if plan.behind and not can_catch_up:
            _refuse_behind(alias, plan)
        found[alias] = plan
    return found


def _refuse_behind(alias: str, plan: RowChanges) -> None:
    change, first = plan.changes[-1], plan.behind[0]
    why = f"{change.new} would be recorded and {first}, which it needs now, is not"
    unapply = f"after that, unapply {change.old} with the old files, resolve again, and migrate"
    raise RecordsDisagree(alias=alias, why=why, notes=(unapply,))


def update_records(root: Path, record_id: str, plans: Changes) -> None:
    """Change the rows of every database as planned, each database in one transaction.

    The inverse is kept with the record of the edits before the first row changes. Raises RecordsDisagree where a database is not
    as it was planned for; the others are put back then.
    """
    wanted = {alias: plan.changes for alias, plan in plans.items() if plan.changes}
    with Records.of(root.resolve()).alone() as records:
        record = records.last()
        if record is None or record.id != record_id:
            raise RecordsDisagree(alias=", ".join(wanted), why="the edits that renamed the files are not the last ones on record")
        records.keep(record, {DATABASES: {alias: _to_json(changes) for alias, changes in wanted.items()}, "pending": False})
    done: list[str] = []
    try:
        for alias, changes in wanted.items():
            _change(alias, changes)
            done.append(alias)
    except BaseException:
        for alias in done:
            _change(alias, _inverse(wanted[alias]))
        raise


def catch_up(alias: str, behind: Sequence[MigrationKey]) -> None:
    """Apply what the renamed migrations need now and the database lacks, with a project state in which ours are applied.

    Django's migrate refuses such a history; its executor does not look (MigrationExecutor.migrate, 5.2 to 6.1), and starts from
    the state of all applied migrations, so that a table that SQLite rebuilds keeps the columns of ours.
    """
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections[alias]
    executor = MigrationExecutor(connection)
    targets: list[tuple[str, str | None]] = [(key.app_label, key.name) for key in behind]
    executor.migrate(targets)
    left = set(behind) - read_history(alias).applied
    if left:
        raise RecordsDisagree(alias=alias, why=f"{min(left)} was applied and is not recorded")


def undo_records(record: EditRecord) -> dict[str, int]:
    """Give the rows that changed with a record of edits their old names again, and return how many by alias.

    Rows that are not as they were left (changed since, or never changed because the command was stopped) stay as they are.
    """
    found = {}
    for alias, rows in record.details.get(DATABASES, {}).items():
        now = {row.id: row.key for row in read_history(alias).rows}
        changes = tuple(change for change in _inverse(_from_json(rows)) if now.get(change.id) == change.old)
        _change(alias, changes)
        found[alias] = len(changes)
    return found


def recorded_on(aliases: Iterable[str], keys: Iterable[MigrationKey]) -> dict[str, tuple[MigrationKey, ...]]:
    """Return, by alias, which of the keys are recorded there; databases that have none of them are left out."""
    wanted = list(keys)
    found = {alias: read_history(alias).applied for alias in aliases}
    return {alias: hits for alias, applied in found.items() if (hits := tuple(key for key in wanted if key in applied))}


def _change(alias: str, changes: Sequence[RowChange]) -> None:
    """Change rows in one transaction, if they still are what they were; read them back before it is committed."""
    from django.db import connections, transaction
    from django.db.migrations.recorder import MigrationRecorder

    if not changes:
        return
    with transaction.atomic(using=alias):
        queryset = MigrationRecorder(connections[alias]).migration_qs
        before = {row.id: row.key for row in read_rows(alias, locked=True)}
        for change in changes:
            if before.get(change.id) != change.old:
                raise RecordsDisagree(alias=alias, why=f"{change.old} is not recorded as it was a moment ago")
        others = {key for pk, key in before.items() if pk not in {change.id for change in changes}}
        for change in changes:
            if change.new in others:
                raise RecordsDisagree(alias=alias, why=f"{change.old} and {change.new} are both recorded")
            queryset.filter(pk=change.id).update(app=change.new.app_label, name=change.new.name)
        after = {row.id: row.key for row in read_rows(alias)}
        if after != {**before, **{change.id: change.new for change in changes}}:
            raise RecordsDisagree(alias=alias, why="the rows cannot be read as they were written")


def _inverse(changes: Iterable[RowChange]) -> tuple[RowChange, ...]:
    return tuple(RowChange(id=change.id, old=change.new, new=change.old) for change in changes)


def _to_json(changes: Iterable[RowChange]) -> list[list[object]]:
    return [[change.id, list(change.old), list(change.new)] for change in changes]


def _from_json(rows: Iterable[Sequence[object]]) -> list[RowChange]:
    return [RowChange(id=pk, old=MigrationKey(*old), new=MigrationKey(*new)) for pk, old, new in rows]  # type: ignore[arg-type,misc]
