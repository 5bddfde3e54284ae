"""HR624: a backup that failed."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class BackupFailed(Refusal):
    """A program that makes or restores backups ended with an error.

    Why it matters
    --------------
    There is no backup where one was to be made, so nothing is done that relies on it: with ``migrate --backup``, nothing is
    migrated. What a backup that failed had written is deleted. Where restoring failed, the message says what the database holds
    now: PostgreSQL and SQLite restore in one transaction and are as they were; MySQL and MariaDB commit every statement.

    What Django does
    ----------------
    Django makes no backups.

    What to do
    ----------
    The notes are the program's own words. Often the program is older than the server ("server version mismatch"), the disk is
    full, or the user may not read a table. Where MySQL or MariaDB were left half restored, restore again, or the backup that was
    made just before, which the message names.

    Example
    -------
    ::

        error[HR624]: backup-failed: making a backup of default: no space left on device
    """

    code = "HR624"
    summary = "backup-failed: {what} of {alias}: {reason}"

    def __init__(self, *, alias: str, what: str, reason: str, notes: Sequence[str] = (), is_half_done: bool = False) -> None:
        """what: "making a backup" or "restoring a backup"; reason: in the program's words.

        is_half_done: whether the database is left between two states.
        """
        words = reason.strip().splitlines() or ["it gave no reason"]
        facts = {"alias": alias, "what": what, "reason": words[0]}
        super().__init__(self.say(facts, notes=(*words[1:6], *notes)))
        self.is_half_done = is_half_done
