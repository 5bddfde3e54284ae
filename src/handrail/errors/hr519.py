"""HR519: a migration could not be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.finding import Finding
from handrail.errors.base import Refusal


class RollbackFailed(Refusal):
    """A migration of a rollback failed. Those before it in the plan are taken back; those after it are as they were.

    Why it matters
    --------------
    The database is at a state between two targets: every migration is applied or not applied, and none is half done, unless the
    finding says so. What was taken back is kept, and comes back when the migrations are applied again.

    What Django does
    ----------------
    It shows the traceback; on MySQL and MariaDB the failed migration is left half undone.

    What to do
    ----------
    Read the error: most often the author's reverse code does not fit these rows. Put it right and run the command again, or go
    back to where it began with ``migrate``.

    Example
    -------
    ::

        error[HR519]: rollback-failed: shop.0003_data could not be taken back (ValueError: no such price)
    """

    code = "HR519"
    summary = "rollback-failed: {migration} could not be taken back ({error})"
    exit_code = 3

    def __init__(
        self, *, migration: object, error: str, notes: Sequence[str], command: str, others: Sequence[Finding] = ()
    ) -> None:
        """error: in words. notes: how far it came. command: what to type next. others: what refused to go on."""
        help = "put the cause right and run it again, or apply what was taken back again with migrate"
        super().__init__(self.say({"migration": migration, "error": error}, notes=notes, help=help, command=command), others)
