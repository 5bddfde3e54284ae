"""HR401: a migration was stopped half-way, and the database does not say how far it came."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class Interrupted(Refusal):
    """A migration was stopped half-way: by an error, a signal, a lost connection, or the end of its process.

    Why it matters
    --------------
    Where a database commits each change of a schema by itself (MySQL, MariaDB), and in migrations with ``atomic = False``, a part
    of the migration is done then. To run it again from its beginning fails, or does its data changes twice.

    What Django does
    ----------------
    Nothing: the next ``migrate`` begins with the first operation again. On MariaDB, 10 of the 11 places where a migration of
    seven operations can be killed leave a schema that it cannot get past (Django 5.2).

    What to do
    ----------
    ``handrail recover`` shows what was done and what was not, as the database itself says, and goes on from there or takes back
    what was done. Where it says that something is in doubt, look at it, put it right by hand, and say with ``--forward`` or
    ``--back`` where to go.

    Example
    -------
    ::

        error[HR401]: interrupted: shop.0002_price stopped after operation 2 of 4 (Add field price to thing)
    """

    code = "HR401"
    summary = "interrupted: {migration} stopped after operation {done}{total}{operation}"
    exit_code = 3

    def __init__(
        self,
        *,
        alias: str,
        migration: object,
        done: int,
        total: int,
        operation: str = "",
        notes: Sequence[str] = (),
        help: str = "",
        number: int = 0,
    ) -> None:
        """alias: of the database; total: 0 where it is not known; operation: the one it stopped at, in Django's words.

        number: of that operation, from 1, where a subclass names it.
        """
        of_all, at = f" of {total}" if total else "", f" ({operation})" if operation else ""
        facts = {"migration": migration, "done": done, "total": of_all, "operation": at, "number": number}
        named = "" if alias == "default" else f" --database {alias}"
        help = help or "go on from there, or take back what was done"
        super().__init__(self.say(facts, notes=notes, help=help, command=f"handrail recover{named}"))


class InDoubt(Exception):  # noqa: N818 - it is turned into a refusal by whoever knows the migration
    """It cannot be told whether a statement was done. place: the operation; sql: the statement; why: in words."""

    def __init__(self, *, place: str, sql: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.sql, self.why = place, sql, why
