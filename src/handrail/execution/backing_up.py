"""Making a backup: under a temporary name first, so that what has its own name is complete and was read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from handrail.databases.backups.base import backups_for
from handrail.domain.backup import Backup, backup_id, to_json
from handrail.errors.hr621 import BackupFolder
from handrail.errors.hr624 import BackupFailed
from handrail.execution.dumping.base import Dumping, dumping_for
from handrail.execution.journal import user_name
from handrail.execution.runner import commit_now
from handrail.sources.backups import MANIFEST, PARTIAL, digest_of
from handrail.sources.database_status import version_of
from handrail.sources.history import read_history
from handrail.sources.journal import has_journal, journal_version, tags

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

IGNORED = "# Backups hold all data: none of them belongs into the repository.\n*\n"


def make_backup(connection: BaseDatabaseWrapper, folder: Path) -> Backup:
    """Make a backup of a whole database; the caller holds the lock, so that nothing is applied meanwhile.

    Raises NoBackupTools, BackupFolder and BackupFailed; nothing is left then.
    """
    dumping = dumping_for(connection, folder)
    dumping.require()
    prepare_folder(folder)
    id, extension = _free_id(folder, connection.alias), dumping.extension
    before = rows_of(connection)
    partial = folder / f".{id}.{extension}{PARTIAL}"
    try:
        with _written(connection.alias, partial) as target:
            dumping.dump(target)
        problem = dumping.problem(partial)
        if problem:
            raise BackupFailed(alias=connection.alias, what="making a backup", reason=problem)
        made = _described(connection, id, before, partial, dumping)
        partial.rename(folder / made.file)
    finally:
        partial.unlink(missing_ok=True)
    write_manifest(folder, made)
    return made


def rows_of(connection: BaseDatabaseWrapper) -> dict[str, int]:
    """Count the rows of all tables."""
    with connection.cursor() as cursor:
        return backups_for(connection.vendor).rows(cursor)


def _described(connection: BaseDatabaseWrapper, id: str, before: Mapping[str, int], partial: Path, dumping: Dumping) -> Backup:
    after = rows_of(connection)
    applied = read_history(connection.alias).applied
    known = has_journal(connection)
    return Backup(
        id=id,
        alias=connection.alias,
        vendor=connection.vendor,
        version=version_of(connection),
        made=datetime.now(UTC),
        user=user_name(),
        run=None,
        tags=tuple(tag.name for tag in tags(connection) if tag.applied == applied) if known else (),
        commit=commit_now(),
        applied=tuple(sorted(applied)),
        rows={table: (before[table], after[table]) for table in before if table in after},
        journal=journal_version(connection) if known else None,
        file=f"{id}.{dumping.extension}",
        size=partial.stat().st_size,
        digest=digest_of(partial),
    )


def tie(folder: Path, backup: Backup, run: int) -> Backup:
    """Write down before which run a backup was made."""
    tied = backup.before(run)
    write_manifest(folder, tied)
    return tied


def prepare_folder(folder: Path) -> None:
    """Make the folder, for its owner alone; git ignores all that is in it. Raises BackupFolder."""
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            (folder / ".gitignore").write_text(IGNORED)
    except OSError as error:
        raise BackupFolder(folder=folder, problem=f"cannot be made: {error.strerror or error}") from error
    if not os.access(folder, os.W_OK):
        raise BackupFolder(folder=folder, problem="cannot be written")


def write_manifest(folder: Path, backup: Backup) -> None:
    """Write what is known of a backup beside its file; its name is the last thing that appears."""
    partial = folder / f".{backup.id}{MANIFEST}{PARTIAL}"
    with _written(backup.alias, partial, again=True) as target:
        target.write(json.dumps(to_json(backup), indent=1).encode() + b"\n")
    partial.rename(folder / f"{backup.id}{MANIFEST}")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _written(alias: str, place: Path, *, again: bool = False) -> Iterator[IO[bytes]]:
    """Yield a new file that only its owner can read, and have it on the disk afterwards. Raises BackupFailed."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if again else os.O_EXCL)
    try:
        with os.fdopen(os.open(place, flags, 0o600), "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise BackupFailed(alias=alias, what="making a backup", reason=error.strerror or str(error)) from error


def _free_id(folder: Path, alias: str) -> str:
    """Return an id that no backup has, complete or not: two can be made in one second."""
    taken = {place.name.lstrip(".").split(".")[0] for place in folder.iterdir()}
    first = backup_id(alias)
    others = (f"{first}-{number}" for number in range(2, len(taken) + 3))
    return next(id for id in (first, *others) if id not in taken)
