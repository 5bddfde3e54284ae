"""HR501: something would be lost that is not kept."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal

ROLLBACK = "say --accept-loss where these values do not matter, or roll back to a state after it"
"""What to do where a rollback would lose something."""


class LosesData(Refusal):
    """Taking a migration back would destroy values, or make a column or table again whose values nobody has kept.

    Why it matters
    --------------
    Handrail keeps what a migration drops, in both directions, so that taking it back loses nothing. It cannot bring back what
    was dropped before Handrail was there, or by plain Django, or what was purged; and it keeps nothing that the settings or the
    migration itself (``handrail_keep = False``) forbid. Nothing was changed.

    What Django does
    ----------------
    It drops columns and tables with all that is in them, and makes them again empty, without a question (Django 5.2 to 6.1).

    What to do
    ----------
    What SQL of a migration drops is kept too, and so are the values that it changes when it gives a column another type. What
    else destroys rows in SQL (DROP PARTITION, DROP SCHEMA), or changes the type of a column of a table without a primary key, is
    refused before the first statement where there are rows: set ``handrail_keep = False`` in the migration, or run
    ``migrate --backup`` or ``migrate --no-keep``. The same holds for SQL that code runs (RunPython), but it is known only when it
    comes: it is refused then, before it runs.

    Where the values do not matter in a rollback, say ``--accept-loss``. Where they do, restore them from a backup after the
    rollback, or choose a target that leaves this migration applied.

    Example
    -------
    ::

        error[HR501]: loses-data: Remove field p from thing drops shop_thing.p: its values are not kept
    """

    code = "HR501"
    summary = "loses-data: {operation} drops {what}: {rows}"

    def __init__(
        self, *, operation: str, what: str, rows: str, migration: object, more: Sequence[str] = (), help: str = ROLLBACK
    ) -> None:
        """operation: in Django's words. rows: "3 rows", or why nothing of it is left. more: what else the migration loses."""
        facts = {"operation": operation, "what": what, "rows": rows}
        super().__init__(self.say(facts, notes=[f"it is an operation of {migration}", *more], help=help))
