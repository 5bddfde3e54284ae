"""Tables that SQL rebuilds: made anew under another name, filled, and renamed after the old one was dropped.

Taken back by a reverse that does the same, such a table has its old columns again, without what was in them. The table that was
dropped is kept, and rows that are still there get from it what the new one had no column for. What the SQL changed in the columns
that both have is noted when it is done: those values come back too, where they are still as they were left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import KeepingRules
from handrail.databases.row_logs.base import RowLogRules, row_logs_for
from handrail.domain.kept import ChangedRows, Kept, KeptStatus
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.sql_names import columns_of
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper

LEFT = "_a"
"""What the name of the table ends with that has rows as the SQL left them; it goes with what is kept."""


def note(editor: Any, rules: KeepingRules, one: Kept) -> None:
    """Write down how the SQL has left the rows whose values it changed. one: the table that it dropped; another has its name."""
    both = _Both(editor, rules, one)
    shared = both.shared(both.columns(one.table))
    if not both.keys or not shared:
        return
    left, table = both.left, rules.quoted(one.table)
    names = ", ".join(map(rules.quoted, both.live))
    editor.execute(rules.like(one.table, f"{one.aside}{LEFT}"), None)
    changed = " OR ".join(f"NOT {both.same('t', 's', name)}" for name in shared)
    source = f"FROM {table} t JOIN {both.place} s ON {both.on('t', 's')} WHERE {changed}"
    chosen = ", ".join(f"t.{rules.quoted(name)}" for name in both.live)
    editor.execute(f"INSERT INTO {left} ({names}) SELECT {chosen} {source}", None)


def filled(editor: Any, keeper: Keeper, rules: KeepingRules, one: Kept) -> None:
    """Put values back into a table that has the name of one that is kept; that stays kept."""
    both, between = _Both(editor, rules, one), _between(keeper, one)
    if not between or not both.keys:
        return
    columns = [name for name in both.live if name in both.old and name not in between and name not in both.keys]
    if columns:
        _missing(editor, keeper, both, columns)
    if both.has_left():
        _changed(editor, keeper, both)


class _Both:
    """A table as it is now, and the one that is kept of that name."""

    def __init__(self, editor: Any, rules: KeepingRules, one: Kept) -> None:
        self.rules, self.one, self.connection = rules, one, editor.connection
        self.logs: RowLogRules = row_logs_for(editor.connection.vendor)
        self.old = list(one.details.get("columns", []))
        with self.connection.cursor() as cursor:
            found = self.logs.columns(cursor, one.table)
            self.keys = list(self.connection.introspection.get_primary_key_columns(cursor, one.table) or [])
        self.kinds = {column.name: column.kind for column in found}
        self.live = [column.name for column in found]
        self.table = rules.quoted(one.table)
        self.place = rules.quoted(rules.place(one.table, one.aside, one.details))
        self.left = rules.quoted(f"{one.aside}{LEFT}")
        if not set(self.keys) <= set(self.old):
            self.keys = []

    def columns(self, table: str) -> list[str]:
        return columns_of(self.connection, table)

    def has_left(self) -> bool:
        return bool(self.columns(f"{self.one.aside}{LEFT}"))

    def shared(self, others: Sequence[str]) -> list[str]:
        """Return the columns, without keys, that are there now, were before, and are among others."""
        return [name for name in self.live if name in self.old and name in others and name not in self.keys]

    def on(self, one: str, other: str) -> str:
        """Return the condition that rows have the same key. one, other: names of the tables in the statement."""
        q = self.rules.quoted
        return " AND ".join(f"{one}.{q(key)} = {other}.{q(key)}" for key in self.keys)

    def same(self, one: str, other: str, name: str) -> str:
        """Return the condition that a column has the same value in both."""
        q = self.rules.quoted
        return self.logs.same(f"{one}.{q(name)}", f"{other}.{q(name)}", self.kinds[name])


def _missing(editor: Any, keeper: Keeper, both: _Both, columns: Sequence[str]) -> None:
    """Bring back what the rebuilt table had no column for."""
    table, place, q, same = both.table, both.place, both.rules.quoted, both.on("s", both.table)
    fitting = f"WHERE EXISTS (SELECT 1 FROM {place} s WHERE {same})"
    for name in columns:
        value = f"SELECT s.{q(name)} FROM {place} s WHERE {same}"
        editor.execute(f"UPDATE {table} SET {q(name)} = ({value}) {fitting}", None)
    rows = foreign_keys.count(both.connection, f"{table} {fitting}")
    names = ", ".join(f"{both.one.table}.{name}" for name in columns)
    keeper.keeping.said(f"{names}: what the rebuilt table had no column for is back in {rows} row{'s' * (rows != 1)}")


def _changed(editor: Any, keeper: Keeper, both: _Both) -> None:
    """Bring back what the SQL changed, where it is as it was left; what its reverse has put right already is left alone."""
    table, q, one = both.table, both.rules.quoted, both.one
    restores = keeper.keeping.undo.changed_rows is ChangedRows.RESTORE
    for name in both.shared(both.columns(f"{one.aside}{LEFT}")):
        rows = f"FROM {both.place} s JOIN {both.left} a ON {both.on('s', 'a')} WHERE {both.on('s', table)}"
        rows += f" AND NOT {both.same('s', 'a', name)}"
        as_left, as_was = both.same(table, "a", name), both.same(table, "s", name)
        other = foreign_keys.count(both.connection, f"{table} WHERE EXISTS (SELECT 1 {rows} AND NOT {as_left} AND NOT {as_was})")
        wanted = f"EXISTS (SELECT 1 {rows} AND {f'NOT {as_was}' if restores else as_left})"
        back = foreign_keys.count(both.connection, f"{table} WHERE {wanted}")
        if back:
            value = f"SELECT s.{q(name)} FROM {both.place} s WHERE {both.on('s', table)}"
            editor.execute(f"UPDATE {table} SET {q(name)} = ({value}) WHERE {wanted}", None)
            keeper.keeping.said(f"{one.table}.{name}: what the SQL changed is back in {back} row{'s' * (back != 1)}")
        if other and not restores:
            verb = (
                "row is other than it was left, and stays as it is"
                if other == 1
                else "rows are other than they were left, and stay"
            )
            keeper.keeping.said(f"{one.table}.{name}: {other} {verb}")


def _between(keeper: Keeper, one: Kept) -> list[str]:
    """Return the columns of the table that this direction has dropped in its place; [] where that is not known."""
    said = {"step": keeper.step, "direction": keeper.direction, "operation": keeper.operation, "table": one.table, "column": ""}
    found = kept(keeper.connection, (KeptStatus.KEPT,), **said)
    return list(found[-1].details.get("columns", [])) if found else []
