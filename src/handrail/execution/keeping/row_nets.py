"""What a log of rows comes to: for each primary key the row before, the row after, and the row now, in a table of the session."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import RowLog, RowLogRules

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NOTHING, PUT_BACK, CHANGED, REUSED, TAKEN, GONE, REFERRED, EITHER = range(8)
"""What becomes of a row.

nothing: it is as it was before. put back: it is as the migration left it. changed: somebody has changed it since. reused: its
primary key belongs to another row now: nothing of it is as it was, or as it was left, and one column that is other is no sign of
that. either: all that the migration did not change is other, and what it changed is as it was left: changed or reused. taken: it
was deleted, and its primary key is there again. gone: it was deleted since.
referred: it was inserted, and rows that came since refer to it.
"""
EXAMPLES = 5


class Net:
    """The net effect of one log, one row for each primary key.

    Its columns: had, has: whether there was a row before and after; live: whether there is one now; k, b, a, n with the number of
    the column: key, before, after, now; v: what becomes of it.
    """

    def __init__(self, connection: BaseDatabaseWrapper, rules: RowLogRules, log: RowLog) -> None:
        """Compute nothing yet."""
        self.connection, self.rules, self.log = connection, rules, log
        self.name = f"{log.name}_n"
        self.columns = range(len(log.columns))
        names = [column.name for column in log.columns]
        self.key = [names.index(name) for name in log.key]
        self.free = [number for number in self.columns if number not in self.key]
        self.absent: set[int] = set()
        """Columns that the table does not have now; they are taken to be as they were left."""

    @property
    def table(self) -> str:
        """The work table, as it stands in a statement."""
        return self.rules.quote(self.name)

    def run(self, statements: Iterable[str]) -> None:
        """Execute statements."""
        with self.connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def count(self, condition: str) -> int:
        """Return how many rows meet a condition."""
        ((number,),) = self.rows(f"SELECT count(*) FROM {self.table} AS w WHERE {condition}")
        return int(number)

    def compute(self, *, lock: bool) -> None:
        """Make the table, as of now. lock: whether nobody is to change the live rows until the end of the transaction."""
        self.run(self.rules.scratch(self.name, [f"k{number}" for number in self.key], self.rules.net(self.log)))
        locking = self.rules.locking(self.log.table, self.table, self.on("t", "w"))
        if lock and locking:
            self.run([locking])
        self.run([self._now(), f"UPDATE {self.table} SET v = {self._verdict()}"])

    def refresh(self) -> None:
        """Read the live rows again; what becomes of a row stays what it was when the table was made."""
        self.run([f"UPDATE {self.table} SET live = 0", self._now()])

    def drop(self) -> None:
        """Drop the table."""
        self.run([self.rules.no_scratch(self.name)])

    def _now(self) -> str:
        names = [self.rules.quote(column.name) for column in self.log.columns]
        there = {number: f"t.a{number}" if number in self.absent else f"w.{names[number]}" for number in self.columns}
        values = [("live", "1"), *((f"n{number}", value) for number, value in there.items())]
        on = " AND ".join(f"t.k{number} = w.{names[number]}" for number in self.key)
        return self.rules.update(self.name, self.rules.quote(self.log.table), on, values)

    def on(self, live: str, net: str) -> str:
        """Return the condition that a live row is the net's."""
        return " AND ".join(f"{live}.{self.rules.quote(self.log.columns[number].name)} = {net}.k{number}" for number in self.key)

    def same(self, number: int, one: str, other: str, of: str = "") -> str:
        """Return the condition that two of the three values of a column are the same. one, other: b, a or n."""
        return self.rules.same(f"{of}{one}{number}", f"{of}{other}{number}", self.log.columns[number].kind)

    def all_same(self, one: str, other: str) -> str:
        """Return the condition that two of the three rows are the same."""
        return " AND ".join(["1 = 1", *(self.same(number, one, other) for number in self.free)])

    def was_changed(self, number: int, of: str = "") -> str:
        """Return the condition that the migration changed a column of a row."""
        return f"NOT {self.same(number, 'b', 'a', of)}"

    def _verdict(self) -> str:
        changed_since = _any(
            f"({self.was_changed(number)} AND NOT {self.same(number, 'n', 'a')} AND NOT {self.same(number, 'n', 'b')})"
            for number in self.free
        )
        to_do = _any(f"({self.was_changed(number)} AND {self.same(number, 'n', 'a')})" for number in self.free)
        another = _all(f"NOT {self.same(number, 'n', 'a')}" for number in self.free)
        left = _any(self.same(number, "b", "a") for number in self.free)
        ones = [f"CASE WHEN {self.same(number, 'b', 'a')} THEN 1 ELSE 0 END" for number in self.free]
        several = f"{' + '.join(ones)} >= 2" if len(ones) > 1 else "1 = 0"
        none_left = _all(f"({self.was_changed(number)} OR NOT {self.same(number, 'n', 'b')})" for number in self.free)
        return (
            f"CASE WHEN had = 0 AND has = 0 THEN {NOTHING} "
            f"WHEN had = 0 THEN CASE WHEN live = 0 THEN {NOTHING} WHEN {self.all_same('n', 'a')} THEN {PUT_BACK} "
            f"WHEN {another if len(self.free) > 1 else '1 = 0'} THEN {REUSED} ELSE {CHANGED} END "
            f"WHEN has = 0 THEN CASE WHEN live = 0 THEN {PUT_BACK} WHEN {self.all_same('n', 'b')} THEN {NOTHING} "
            f"ELSE {TAKEN} END "
            f"WHEN {self.all_same('b', 'a')} THEN {NOTHING} WHEN live = 0 THEN {GONE} "
            f"WHEN {left} AND {none_left} AND {to_do} THEN {EITHER} WHEN {several} AND {none_left} THEN {REUSED} "
            f"WHEN {changed_since} THEN {CHANGED} "
            f"WHEN {to_do} THEN {PUT_BACK} ELSE {NOTHING} END"
        )

    def changed_columns(self) -> list[int]:
        """Return the columns that the migration changed in rows that it neither inserted nor deleted."""
        if not self.free:
            return []
        parts = ", ".join(f"max(CASE WHEN {self.was_changed(number)} THEN 1 ELSE 0 END)" for number in self.free)
        (found,) = self.rows(f"SELECT {parts} FROM {self.table} WHERE had = 1 AND has = 1")
        return [number for number, is_changed in zip(self.free, found, strict=True) if is_changed]

    def changing(self, columns: Collection[str]) -> str:
        """Return the condition that taking a row back inserts or deletes it, or changes one of some columns."""
        named = [number for number in self.free if self.log.columns[number].name in columns]
        alike = " AND ".join(["had = 1", "has = 1", *(self.same(number, "b", "a") for number in named)])
        return f"v <> {NOTHING} AND NOT ({alike})"

    def differing(self) -> str:
        """Return the condition that a row which nobody else has changed is other than it was before the migration."""
        left = _any(f"({self.was_changed(number)} AND NOT {self.same(number, 'n', 'b')})" for number in self.free)
        touched = f"had = 1 AND NOT (has = 1 AND {self.all_same('b', 'a')})"
        return f"(v = {PUT_BACK} AND (({touched} AND (live = 0 OR {left})) OR (had = 0 AND has = 1 AND live = 1)))"

    def examples(self, condition: str) -> list[str]:
        """Return rows that meet a condition, in words: what they were before, after, and what they are now."""
        keys = ", ".join(f"k{number}" for number in self.key)
        parts = "".join(f", {part}{number}" for number in self.free for part in "ban")
        found = f"SELECT had, has, live, {keys}{parts} FROM {self.table} AS w WHERE {condition}"
        return [self._in_words(row) for row in self.rows(f"{found} ORDER BY {keys} LIMIT {EXAMPLES}")]

    def _in_words(self, row: Sequence[Any]) -> str:
        had, has, live, *values = row
        key, rest = values[: len(self.key)], values[len(self.key) :]
        named = ", ".join(f"{self.log.columns[number].name} {value}" for number, value in zip(self.key, key, strict=True))
        triples = [(self.log.columns[number].name, rest[3 * place : 3 * place + 3]) for place, number in enumerate(self.free)]
        shown = [one for one in triples if len({repr(value) for value in one[1]}) > 1] or triples[:1]
        return f"{self.log.table} {named}: " + "; ".join(
            f"{name} before {_value(had, b)}, after {_value(has, a)}, now {_value(live, n)}" for name, (b, a, n) in shown
        )


def _any(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(['1 = 0', *conditions])})"


def _all(conditions: Iterable[str]) -> str:
    """All of them, and at least one."""
    found = list(conditions)
    return f"({' AND '.join(found)})" if found else "1 = 0"


def _value(is_there: object, value: object) -> str:
    """Write a value so that a line stays a line."""
    if not is_there:
        return "no row"
    text = repr(value) if isinstance(value, str | bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
