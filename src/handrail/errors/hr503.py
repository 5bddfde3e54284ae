"""HR503: rows that came since have no value for a column that comes back."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.narrowing import said
from handrail.errors.base import Refusal

UNIQUE = "delete these rows where they do not matter, or choose a target that leaves the migration applied"
"""What to do where every row needs a value of its own."""


class NoValue(Refusal):
    """A column that must not be NULL comes back, and rows that were inserted since have no value for it.

    Why it matters
    --------------
    The rows that were there have their kept values. The others were written by code that did not know the column; the field has
    no default, and a value that is made up would be wrong in some of them. Nothing of this operation was done, or all of it was
    taken back.

    What Django does
    ----------------
    It stops with an IntegrityError where the table has rows, on MySQL and MariaDB after the operations before this one.

    What to do
    ----------
    Say what those rows get: ``handrail rollback ... --fill table.column=value``. Or delete them. Where the column is unique and
    there are several such rows, no value can be theirs together: the notes name them.

    Example
    -------
    ::

        error[HR503]: no-value: shop_thing.p NOT NULL without default, 3 rows
    """

    code = "HR503"
    summary = "no-value: {column} NOT NULL without default, {rows}"

    def __init__(self, *, table: str, column: str, rows: int, notes: Sequence[str] = (), is_unique: bool = False) -> None:
        """rows: how many have no value. is_unique: whether one value cannot be theirs, as there are several."""
        facts = {"column": f"{table}.{column}", "rows": said(rows)}
        help = UNIQUE if is_unique else f"say what they get: --fill {table}.{column}=value"
        super().__init__(self.say(facts, notes=notes, help=help))
