"""Asking a database without holding anybody up: bounded in rows and time, and never waiting for a lock for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from handrail.databases.probing.base import Dependent, ProbingRules, rules_for

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

BOUND = 10_000
"""Rows are counted up to here."""
SHOWN = 5
"""Keys that are listed."""
SECONDS = 10
"""A question may take so long; after that the answer is not known."""

LATE = "timed out"


class Asking:
    """Questions to one database; rules: what its kind needs."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.rules: ProbingRules = rules_for(connection)
        self.unanswered: list[str] = []
        """Why questions had no answer, in words; whoever reads it empties it."""
        self._dependents: dict[str, tuple[list[Dependent], list[str]]] = {}
        self._columns: dict[str, frozenset[str]] = {}

    def dependents(self, table: str) -> list[Dependent]:
        """Return what uses a table."""
        if table in self._dependents:
            found, why = self._dependents[table]
            self.unanswered += why
            return found
        before = len(self.unanswered)
        found = self.rules.dependents(self.rows, table)
        self.unanswered += self.rules.hidden(self.rows, table)
        self._dependents[table] = found, self.unanswered[before:]
        return found

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns that a table has now, in lower case; none where there is no such table.

        SQLite takes a quoted name that it does not know for a text, so what is asked for has to be there.
        """
        if table not in self._columns:
            self._columns[table] = frozenset(self._described(table))
        return self._columns[table]

    def _described(self, table: str) -> list[str]:
        from django.db import DatabaseError

        try:
            with self._asking() as cursor:
                return [one.name.lower() for one in self.connection.introspection.get_table_description(cursor, table)]
        except DatabaseError as error:
            if self.rules.is_late(error):
                self.unanswered.append(LATE)
            return []

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """Give a cursor. Keep a question that fails, and its limits, apart from what comes after it.

        Without either there is no transaction: on SQLite one that begins as writers do would wait for them.
        """
        from django.db.transaction import atomic

        alone = not self.connection.in_atomic_block
        bounds = nullcontext() if alone and not self.rules.limits else atomic(self.connection.alias)
        with bounds, self.connection.cursor() as cursor:
            for statement in self.rules.limits if alone else ():
                cursor.execute(statement.format(ms=SECONDS * 1000), None)
            yield cursor

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]] | None:
        """Return the rows of a SELECT; None where that took too long, or cannot be asked of what is there (unanswered)."""
        from django.db import DatabaseError

        try:
            with self._asking() as cursor:
                cursor.execute(self.rules.limited(sql, SECONDS), list(params) or None)
                return [tuple(row) for row in cursor.fetchall()]
        except DatabaseError as error:
            said = f"the database says: {' '.join(str(error).split())}"
            self.unanswered.append(LATE if self.rules.is_late(error) else said)
            return None

    def count(self, source: str, params: Sequence[Any] = ()) -> int | None:
        """Count the rows of what comes after FROM, up to BOUND + 1."""
        found = self.rows(f"SELECT COUNT(*) FROM (SELECT 1 AS one FROM {source} LIMIT {BOUND + 1}) counted", params)
        return None if found is None else int(found[0][0])

    def quote(self, name: str) -> str:
        """Return a name as it is written in SQL."""
        return str(self.connection.ops.quote_name(name))


def counted(number: int, what: str = "row") -> str:
    """Say a number that was counted up to BOUND: "1 row", "more than 10000 rows"."""
    if number > BOUND:
        return f"more than {BOUND} {what}s"
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
