"""Bringing back what the SQL of a migration has dropped, where that is taken back: before its statements, by them, or after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import KeepingRules
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import OPPOSITE, Direction
from handrail.errors.hr503 import NoValue
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.columns import Columns, as_aside
from handrail.execution.keeping.sql_names import columns_of
from handrail.execution.keeping.sql_rebuilt import filled
from handrail.execution.keeping.sql_text import Drop, Makes, Piece, pieces
from handrail.execution.keeping.sql_written import Written
from handrail.execution.keeping.tables import Tables
from handrail.execution.manners import texts_of
from handrail.sources.kept import THERE, kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.migration import MigrationKey
    from handrail.execution.keeping.keeper import Keeper

SQL = "sql"
"""What the shape of a thing begins with that SQL dropped; its part of the operation and the SQL that makes it follow."""


def kept_by_sql(connection: BaseDatabaseWrapper, key: MigrationKey, index: int, part: str, direction: Direction) -> list[Kept]:
    """Return what a RunSQL has set aside the last time that it ran in a direction, in order, and can come back."""
    names = {"app": key.app_label, "name": key.name, "operation": index, "direction": direction}
    found = [one for one in kept(connection, tuple(KeptStatus), **names) if one.details.get("shape", [""])[:2] == [SQL, part]]
    return [one for one in found if one.step == found[-1].step]


def makes_it(makes: Makes, table: str, column: str) -> bool:
    """Say whether a statement makes exactly this table or column."""
    if makes.index_name or not is_same(table, makes.table.name):
        return False
    return not column if makes.column is None else is_same(column, makes.column.name)


def _drops_it(drop: Drop, table: str, column: str) -> bool:
    if not any(is_same(table, one.name) for one in drop.tables):
        return False
    return any(is_same(column, one.name) for one in drop.columns) if column else not drop.columns


def is_same(name: str, other: str) -> bool:
    """Compare names as loosely as a database may: both are of one migration."""
    return name.rpartition('"."')[2].lower() == other.lower()


def plain(sql: str) -> str:
    """Write SQL with one space between words."""
    return " ".join(sql.split())


class SqlReturns:
    """What one operation has set aside in the other direction. run: executes statements of ours."""

    def __init__(
        self, editor: Any, keeper: Keeper, rules: KeepingRules, operation: Any, part: str, run: Callable[[Iterable[str]], None]
    ) -> None:
        """Reach nothing yet."""
        self.editor, self.keeper, self.rules, self.part, self.run = editor, keeper, rules, part, run
        self.connection, self.operation = editor.connection, operation
        self.tables, self.columns = Tables(editor, keeper, rules), Columns(editor, keeper, rules)
        self.came_back: set[tuple[str, str]] = set()
        self.written = Written()

    def _kept(self) -> list[Kept]:
        """Return what the other direction has kept, and is not back."""
        keeper = self.keeper
        if keeper.key not in keeper.migrations():
            return []
        found = kept_by_sql(self.connection, keeper.key, keeper.operation, self.part, OPPOSITE[keeper.direction])
        return [one for one in found if one.status in THERE or keeper.is_resumed(one)]

    def here(self) -> list[Piece]:
        """The statements of this direction."""
        is_forward = self.keeper.direction is Direction.FORWARD
        texts = texts_of(self.operation.sql if is_forward else self.operation.reverse_sql)
        return [piece for text in texts for piece in pieces(text, self.connection.vendor)]

    def _without(self, *, ahead: bool) -> list[Kept]:
        """Return what no statement of this direction makes, the last that was dropped first.

        ahead: what none of them drops either, which can come back before them; else what has to wait until its name is free.
        """
        here = self.here()
        makes = [piece.makes for piece in here if piece.makes is not None]
        drops = [piece.drop for piece in here if piece.drop is not None]
        kept = [one for one in reversed(self._kept()) if not any(makes_it(each, one.table, one.column) for each in makes)]
        return [one for one in kept if any(_drops_it(each, one.table, one.column) for each in drops) is not ahead]

    def ahead(self) -> None:
        """Bring back what can come back before the statements of this direction."""
        for one in self._without(ahead=True):
            self._back(one, "")

    def afterwards(self) -> None:
        """Bring back what had to wait; where a statement has given its name to another table, that gets its values."""
        renamed = [name.name for piece in self.here() for name in piece.renamed]
        for one in self._without(ahead=False):
            if one.kind is KeptKind.TABLE and any(is_same(one.table, name) for name in renamed):
                filled(self.editor, self.keeper, self.rules, one)
            elif not self._is_taken(one):
                self._back(one, "")

    def _is_taken(self, one: Kept) -> bool:
        """Say whether something is there under the name of what is kept, and say so to whoever looks on."""
        there = columns_of(self.connection, one.table)
        if self.keeper.is_resumed(one) or (one.column not in there if one.column else not there):
            return False
        name = ".".join(filter(None, [one.table, one.column]))
        self.keeper.keeping.said(f"{name} is there: what is kept of the one that was dropped stays kept")
        return True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to bring back."""
        return not self._kept()

    def made(self, piece: Piece, makes: Makes) -> bool:
        """Bring back what a statement would make; say whether the statement is left out."""
        if makes.index_name:
            return self._has_index(makes)
        same = [one for one in self._kept() if makes_it(makes, one.table, one.column)]
        if not same:
            return False
        if plain(piece.sql) != same[-1].details["shape"][2]:
            name = ".".join(filter(None, [same[-1].table, same[-1].column]))
            self.keeper.keeping.said(
                f"{name} is made anew, as the SQL that makes it was changed in the migration: what is kept of it stays kept"
            )
            return False
        self._back(same[-1], piece.sql)
        return True

    def _has_index(self, makes: Makes) -> bool:
        """Say whether a table that came back has brought an index with it."""
        tables = [table for table, column in self.came_back if not column and is_same(table, makes.table.name)]
        if not tables:
            return False
        with self.connection.cursor() as cursor:
            there = self.connection.introspection.get_constraints(cursor, tables[0])
        return any(is_same(name, makes.index_name) for name in there)

    def _back(self, one: Kept, made_by: str) -> None:
        keeper, resumed = self.keeper, self.keeper.is_resumed(one)
        if one.kind is KeptKind.TABLE:
            if not resumed:
                self.tables._check(one)
                keeper.mark(one, KeptStatus.RESTORING)
            self._table_back(one)
        else:
            filling = self._filling(one)
            if not resumed:
                self._check_column(one, filling)
                keeper.mark(one, KeptStatus.RESTORING)
            self._column_back(one, filling, made_by)
        keeper.mark(one, KeptStatus.RESTORED)
        self.came_back.add((one.table, one.column))
        self.written.add(one)

    def is_done(self, text: str, params: Any) -> bool:
        """Say whether a text only writes rows of tables that came back, and had written them before they were dropped."""
        tables = self.written.by(text, params, self.connection.vendor)
        for table in sorted(tables - self.written.said):
            self.keeper.keeping.said(f"{table} is back with its rows: what {self.keeper.key} writes into it is not written again")
        self.written.said |= tables
        return bool(tables)

    def has_written(self, sql: str) -> bool:
        """Say whether is_done will say so of a statement without parameters."""
        return bool(self.written.by(sql, None, self.connection.vendor))

    def _table_back(self, one: Kept) -> None:
        keys = self.rules.keys(one.details)
        if one.details.get("moves", True):
            self.run(self.rules.views_back(one.details.get("views", []), one.aside, is_table=True))
        self.run(self.rules.table_back(one.table, one.aside, one.details))
        if one.form is Form.COPY:
            keys = self.tables._known(keys, one.table)
            with self.connection.cursor() as cursor:
                self.run(self.rules.dangling(cursor))
        self.run(foreign_keys.again(self.rules, keys))

    def _filling(self, one: Kept) -> str | None:
        """Return what rows get that came since, as SQL: as said, or what the column's own default was."""
        said = self.keeper.keeping.undo.fill.get(f"{one.table}.{one.column}")
        if said is not None:
            return "'" + said.replace("\\", "\\\\" if self.connection.vendor == "mysql" else "\\").replace("'", "''") + "'"
        if one.details.get("default") is not None:
            return str(one.details["default"])
        if " DEFAULT " in one.details.get("plain", ""):
            return f"DEFAULT({self.rules.quoted(one.column)})"
        return None

    def _check_column(self, one: Kept, filling: str | None) -> None:
        """Refuse before the first statement what would fail at a later one."""
        rules, details = self.rules, one.details
        if one.form is Form.COPY and not details["key"]:
            return
        since = rules.since(one.table, one.column, one.aside, details, back=False)
        text = details["shape"][3]
        if since and filling is None and (one.form is Form.ASIDE or ("NOT NULL" in text and "DEFAULT" not in text)):
            without = foreign_keys.count(self.connection, f"{rules.quoted(one.table)} WHERE {since}")
            if without:
                raise NoValue(table=one.table, column=one.column, rows=without)
        for key in rules.keys(details):
            if one.form is Form.COPY:
                rows = rules.lost(key, table=one.aside, columns=["v"])
            else:
                rows = rules.lost(as_aside(key, one), without=since)
            foreign_keys.check(self.connection, self.keeper, key, rows)

    def _column_back(self, one: Kept, filling: str | None, made_by: str) -> None:
        if one.form is Form.ASIDE:
            self.columns._from_aside(one, filling)
            self.run(self.rules.views_back(one.details.get("views", []), one.aside, is_table=False))
            return
        rules, table, text = self.rules, self.rules.quoted(one.table), one.details["shape"][3]
        if not made_by and "NOT NULL" in text and "DEFAULT" not in text:
            text += " DEFAULT ''"
            self.keeper.keeping.said(f"{one.table}.{one.column} has a default now, without which SQLite adds no such column")
        self.run([made_by or f"ALTER TABLE {table} ADD COLUMN {text}"])
        if not one.details["key"]:
            return
        place = (one.table, one.column, one.aside, one.details)
        self.run(rules.column_back(*place))
        since = rules.since(*place, back=True)
        if filling is not None:
            self.run([f"UPDATE {table} SET {rules.quoted(one.column)} = {filling} WHERE {since}"])
        self.run(foreign_keys.again(rules, rules.keys(one.details)))
        self.run(rules.column_again(*place))
