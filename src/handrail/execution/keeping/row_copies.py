"""Logging without triggers: a table is copied before an operation and compared with the copy after it, and nobody else can
write it in between, so that what differs is what the operation did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from handrail.databases.base import Cursor
from handrail.databases.row_logs.base import RowLog, RowLogRules
from handrail.errors.hr604 import RowsNotKept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.row_log import RowLogs
    from handrail.execution.keeping.row_writing import Place

MOST = 100_000
"""How many rows a table can have that is copied."""
NO_TRIGGERS = "the user must not make triggers on it"
SAVEPOINT = "hrk_copied"
"""It is gone when the transaction is that holds the locks, or a part of it that took them."""
NO_TRANSACTION = "a copy of it would have to be compared in the same transaction, and there is none around the operation"
ENDED = "its transaction was ended inside, so that others could write it while it was not yet compared with its copy"
ALTERED = "it is altered by the operation, so that it cannot be compared with its copy"
COMMITS = "a statement that commits stands between its copy and what it is compared with"


def why_not_copied(connection: BaseDatabaseWrapper, rules: RowLogRules, table: str) -> str:
    """Say why a table cannot be copied and compared; "" where it can."""
    with connection.cursor() as cursor:
        why = rules.not_copied(cursor, table)
        if why:
            return why
        if not rules.key(cursor, table):
            return "it has no primary key"
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {rules.quote(table)} LIMIT {MOST + 1}) AS x")
        ((rows,),) = cursor.fetchall()
    return f"it has more than {MOST:,} rows" if rows > MOST else ""


def acted_on(rules: RowLogRules, cursor: Cursor, tables: Iterable[str]) -> dict[str, str]:
    """Return the tables that foreign keys change, with no trigger seeing it, when rows of others are deleted, each with why."""
    found, more = dict[str, str](), set(tables)
    while more:
        table = more.pop()
        for each in rules.acted_on(cursor, table) - found.keys():
            found[each] = f"to delete rows of {table} changes its rows by a foreign key, which fires no triggers"
            more.add(each)
    return found


@contextmanager
def steadied(connection: BaseDatabaseWrapper, rules: RowLogRules) -> Iterator[None]:
    """Let transactions that begin in the block hold what they copy."""
    from django.db import Error

    with connection.cursor() as cursor:
        before, after = rules.steadying(cursor)
        if before:
            cursor.execute(before)
    try:
        yield
    finally:
        if after:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute(after)


class Copies:
    """The copies of one operation. made: the tables that are copied, and not compared yet."""

    def __init__(self, logs: RowLogs, place: Place, operation: str) -> None:
        """Copy nothing yet. operation: in words."""
        self.logs, self.place, self.operation = logs, place, operation
        self.made: set[str] = set()

    def make(self, tables: Iterable[str]) -> set[str]:
        """Copy those of these tables that have no triggers, and are not copied yet; return those that go without.

        Raises RowsNotKept.
        """
        logs = [one for table in sorted(set(tables) - self.made) if (one := self._log(table)) is not None]
        if logs and not self._is_held():
            if not self.logs.lets_go:
                raise self._refusal(logs[0].table, NO_TRANSACTION)
            return {one.table for one in logs}
        for one in logs:
            *locks, copy = self.logs.rules.copying(one)
            self._run(locks)
            rows = self._run([copy])
            self.logs.say_copied(self.place, one.table, rows, self.operation)
        if logs and not self.made:
            self._run([f"SAVEPOINT {SAVEPOINT}"])
        self.made |= {one.table for one in logs}
        return set()

    def _is_held(self) -> bool:
        """Say whether a lock lasts until it is compared."""
        if not self.logs.connection.in_atomic_block or not self.logs.is_steady:
            return False
        with self.logs.connection.cursor() as cursor:
            return self.logs.rules.is_steady(cursor)

    def compare(self) -> set[str]:
        """Let the logs have what the operation did, and return what goes without. Raises RowsNotKept."""
        from django.db import DatabaseError

        if not self.made:
            return set()
        try:
            self._run([f"RELEASE SAVEPOINT {SAVEPOINT}"])
        except DatabaseError as error:
            raise self._refusal(min(self.made), ENDED) from error
        for table in sorted(self.made):
            one = self._log(table)
            with self.logs.connection.cursor() as cursor:
                live = set(self.logs.rules.columns(cursor, table))
            if one is None or not set(one.columns) <= live:
                return self.give_up(ALTERED)
            self._run(self.logs.rules.comparing(one))
        self.made.clear()
        return set()

    def give_up(self, why: str) -> set[str]:
        """Compare nothing after all, and return what goes without. Raises RowsNotKept."""
        if self.made and not self.logs.lets_go:
            raise self._refusal(min(self.made), why)
        logs = [one for table in sorted(self.made) if (one := self._log(table)) is not None]
        self._run(f"DELETE FROM {self.logs.rules.quote(one.name)}" for one in logs)
        gone, self.made = self.made, set()
        return gone

    def _log(self, table: str) -> RowLog | None:
        one = self.logs.log_of(self.place, table)
        return one if one is not None and one.copied else None

    def _refusal(self, table: str, why: str) -> RowsNotKept:
        return RowsNotKept(operation=self.operation, table=table, why=self.logs.reason(self.place, table), notes=(why,))

    def _run(self, statements: Iterable[str]) -> int:
        rows = 0
        with self.logs.connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
                rows = cursor.rowcount
        return rows
