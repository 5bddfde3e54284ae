"""HR610: kept data that could not be destroyed."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NotPurged(Refusal):
    """The database did not let something go that was kept.

    Why it matters
    --------------
    It takes room, and it may hold data that has to be erased. Most often something else uses it: a view that was made on a column
    follows the column when it is set aside, and PostgreSQL drops nothing that a view needs. Handrail never drops what others have
    built: that is theirs.

    What Django does
    ----------------
    Django keeps nothing. Its own ``DROP COLUMN`` takes on PostgreSQL everything along that depends on the column, without a word
    (``CASCADE``).

    What to do
    ----------
    Drop or change what uses it, which the reason names, and purge again: it goes on where it stopped. Nothing else that was to be
    purged was held up by it.

    Example
    -------
    ::

        error[HR610]: not-purged: 12 (shop_thing.p) on default: cannot drop column hrk_3f2a… because view shop_report needs it
          next: handrail purge
    """

    code = "HR610"
    summary = "not-purged: {id} ({name}) on {alias}: {reason}"
    exit_code = 3

    def __init__(self, *, alias: str, id: int, table: str, column: str, reason: str) -> None:
        """id: of the kept thing; table, column: what it was called; reason: the database's words."""
        name = f"{table}.{column}" if column else table
        named = "" if alias == "default" else f" --database {alias}"
        facts = {"id": id, "name": name, "alias": alias, "reason": reason}
        help = "drop or change what uses it, and purge again"
        super().__init__(self.say(facts, help=help, command=f"handrail purge{named}"))
