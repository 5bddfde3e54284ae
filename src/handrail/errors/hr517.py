"""HR517: rows of a table cannot be told apart, so what an operation drops cannot be kept."""

from __future__ import annotations

from handrail.domain.narrowing import said
from handrail.errors.base import Refusal


class NoPrimaryKey(Refusal):
    """An operation drops values of rows that nothing else tells apart, so they could not be brought back.

    Why it matters
    --------------
    Where values are copied (SQLite) or logged, they come back by the primary key of their rows. Without one, or where the primary
    key itself is dropped and no other unique column is left, nobody could say which value belongs to which row. Nothing of this
    operation was done.

    What Django does
    ----------------
    It drops the values.

    What to do
    ----------
    Give the table a unique column that is never NULL in a migration before. If the values need not come back, run
    ``migrate --no-keep``, or set ``handrail_keep = False`` in the migration.

    Example
    -------
    ::

        error[HR517]: no-primary-key: shop_thing
    """

    code = "HR517"
    summary = "no-primary-key: {table}"

    def __init__(self, *, table: str, rows: int, what: str) -> None:
        """what: what cannot be done; rows: of the table."""
        notes = [f"{what}: nothing else tells its rows apart ({said(rows)})"]
        super().__init__(self.say({"table": table}, notes=notes, help="give it a unique column before, or migrate --no-keep"))
