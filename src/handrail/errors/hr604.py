"""HR604: what code or SQL does to rows cannot be kept."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class RowsNotKept(Refusal):
    """An operation runs code or SQL whose changes to rows cannot be kept, so that it could not be taken back.

    Why it matters
    --------------
    What RunPython, RunSQL and operations of a project's own do to rows is kept by triggers that fire for the migrating session
    alone. Where they cannot be made (the user lacks the privilege, the table belongs to another schema, the statement empties
    or drops the table at once) nothing would be left of the rows that were there. Nothing was changed by the operation.

    What Django does
    ----------------
    It runs the operation, and what was in the rows is gone.

    What to do
    ----------
    The notes say what is in the way. Grant the privilege (TRIGGER on the table), or write the statement in another way (DELETE
    instead of TRUNCATE). Where the rows need not come back, say so in the migration, with ``handrail_keep = False``, or for one
    run with ``migrate --no-keep``.

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
        help = "remove what is in the way; if rows may go: handrail_keep = False in the migration, or migrate --no-keep"
        super().__init__(self.say(facts, notes=(why, *notes), help=help))
