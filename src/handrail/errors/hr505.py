"""HR505: rows that are there do not meet a constraint that is made again."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class Violated(Refusal):
    """A constraint is to be made that rows of the table do not meet: duplicates, a condition, or a target that is missing.

    Why it matters
    --------------
    Most often a constraint was removed, the new code wrote what it had forbidden, and rolling back makes it again. Nothing was
    changed. What two values are equal is decided by the collation that the column is to have then.

    What Django does
    ----------------
    It stops at the operation with an IntegrityError (Django 5.2 to 6.1): with the migrations after it undone already, on MySQL
    and MariaDB also with the operations after it, and there a foreign key that was to be replaced can be gone.

    What to do
    ----------
    Change or delete the rows that are named, and run the command again. Where the rows are as they should be, the constraint is
    what has to change: write a migration instead of rolling back.

    Example
    -------
    ::

        error[HR505]: constraint: 2 rows violate unique (name) of shop_thing
    """

    code = "HR505"
    summary = "constraint: {rows} violate{s} {constraint}"

    def __init__(self, *, rows: str, constraint: str, keys: Sequence[str], migration: str = "", help: str = "") -> None:
        """rows: their number with its word ("2 rows"). keys: what says which rows, each as one note. migration: what makes it."""
        facts = {"rows": rows, "s": "s" if rows == "1 row" else "", "constraint": constraint}
        notes = (*keys, *([f"{migration} makes it"] if migration else ()))
        help = help or "change or delete these rows, then run the command again"
        super().__init__(self.say(facts, notes=notes, help=help))
