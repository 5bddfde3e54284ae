"""HR402: code of a migration was stopped half-way, and the database does not say how far it came."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.hr401 import Interrupted


class InterruptedData(Interrupted):
    """Code of a migration that asks for no transaction was stopped inside, so a part of what it writes may be there.

    Why it matters
    --------------
    Code that counts, moves or sends something does it twice where it is run again: ``n = n * 2`` on half of the rows gives four
    times ``n`` there. So Handrail never runs it again by itself. It says which rows of which tables the code has written, as
    far as they are in its log; what else it did, in other systems for one, is in no database.

    What Django does
    ----------------
    The next ``migrate`` runs the code from its beginning again, and says OK (Django 5.2 to 6.1).

    What to do
    ----------
    Look at the rows: the table that is named as their log holds the primary key and the former values of each. Put them right by
    hand: all as the code would leave them, or all as they were. Then say which: ``handrail recover --forward`` goes on after the
    operation, ``handrail recover --back`` takes back what was done before it. So that it is not asked another time, let the code
    have a transaction (leave ``atomic=False`` out), or write it so that it passes over rows that are done.

    Example
    -------
    ::

        error[HR402]: interrupted-data: shop.0002_double was stopped inside operation 2 of 4 (Raw Python operation)
          note: it has written 1,200 rows of shop_thing (log: hrk_caa363e8bb28beae)
          next: handrail recover
    """

    code = "HR402"
    summary = "interrupted-data: {migration} was stopped inside operation {number}{total}{operation}"

    def __init__(
        self,
        *,
        alias: str,
        migration: object,
        number: int,
        total: int,
        operation: str = "",
        notes: Sequence[str] = (),
        help: str = "",
    ) -> None:
        """number: of the operation, from 1. For the others see Interrupted."""
        super().__init__(
            alias=alias,
            migration=migration,
            done=number - 1,
            total=total,
            operation=operation,
            notes=notes,
            help=help or "look at what it did, put it right, and say --forward or --back",
            number=number,
        )
