"""HR129: what a renamed migration needs could not be applied."""

from __future__ import annotations

from handrail.domain.outcome import STOPPED
from handrail.errors.base import Refusal


class NotCaughtUp(Refusal):
    """The records of a database followed the renamed files, and what these need now failed when it was applied there.

    Why it matters
    --------------
    A renamed migration that is recorded while one that it needs is not is a history that ``migrate`` refuses. So the records got
    their old names again; the files keep their new ones.

    What Django does
    ----------------
    It stops at the migration that failed. Without transactions for schema changes (MySQL, MariaDB, ``atomic = False``), a part of
    it may be done.

    What to do
    ----------
    Find out why the migration failed, such as rows that break a new constraint, and put that right. Then let the records follow
    again with the command that is shown. ``handrail undo-edits`` takes the files back instead.

    Example
    -------
    ::

        error[HR129]: not-caught-up: shop.0002_a failed on default (IntegrityError: UNIQUE constraint failed)
    """

    code = "HR129"
    summary = "not-caught-up: {migration} failed on {alias} ({why})"
    exit_code = STOPPED

    def __init__(self, *, migration: object, alias: str, why: str) -> None:
        """migration: the first that is not recorded; why: the class and the words of what it raised."""
        super().__init__(
            self.say(
                {"migration": migration, "alias": alias, "why": why},
                notes=["the files are renamed, the records have their old names"],
                help="put right what made it fail, then let the records follow again",
                command="handrail resolve --update-databases",
            )
        )
