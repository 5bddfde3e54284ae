"""Let the rows of django_migrations follow renamed files, and take that back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from handrail.domain.migration import Migration, MigrationKey
from handrail.errors.hr128 import RecordsDisagree
from handrail.errors.hr129 import NotCaughtUp
from handrail.execution.edit_records import EditRecord, Records
from handrail.planning.record_renames import RowChange, RowChanges, row_changes
from handrail.planning.resolution import Resolution
from handrail.sources.history import read_history, read_rows
from handrail.sources.reach import reaching

DATABASES = "databases"
"""Where the record of edits keeps, by alias, the rows that changed: the inverse."""
Changes = Mapping[str, RowChanges]


def plan_records(
    aliases: Iterable[str],
    resolution: Resolution,
    migrations: Mapping[MigrationKey, Migration],
    *,
    independent: bool,
    written: bool = True,
) -> dict[str, RowChanges]:
    """Return what every database needs; migrations: those of the files afterwards. written: whether these are there already.

    independent: whether the sides can be had in both orders. Only then, and if no operation changed, can what the renamed
    migrations need now still be applied after them. Raises RecordsDisagree where rows cannot follow, and DatabaseNotReached;
    changes nothing.
    """
    found: dict[str, RowChanges] = {}
    for alias in aliases:
        with reaching(alias):
            rows = read_history(alias).rows
        plan = row_changes(rows, resolution.renamed, resolution.aliases, migrations, resolution.removed)
        why = plan.contradiction or _why_not(plan, can_catch_up=independent and resolution.keeps_operations)
        if why:
            old = plan.gone[-1] if plan.gone else plan.changes[-1].old if plan.changes else None
            raise RecordsDisagree(alias=alias, why=why, unapply=old if not plan.contradiction else None, written=written)
        found[alias] = plan
    return found


def _why_not(plan: RowChanges, *, can_catch_up: bool) -> str:
    if plan.gone:
        return f"{plan.gone[0]} is applied, and no file does any more what it did"
    if plan.behind and not can_catch_up:
        return f"{plan.needing} would be recorded and {plan.behind[0]}, which it needs now, is not"
    return ""


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
        records.keep(record, {DATABASES: _with_inverse(record, wanted), "pending": False})
    done: list[str] = []
    try:
        for alias, changes in wanted.items():
            with reaching(alias):
                _change(alias, changes)
            done.append(alias)
    except BaseException:
        for alias in done:
            _change(alias, _inverse(wanted[alias]))
        raise


def _with_inverse(record: EditRecord, wanted: Mapping[str, Sequence[RowChange]]) -> dict[str, list[list[object]]]:
    """Return what the record keeps of rows: those of an earlier run stay, also where that run was stopped."""
    kept = {alias: list(rows) for alias, rows in record.details.get(DATABASES, {}).items()}
    for alias, changes in wanted.items():
        rows = kept.setdefault(alias, [])
        rows += [row for row in _to_json(changes) if row not in rows]
    return kept


def catch_up(alias: str, behind: Sequence[MigrationKey]) -> None:
    """Apply what the renamed migrations need now and the database lacks, with a project state in which ours are applied.

    Django's migrate refuses such a history; its executor does not look (MigrationExecutor.migrate, 5.2 to 6.1), and starts from
    the state of all applied migrations, so that a table that SQLite rebuilds keeps the columns of ours. Raises NotCaughtUp,
    whatever the migrations raised.
    """
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        MigrationExecutor(connections[alias]).migrate([(key.app_label, key.name) for key in behind])
        why = "it is not recorded"
    except Exception as error:  # noqa: BLE001  (code of the project runs here)
        why = " ".join(f"{type(error).__name__}: {error}".split())
    with reaching(alias):
        left = [key for key in behind if key not in read_history(alias).applied]
    if left:
        raise NotCaughtUp(migration=left[0], alias=alias, why=why)


def put_back(alias: str, plan: RowChanges) -> None:
    """Give the rows that a plan changed their old names again, those that are as the plan left them."""
    _undo(alias, plan.changes)


def undo_records(record: EditRecord) -> dict[str, int]:
    """Give the rows that changed with a record of edits their old names again, and return how many by alias.

    Rows that are not as they were left (changed since, or never changed because the command was stopped) stay as they are.
    """
    changed = record.details.get(DATABASES, {})
    return {alias: _undo(alias, _from_json(rows)) for alias, rows in changed.items()}


def still_changed(record: EditRecord) -> dict[str, int]:
    """Return, by alias, how many rows undo_records would change; changes nothing. Raises DatabaseNotReached."""
    changed = record.details.get(DATABASES, {})
    return {alias: len(_back(alias, _from_json(rows))) for alias, rows in changed.items()}


def _undo(alias: str, changes: Sequence[RowChange]) -> int:
    back = _back(alias, changes)
    with reaching(alias):
        _change(alias, back)
    return len(back)


def _back(alias: str, changes: Sequence[RowChange]) -> tuple[RowChange, ...]:
    """Return the inverse of changes, as far as the rows are as these left them."""
    with reaching(alias):
        now = {row.id: row.key for row in read_history(alias).rows}
    return tuple(change for change in _inverse(changes) if now.get(change.id) == change.old)


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
