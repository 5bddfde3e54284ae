"""HR604: what code or SQL does to rows cannot be kept."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class RowsNotKept(Refusal):
    """An operation runs code or SQL whose changes to rows cannot be kept, so that it could not be taken back.

    Why it matters
    --------------
    What RunPython, RunSQL and operations of a project's own do to rows is kept by triggers that fire for the migrating session
    alone. Where they cannot be made (the user lacks the privilege; MySQL and MariaDB with a binary log ask for more, unless
    log_bin_trust_function_creators is on), or would not fire (foreign keys of MySQL and MariaDB that change rows of other
    tables), the table is copied before the operation and compared with the copy after it, in the same transaction and under a
    lock that keeps others from writing it. That needs a transaction around the operation, a primary key, no more than 100,000
    rows and, on PostgreSQL, the privilege to lock the table (UPDATE, DELETE or TRUNCATE) and no row security in force. Where
    neither is possible, nothing would be left of the rows that were there. Nothing was changed by the operation; where it could
    be foreseen, nothing by its migration.

    What Django does
    ----------------
    It runs the operation, and what was in the rows is gone.

    What to do
    ----------
    The notes say what is in the way. Grant the privilege (TRIGGER on the table), or write the statement in another way (DELETE
    instead of TRUNCATE). Where a backup is enough, ``migrate --backup`` makes one and goes on; ``migrate --accept-loss`` goes on
    without: both log what they can, and say what is in no log. Where the rows need not come back, say so in the migration, with
    ``handrail_keep = False``, or for one run with ``migrate --no-keep``.

    Example
    -------
    ::

        error[HR604]: rows-not-kept: Raw SQL operation changes rows of shop_thing, and they cannot be kept
    """

    code = "HR604"
    summary = "rows-not-kept: {operation} changes rows of {table}, and they cannot be kept"

    def __init__(self, *, operation: str, table: str, why: str, notes: Sequence[str] = ()) -> None:
        """operation: in Django's words. why: what is in the way."""
        facts = {"operation": operation, "table": table}
        help = "remove what is in the way; if these rows may go, or a backup has them: migrate --accept-loss, or migrate --backup"
        super().__init__(self.say(facts, notes=(why, *notes), help=help))
