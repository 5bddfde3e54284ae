"""Trying a backup on a scratch database, and putting it in the place of a live one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.databases.backups.base import backups_for
from handrail.domain.backup import Backup, differences
from handrail.errors.hr622 import BackupBroken
from handrail.errors.hr624 import BackupFailed
from handrail.execution.backing_up import rows_of
from handrail.execution.dumping.base import dumping_for
from handrail.execution.proof_scratch import Scratch, ScratchError
from handrail.sources.backups import check_file

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

FORBIDDEN = "permission denied"
"""What PostgreSQL says where the user may not make what is in a backup, such as an extension: that is not the backup's fault."""


def check_backup(connection: BaseDatabaseWrapper, folder: Path, backup: Backup) -> str:
    """Read all of a backup, and restore it into a scratch database beside the one of the connection.

    Returns why that could not be tried, "" where it was. Raises BackupBroken, and NoBackupTools.
    """
    file = check_file(folder, backup)
    dumping = dumping_for(connection, folder)
    dumping.require()
    problem = dumping.problem(file)
    if problem:
        raise BackupBroken(id=backup.id, problem=problem)
    settings = dict(connection.settings_dict)
    scratch = Scratch(type(connection)(settings, alias=connection.alias))
    try:
        return _try(scratch, folder, backup, file)
    finally:
        scratch.drop_all()


def _try(scratch: Scratch, folder: Path, backup: Backup, file: Path) -> str:
    try:
        scratch.make()
    except ScratchError as error:
        return str(error)
    other: Any = scratch.connection
    try:
        dumping_for(other, folder).restore(file, (), is_scratch=True)
    except BackupFailed as failed:
        if FORBIDDEN in failed.finding.message:
            return failed.finding.message
        problem = f"it cannot be restored: {failed.finding.message.partition(': ')[2]}"
        raise BackupBroken(id=backup.id, problem=problem, notes=failed.finding.notes) from failed
    found = differences(backup, rows_of(other))
    if found:
        raise BackupBroken(id=backup.id, problem=found[0], notes=found[1:])
    return ""


def emptying_of(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the statements that drop all that a database holds; [] where a database has nothing, or is replaced as a whole."""
    with connection.cursor() as cursor:
        return backups_for(connection.vendor).emptying(cursor)


def put_back(connection: BaseDatabaseWrapper, folder: Path, backup: Backup) -> list[str]:
    """Put a backup in the place of all that a database holds, and return where that is not what it should be.

    The caller holds the lock. Raises BackupBroken, and BackupFailed.
    """
    from django.db import Error

    file = check_file(folder, backup)
    dumping = dumping_for(connection, folder)
    dumping.require()
    try:
        dumping.restore(file, emptying_of(connection))
        return differences(backup, rows_of(connection))
    except Error as error:
        raise BackupFailed(alias=connection.alias, what="restoring a backup", reason=str(error)) from error
