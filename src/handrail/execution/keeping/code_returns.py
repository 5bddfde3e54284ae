"""Bringing back what code of the project has dropped by itself, where its other direction makes it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import ForeignKey, KeepingRules, rules_for
from handrail.databases.purging.base import purging_for
from handrail.databases.row_logs.base import row_logs_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import OPPOSITE
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.columns import as_aside
from handrail.execution.keeping.row_quiet import quietly, unlogged
from handrail.execution.keeping.sql_names import columns_of
from handrail.execution.keeping.sql_returns import SQL, SqlReturns
from handrail.execution.keeping.sql_text import Makes, Piece
from handrail.sources.kept import THERE, kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.keeper import Keeper


NO_SQL = SimpleNamespace(sql=(), reverse_sql=())
"""Stands for a RunSQL whose statements nobody knows before they come."""


def drops_of(records: Iterable[Kept]) -> list[str]:
    """Return the names of what holds what code has dropped. records: of the log of its rows."""
    return [name for one in records if not one.table for name in one.details.get("drops", ())]


def dropped_by(connection: BaseDatabaseWrapper, records: Iterable[Kept], statuses: Sequence[KeptStatus] = THERE) -> list[Kept]:
    """Return what code has dropped and is kept, in order."""
    names = drops_of(records)
    return list(kept(connection, statuses, aside__in=names)) if names else []


def all_there(connection: BaseDatabaseWrapper, records: Sequence[Kept], keeper: Keeper | None = None) -> bool:
    """Say whether all that code has dropped is kept. keeper: of the step that may have brought a part of it back already."""
    found = dropped_by(connection, records, tuple(KeptStatus))
    there = [one for one in found if one.status in THERE or (keeper is not None and keeper.is_resumed(one))]
    return len(there) == len(drops_of(records))


def bring_back(editor: Any, keeper: Keeper, part: str, records: Sequence[Kept]) -> None:
    """Bring back what code has dropped, before its rows come back by their log. Raises what SqlReturns raises."""
    rules = rules_for(keeper.connection.vendor)
    if rules is None or not drops_of(records):
        return

    def run(statements: Iterable[str]) -> None:
        for sql in filter(None, statements):
            editor.execute(sql, None)

    returns = SqlReturns(editor, keeper, rules, NO_SQL, part, run)
    for one in reversed(dropped_by(keeper.connection, records, tuple(KeptStatus))):
        if one.status in THERE or keeper.is_resumed(one):
            returns._back(one, "")


class CodeReturns(SqlReturns):
    """What the other direction of one operation has set aside.

    The code makes a column or a table in its own words, so that what is kept is written into it, and does not take its place: a
    column at once, so that values which the code computes after that are its own; a table at the end, where it is empty.
    """

    def __init__(self, editor: Any, keeper: Keeper, rules: KeepingRules, part: str) -> None:
        """Reach nothing yet. part: of an operation that holds others."""
        super().__init__(editor, keeper, rules, NO_SQL, part, self._run)
        self.logs = row_logs_for(self.connection.vendor)
        self._left: list[Kept] = []

    @property
    def is_empty(self) -> bool:
        """Leave no statement out."""
        return True

    def made(self, piece: Piece, makes: Makes) -> bool:  # noqa: ARG002
        """Leave no statement out."""
        return False

    def begin(self) -> None:
        """Note what is kept and not there; what is there by now under its name was made by others."""
        keeper = self.keeper
        if keeper.key not in keeper.migrations():
            return
        names = {"app": keeper.key.app_label, "name": keeper.key.name, "operation": keeper.operation}
        forms = (Form.ASIDE, Form.COPY)
        found = kept(self.connection, tuple(KeptStatus), direction=OPPOSITE[keeper.direction], form__in=forms, **names)
        last = [one for one in found if one.step == found[-1].step and one.status in THERE]
        self._left = [one for one in last if self._is_mine(one) and not self._is_there(one)]

    def _is_mine(self, one: Kept) -> bool:
        shape = one.details.get("shape", [""])
        return bool(shape[0] != SQL or shape[1] == self.part)

    def _is_there(self, one: Kept) -> bool:
        there = columns_of(self.connection, one.table)
        return one.column in there if one.column else bool(there)

    def look(self) -> None:
        """After a statement: fill the columns that it has made again."""
        for one in [each for each in self._left if each.kind is KeptKind.COLUMN]:
            if self._is_back(one):
                self._left.remove(one)
            elif self._is_there(one):
                self._left.remove(one)
                self._fill_column(one)

    def _is_back(self, one: Kept) -> bool:
        """Say whether the schema editor has brought it back."""
        return not kept(self.connection, THERE, id=one.id)

    def finish(self) -> None:
        """Fill the tables that are there again, and say what is not."""
        for one in [each for each in self._left if not self._is_back(each)]:
            name = f"{one.table}.{one.column}" if one.column else one.table
            if not self._is_there(one):
                self.keeper.keeping.said(f"{name} is not made again by {self.keeper.key}: what is kept of it stays kept")
            elif not one.column:
                self._fill_table(one)

    def _fill_column(self, one: Kept) -> None:
        kinds, is_copy = self._kinds(one.table), one.form is Form.COPY
        if not one.details["key"] if is_copy else kinds.get(one.column) != kinds.get(one.aside):
            self._stays(one)
            return
        for key in self.rules.keys(one.details):
            self._target(one, key)
        if is_copy:
            place = (one.table, one.column, one.aside, one.details)
            nothing = [] if self._may_be_null(one) else [f"DELETE FROM {self.rules.quoted(one.aside)} WHERE v IS NULL"]
            self._quietly([*nothing, *self.rules.column_back(*place)])
            self._run(self.rules.column_again(*place))
        else:
            self._quietly([self.rules.written(self._copied(one))])
            self._drop(one)
        self.keeper.mark(one, KeptStatus.RESTORED)

    def _target(self, one: Kept, key: ForeignKey) -> None:
        """What the code has made may be a foreign key again. Raises RestoreConflict."""
        rules = self.rules
        if one.form is Form.COPY:
            foreign_keys.check(self.connection, self.keeper, key, rules.lost_of_copy(key, one.aside, one.details))
            return
        aside = as_aside(key, one)
        foreign_keys.check(self.connection, self.keeper, key, rules.lost(aside))
        if key.nullable:
            self._quietly([rules.emptied(aside)])

    def _copied(self, one: Kept) -> str:
        """Write what is aside into the column that is there, in the rows that are as old."""
        rules = self.rules
        q, since = rules.quoted, rules.since(one.table, one.column, one.aside, one.details, back=False)
        known = [f"NOT ({since})"] if since else []
        known += [] if self._may_be_null(one) else [f"{q(one.aside)} IS NOT NULL"]
        where = f" WHERE {' AND '.join(known)}" if known else ""
        return f"UPDATE {q(one.table)} SET {q(one.column)} = {q(one.aside)}{where}"

    def _may_be_null(self, one: Kept) -> bool:
        with self.connection.cursor() as cursor:
            return one.column in self.logs.nullable(cursor, one.table)

    def _fill_table(self, one: Kept) -> None:
        """Write the rows back where the table that was made can take them as they were."""
        q, place = self.rules.quoted, self.rules.place(one.table, one.aside, one.details)
        now, were = self._kinds(one.table), self._kinds(place)
        fits = now.keys() == were.keys() - ({"rowid"} - now.keys()) if one.form is Form.COPY else now == were
        if not fits or foreign_keys.count(self.connection, q(one.table)):
            self._stays(one)
            return
        columns = ", ".join(map(q, were))
        self._quietly([self.rules.written(f"INSERT INTO {q(one.table)} ({columns}) SELECT {columns} FROM {q(place)}")])
        with self.connection.cursor() as cursor:
            counting = self.rules.counts_on(cursor, one.table, place, one.details)
        self._run(counting)
        self._drop(one)
        self.keeper.mark(one, KeptStatus.RESTORED)

    def _kinds(self, table: str) -> dict[str, str]:
        with self.connection.cursor() as cursor:
            return self.rules.kinds(cursor, table)

    def _drop(self, one: Kept) -> None:
        with self.connection.cursor() as cursor:
            statements = purging_for(self.connection.vendor).dropping(cursor, one.aside)
        with unlogged(self.keeper.rows.writing, one.table):
            self._run(statements)

    def _stays(self, one: Kept) -> None:
        name = f"{one.table}.{one.column}" if one.column else one.table
        self.keeper.keeping.said(f"{name} is made anew in another way: what is kept of it stays kept")

    def _quietly(self, statements: Iterable[str]) -> None:
        with quietly(self.keeper.rows.writing):
            self._run(statements)

    def _run(self, statements: Iterable[str]) -> None:
        for sql in statements:
            self.editor.execute(sql, None)
