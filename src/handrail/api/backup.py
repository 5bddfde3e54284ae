"""The pipelines of ``handrail backup``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.api.kept import bytes_text
from handrail.checks._words import listed
from handrail.domain.backup import Backup, to_json
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.migration import MigrationKey
from handrail.domain.outcome import CLEAN, STOPPED, Outcome
from handrail.domain.run import OnFailure, RunStatus, moment
from handrail.errors.hr304 import BehindPooler
from handrail.errors.hr622 import BackupBroken
from handrail.errors.hr623 import NotRestorable
from handrail.errors.hr624 import BackupFailed
from handrail.execution.backing_up import make_backup, rows_of
from handrail.execution.journal import Journal
from handrail.execution.restoring_backups import check_backup, put_back
from handrail.execution.runner import Runner, Talk, commit_now
from handrail.sources.backups import backup_folder, check_file, find_backup, list_backups
from handrail.sources.django_setup import aliases_of
from handrail.sources.history import read_history
from handrail.sources.journal_models import VERSION
from handrail.sources.reach import reaching, require
from handrail.sources.run_options import read_run_options

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

WAIT = 10.0
"""Seconds to wait for the lock: whoever wants a backup does not mean the one after a migrate that runs now."""
HEAD = ("id", "made", "run", "applied", "rows", "size", "by")
SHOWN = 5
"""How many migrations a line names."""
Confirm = Callable[[Outcome, str], None]
"""Shows a plan and returns when the name of what is lost was typed; "" where nothing is. Refuses otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database and where its backups are."""

    connection: BaseDatabaseWrapper
    folder: Path

    @property
    def alias(self) -> str:
        """The database's alias."""
        return self.connection.alias

    @property
    def name(self) -> str:
        """What the server calls the database; the file's name for SQLite."""
        name = str(self.connection.settings_dict["NAME"])
        return Path(name).name if self.connection.vendor == "sqlite" else name


@contextmanager
def place_of(alias: str) -> Iterator[Place]:
    """Yield a database by its alias, and close the connection afterwards. Django has to be set up."""
    from django.db import connections

    aliases_of(alias)
    connection = connections[alias]
    try:
        yield Place(connection=connection, folder=backup_folder(read_run_options().backups))
    finally:
        connection.close()


def create(alias: str, talk: Talk, *, dry_run: bool = False) -> Outcome:
    """Make a backup of a database. Raises the refusals of make_backup, Locked and DatabaseNotReached."""
    with place_of(alias) as place:
        require(place.connection)
        if dry_run:
            return Outcome(command="backup", exit=CLEAN, summary=(f"a backup of {alias} would be made in {place.folder}",))
        with _locked(place, talk, "backup create"):
            made = make_backup(place.connection, place.folder)
        return Outcome(command="backup", exit=CLEAN, summary=(_made(place, made),), extra={"backups": [to_json(made)]})


def _made(place: Place, made: Backup) -> str:
    total = sum(after for _, after in made.rows.values())
    size = bytes_text(made.size)
    return f"{made.id}: {len(made.rows)} tables, {total:,} rows, {size} in {place.folder / made.file}"


def list_all(alias: str | None) -> Outcome:
    """Show the backups, of one database or of all. Raises BackupFolder and BackupBroken."""
    folder = backup_folder(read_run_options().backups)
    found = [one for one in list_backups(folder) if alias in (None, one.alias)]
    return Outcome(
        command="backup",
        exit=CLEAN,
        table=(HEAD, *map(_cells, found)) if found else (),
        summary=() if found else (f"there is no backup in {folder}",),
        extra={"backups": [to_json(one) for one in found]},
    )


def _cells(one: Backup) -> tuple[str, ...]:
    rows = sum(after for _, after in one.rows.values())
    run = "" if one.run is None else f"before {one.run}"
    made = f"{one.made.astimezone():%Y-%m-%d %H:%M}"
    return (one.id, made, run, str(len(one.applied)), f"{rows:,}", bytes_text(one.size), one.user)


def verify(alias: str, id: str | None) -> Outcome:
    """Read a backup to its end, and restore it into a scratch database where one can be made.

    Raises BackupBroken, NotRestorable, NoBackupTools and DatabaseNotReached.
    """
    with place_of(alias) as place, reaching(alias):
        backup = find_backup(place.folder, alias, id)
        _check_vendor(place, backup)
        untried = check_backup(place.connection, place.folder, backup)
    total = sum(after for _, after in backup.rows.values())
    counts = f"{len(backup.rows)} tables, {total:,} rows"
    tried = f"restored into a scratch database: {counts}" if not untried else f"complete, but not restored for a try: {untried}"
    lines = (f"{backup.id}: {tried}",)
    extra = {"backups": [to_json(backup)], "restored": not untried}
    return Outcome(command="backup", exit=CLEAN, summary=lines, extra=extra)


def _check_vendor(place: Place, backup: Backup) -> None:
    if backup.vendor != place.connection.vendor:
        there = place.connection.display_name
        raise NotRestorable(problem=f"{backup.id} is of {backup.version}, and {place.alias} is {there}")
    if backup.journal is not None and backup.journal > VERSION:
        help = "take the release of Handrail that made it, or a later one"
        raise NotRestorable(problem=f"{backup.id} was made by a later release of Handrail", help=help)


def restore(alias: str, id: str | None, talk: Talk, confirm: Confirm, *, dry_run: bool = False) -> Outcome:
    """Put a backup in the place of all that a database holds, after showing it and having the database's name typed.

    What is there is backed up first, and the backup is tried on a scratch database where one can be made.
    Raises the refusals of what it needs before anything is changed.
    """
    with place_of(alias) as place:
        backup = find_backup(place.folder, alias, id)
        _check_vendor(place, backup)
        check_file(place.folder, backup)
        with _locked(place, talk, "backup restore") as runner, reaching(alias):
            if runner.lock.kind == "lease":
                raise BehindPooler(alias=alias, what="restoring a backup")
            return _under_lock(place, runner, backup, confirm, dry_run)


def _under_lock(place: Place, runner: Runner, backup: Backup, confirm: Confirm, dry_run: bool) -> Outcome:
    there = rows_of(place.connection)
    plan = Outcome(command="backup", exit=CLEAN, summary=tuple(_plan(place, backup, there)), extra={"backups": [to_json(backup)]})
    if dry_run:
        return plan
    confirm(plan, place.name if there else "")
    untried = check_backup(place.connection, place.folder, backup)
    if untried:
        runner.talk.said(f"not tried on a scratch database before: {untried}")
    before = make_backup(place.connection, place.folder) if there else None
    if before is not None:
        runner.talk.said(f"what is there now is kept as {before.id}")
    try:
        wrong = put_back(place.connection, place.folder, backup)
    except BackupFailed as failed:
        return _failed(place, failed, before)
    if wrong:
        broken = BackupBroken(id=backup.id, problem=wrong[0], notes=wrong[1:])
        return Outcome(command="backup", exit=STOPPED, findings=broken.findings)
    run = _record(place, runner, backup)
    made = [one for one in (backup, before) if one is not None]
    return Outcome(
        command="backup",
        exit=CLEAN,
        summary=(f"{place.alias} is as it was {moment(backup.made)}: {backup.id} restored", *_since(place)),
        extra={"backups": [to_json(one) for one in made], "run": run},
    )


def _failed(place: Place, failed: BackupFailed, before: Backup | None) -> Outcome:
    """Say what the database holds after restoring failed."""
    from handrail.execution.dumping.base import dumping_for

    if dumping_for(place.connection, place.folder).is_atomic:
        raise failed
    finding = failed.finding
    back = f"handrail backup restore {before.id}" if before else ""
    note = f"{place.alias} holds a part of the backup; what it held before is {before.id}" if before else ""
    finding = replace(finding, notes=(*finding.notes, *filter(None, [note])), command=back or finding.command)
    return Outcome(command="backup", exit=STOPPED, findings=(finding,))


def _plan(place: Place, backup: Backup, there: dict[str, int]) -> Iterator[str]:
    """Yield what will be done."""
    total = sum(after for _, after in backup.rows.values())
    yield f"{backup.id}, made {moment(backup.made)} by {backup.user}: {len(backup.rows)} tables, {total:,} rows"
    if not there:
        yield f"it is restored into {place.alias} ({place.name}), which is empty"
        return
    rows = f"{len(there)} tables, {sum(there.values()):,} rows"
    yield f"it takes the place of all that {place.alias} ({place.name}) holds: {rows}"
    applied = read_history(place.alias).applied
    gone, back = sorted(applied - set(backup.applied)), sorted(set(backup.applied) - applied)
    if gone:
        yield f"applied now and not in the backup: {_some(gone)}"
    if back:
        yield f"applied in the backup and not now: {_some(back)}"
    yield "what it holds now is backed up first"


def _since(place: Place) -> Iterator[str]:
    """Yield what the code here would make of a database that was restored."""
    from handrail.sources.survey import survey

    found = survey(place.connection)
    yield f"migrate would apply {_some(found.pending)}" if found.pending else "migrate has nothing to apply"
    for finding in found.findings:
        yield f"{finding.code}: {finding.message}"


def _some(keys: Sequence[MigrationKey]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return f"{', '.join(map(str, keys[:SHOWN]))}{more}" if more else listed(keys)


def _record(place: Place, runner: Runner, backup: Backup) -> int:
    """Put on record that the database was restored; the journal's earlier part is that of the backup."""
    journal = Journal(place.connection)
    journal.ensure()
    run = journal.begin(
        command=f"backup restore {backup.id}",
        session=runner.lock.session,
        commit=commit_now(),
        from_nothing=False,
        on_failure=OnFailure.STOP,
    )
    journal.end(run, RunStatus.DONE)
    return run


@contextmanager
def _locked(place: Place, talk: Talk, command: str) -> Iterator[Runner]:
    options = read_run_options()
    runner = Runner(
        place.connection, options=replace(options, lock_wait=min(options.lock_wait, WAIT)), command=command, talk=talk
    )
    with runner.locked(), reaching(place.alias):
        yield runner
