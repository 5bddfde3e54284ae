"""HR405: the copy of a table that a rebuild left."""

from __future__ import annotations

from handrail.errors.base import Refusal


class Leftover(Refusal):
    """On SQLite Django alters a table by a copy, new__<table>, and one of an earlier try is still there.

    Why it matters
    --------------
    Django makes the copy, fills it, drops the table, and gives the copy its name. Stopped in between, in a migration with
    ``atomic = False`` that ran without Handrail, the copy stays, and every later rebuild of the table fails because of it. If the
    table itself is gone already, all rows are in the copy, and nowhere else.

    Under Handrail each operation is a transaction there, so no copy is left. One that was left before is dropped with a warning
    where all its rows are in the table too. Anything else is refused, and nothing is changed.

    What Django does
    ----------------
    It fails: ``table "new__shop_thing" already exists``, or ``no such table: shop_thing`` (Django 5.2 to 6.1).

    What to do
    ----------
    Where the table is missing, give the copy its name: ``ALTER TABLE "new__shop_thing" RENAME TO "shop_thing"``. It has the
    columns that the stopped operation was to give it, and not yet its indexes: the next ``migrate`` compares the columns, and
    says what differs. Where both are there, look at the rows that the copy alone has, take over what is needed, and drop it.

    Example
    -------
    ::

        error[HR405]: leftover: table new__shop_thing (1200 rows), shop_thing MISSING
          help: give the copy the name of the table: ALTER TABLE "new__shop_thing" RENAME TO "shop_thing"
    """

    code = "HR405"
    summary = "leftover: table {copy} ({rows}), {table} {state}"

    def __init__(self, *, copy: str, table: str, rows: int, only_there: int | None) -> None:
        """only_there: how many rows of the copy the table does not have; None where there is no table."""
        if only_there is None:
            help = f'give the copy the name of the table: ALTER TABLE "{copy}" RENAME TO "{table}"'
            notes = ["an operation that altered the table was stopped when it had dropped the table"]
        else:
            help = f"take over what is needed of them, and drop {copy}"
            notes = [f"not in {table}: {_rows(only_there)} of the copy"] if only_there else []
        self.only_there = only_there
        state = "MISSING" if only_there is None else "present"
        super().__init__(self.say({"copy": copy, "rows": _rows(rows), "table": table, "state": state}, notes=notes, help=help))


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"
