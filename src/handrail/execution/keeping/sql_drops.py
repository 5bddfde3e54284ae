"""Keeping what the SQL of a migration drops, and bringing it back where that is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import KeepingRules, rules_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import Direction
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.row_quiet import unlogged
from handrail.execution.keeping.sql_names import columns_of, found_column, found_table
from handrail.execution.keeping.sql_rebuilt import note
from handrail.execution.keeping.sql_returns import SQL, SqlReturns, is_same, kept_by_sql, makes_it, plain
from handrail.execution.keeping.sql_text import Drop, Name, Piece, pieces
from handrail.execution.keeping.sql_values import SqlValues
from handrail.execution.keeping.sql_written import wrote
from handrail.execution.manners import texts_of
from handrail.sources.kept import THERE, kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.migration import MigrationKey
    from handrail.execution.keeping.keeper import Keeper


def run_sql(editor: Any, label: str, operation: Any, direction: Direction, part: str, keeper: Keeper) -> None:
    """Run a RunSQL: what it drops is set aside, and what its other direction has set aside comes back. Raises as these do.

    part: its place in an operation that holds others.
    """
    from django.db import router

    rules = rules_for(editor.connection.vendor)
    if rules is None or not router.allow_migrate(editor.connection.alias, label, **operation.hints):
        _plainly(editor, label, operation, direction)
        return
    sql = SqlDrops(editor, keeper, rules, operation, part)
    with sql.executing():
        sql.ahead()
        if direction is Direction.FORWARD or operation.reverse_sql is not None or not sql.returns.came_back:
            _plainly(editor, label, operation, direction)
        sql.afterwards()


def _plainly(editor: Any, label: str, operation: Any, direction: Direction) -> None:
    """The states are not asked (RunSQL of django/db/migrations/operations/special.py, 5.2 to 6.1)."""
    if direction is Direction.FORWARD:
        operation.database_forwards(label, editor, None, None)
    else:
        operation.database_backwards(label, editor, None, None)


def is_only_drops(operation: Any, vendor: str) -> bool:
    """Say whether the SQL of a RunSQL does nothing but drop tables and columns."""
    found = [piece for text in texts_of(operation.sql) for piece in pieces(text, vendor)]
    return bool(found) and all(piece.drop for piece in found)


def comes_back(connection: BaseDatabaseWrapper, key: MigrationKey, index: int, part: str, operation: Any) -> bool:
    """Say whether a RunSQL without a reverse can be taken back, as all that it did was to drop what is kept."""
    if not is_only_drops(operation, connection.vendor):
        return False
    found = kept_by_sql(connection, key, index, part, Direction.FORWARD)
    return bool(found) and all(one.status in THERE for one in found)


class SqlDrops:
    """The SQL of one operation, in the direction in which the keeper says that it runs."""

    def __init__(
        self,
        editor: Any,
        keeper: Keeper,
        rules: KeepingRules,
        operation: Any,
        part: str,
        returns: SqlReturns | None = None,
    ) -> None:
        """Reach nothing yet. returns: what brings back what the other direction has kept; None: as SQL does."""
        self.editor, self.keeper, self.rules, self.part = editor, keeper, rules, part
        self.connection, self.operation = editor.connection, operation
        self.execute = editor.execute
        self.returns = returns or SqlReturns(editor, keeper, rules, operation, part, self._run)
        self.values = SqlValues(editor, keeper, part)

    @contextmanager
    def executing(self) -> Iterator[None]:
        """See every text that the operation executes, and no statement of ours."""
        is_own = "execute" in vars(self.editor)
        self.editor.execute = self._text
        try:
            yield
        finally:
            if is_own:
                self.editor.execute = self.execute
            else:
                del self.editor.execute

    def _run(self, statements: Any) -> None:
        for sql in statements:
            if sql:
                self.execute(sql, None)

    def _text(self, sql: Any, params: Any = ()) -> None:
        """Run a text of the operation: as it is, unless something in it is kept or comes back."""
        found = pieces(str(sql), self.connection.vendor)
        if self.returns.is_done(str(sql), params):
            return
        if params or not any(self._matters(piece) for piece in found):
            self.execute(sql, params)
            return
        for piece in found:
            self._piece(piece, params)

    def _matters(self, piece: Piece) -> bool:
        comes = piece.makes and not self.returns.is_empty
        return bool(piece.drop or piece.instead or piece.retypings or comes or self.returns.has_written(piece.sql))

    def _piece(self, piece: Piece, params: Any) -> None:
        if self.returns.is_done(piece.sql, params):
            return
        if piece.drop is not None:
            self._drop(piece, params)
            return
        with self._ours():
            if piece.makes is None or not self.returns.made(piece, piece.makes):
                with self.values.around(piece):
                    self.execute(piece.sql, params)

    def ahead(self) -> None:
        """See SqlReturns."""
        with self._ours():
            self.returns.ahead()

    def afterwards(self) -> None:
        """See SqlReturns; note what the SQL has changed in tables that it has rebuilt."""
        with self._ours():
            self.returns.afterwards()
            for one in self._rebuilt():
                note(self.editor, self.rules, one)

    def _rebuilt(self) -> list[Kept]:
        """Return the tables that this step has dropped and to which the SQL has given a successor by renaming."""
        keeper, here = self.keeper, self.returns.here()
        renamed = [name.name for piece in here for name in piece.renamed]
        if not renamed or not any(piece.drop for piece in here):
            return []
        found = kept_by_sql(self.connection, keeper.key, keeper.operation, self.part, keeper.direction)
        own = [one for one in found if one.step == keeper.step and one.kind is KeptKind.TABLE]
        return [one for one in own if any(is_same(one.table, name) for name in renamed)]

    def _drop(self, piece: Piece, params: Any) -> None:
        """Set aside what a statement drops; where it names what is not there, the database says so first."""
        drop = piece.drop
        assert drop is not None
        with self._ours():
            done = self._drop_columns(drop) if drop.columns else self._drop_tables(drop)
        if not done:
            self.execute(piece.sql, params)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        """Statements of ours are executed as they are."""
        self.editor.execute = self.execute
        try:
            yield
        finally:
            self.editor.execute = self._text

    def _drop_tables(self, drop: Drop) -> bool:
        aside = [self._on_record(KeptKind.TABLE, one) for one in drop.tables]
        names = [one.table if one else found_table(self.connection, name) for one, name in zip(aside, drop.tables, strict=True)]
        if not drop.cascades and self._is_needed({one for one in names if one}):
            return False
        wanted = [one for one in names if one and self.keeper.keeps_all(one, columns_of(self.connection, one))]
        if not wanted:
            return False
        if not drop.if_exists:
            self._run(f"DROP TABLE {_written(name, self.rules)}" for name, one in zip(drop.tables, names, strict=True) if not one)
        for table in dict.fromkeys(wanted):
            self._table_aside(table)
        self._run(f"DROP TABLE {self.rules.quoted(one)}" for one in names if one and one not in wanted)
        return True

    def _is_needed(self, tables: set[str]) -> bool:
        """Say whether the database would refuse the statement, as others refer to the tables: let it say so itself."""
        if self.rules.table_form is not Form.ASIDE or not self.connection.features.can_rollback_ddl:
            return False
        with self.connection.cursor() as cursor:
            there = tables & set(self.connection.introspection.table_names(cursor))
            keys = [key for table in sorted(there) for key in self.rules.keys(self.rules.table(cursor, table))]
            is_read = any(self.rules.views(cursor, table, "") for table in sorted(there))
        return is_read or any(not key.local and key.table not in tables for key in keys)

    def _on_record(self, kind: KeptKind, name: Name, column: str = "") -> Kept | None:
        """Return what this step has begun to keep before it was stopped: the table may be gone by now."""
        keeper = self.keeper
        said = {"step": keeper.step, "direction": keeper.direction, "operation": keeper.operation, "kind": kind}
        found = kept(self.connection, (KeptStatus.KEEPING, KeptStatus.KEPT), **said)
        same = [one for one in found if is_same(one.table, name.name) and (not column or is_same(one.column, column))]
        return same[-1] if same else None

    def _table_aside(self, table: str) -> None:
        aside, form = self.keeper.aside_name("sql", self.part, table), self.rules.table_form
        one = self.keeper.intend(KeptKind.TABLE, form, table, "", aside, lambda: self._described(table))
        if form is Form.ASIDE:
            self._run(map(self.rules.released, self.rules.keys(one.details)))
        self._run(self.rules.table_aside(table, aside, one.details))
        if one.details.get("moves", True):
            self._run(self.rules.views_aside(one.details.get("views", []), aside, is_table=True))
        if form is Form.COPY:
            with unlogged(self.keeper.rows.writing, table):
                self._run([f"DROP TABLE {self.rules.quoted(table)}"])
        self.keeper.mark(one, KeptStatus.KEPT)

    def _described(self, table: str, column: str = "") -> dict[str, Any]:
        """Read what brings a thing back; its shape says which statement of the other direction makes it."""
        with self.connection.cursor() as cursor:
            read = self.rules.column(cursor, table, column) if column else self.rules.table(cursor, table)
            wanted = self.rules.column_text(cursor, table, column) if column else ""
            views = self.rules.views(cursor, table, column)
        other = self.operation.reverse_sql if self._is_forward else self.operation.sql
        made = [piece for text in texts_of(other) for piece in pieces(text, self.connection.vendor) if piece.makes]
        same = [piece.sql for piece in made if piece.makes is not None and makes_it(piece.makes, table, column)]
        more = {} if column else {"columns": columns_of(self.connection, table), "wrote": wrote(other, self.connection.vendor)}
        return {**more, **read, "views": views, "shape": [SQL, self.part, plain(same[0]) if same else "", wanted]}

    @property
    def _is_forward(self) -> bool:
        return self.keeper.direction is Direction.FORWARD

    def _drop_columns(self, drop: Drop) -> bool:
        name = drop.tables[0]
        aside = [self._on_record(KeptKind.COLUMN, name, one.name) for one in drop.columns]
        table = next((one.table for one in aside if one), "") or found_table(self.connection, name)
        pairs = zip(aside, drop.columns, strict=True)
        columns = [one.column if one else found_column(self.connection, table, column) for one, column in pairs]
        kept = {column for column in columns if column and self.keeper.keeps(table, column)}
        if not kept or (not drop.cascades and self._is_read(table, kept)):
            return False
        own = f"ALTER TABLE {self.rules.quoted(table)} DROP COLUMN"
        if not drop.if_exists:
            missing = zip(drop.columns, columns, strict=True)
            self._run(f"{own} {_written(one, self.rules)}" for one, column in missing if not column)
        for column in dict.fromkeys(filter(None, columns)):
            if column in kept:
                self._column_aside(table, column)
            else:
                self._run([f"{own} {self.rules.quoted(column)}"])
        return True

    def _is_read(self, table: str, columns: set[str]) -> bool:
        """Say whether the database would refuse to drop columns, as views read them: let it say so itself."""
        with self.connection.cursor() as cursor:
            there = columns & set(columns_of(self.connection, table))
            return any(self.rules.views(cursor, table, column) for column in sorted(there))

    def _column_aside(self, table: str, column: str) -> None:
        aside, form, rules = self.keeper.aside_name("sql", self.part, table, column), self.rules.column_form, self.rules
        one = self.keeper.intend(KeptKind.COLUMN, form, table, column, aside, lambda: self._described(table, column))
        if form is Form.COPY:
            self._copied(one)
        else:
            self._run(map(rules.released, rules.keys(one.details)))
            self._run(rules.views_aside(one.details.get("views", []), aside, is_table=False))
            self._run(rules.column_aside(table, column, aside, one.details))
        self.keeper.mark(one, KeptStatus.KEPT)

    def _copied(self, one: Kept) -> None:
        from handrail.errors.hr517 import NoPrimaryKey

        if not one.details["key"]:
            rows = foreign_keys.count(self.connection, self.rules.quoted(one.table))
            if rows:
                raise NoPrimaryKey(table=one.table, rows=rows, what=f"the values of {one.column} cannot be kept")
        else:
            self._run(self.rules.column_aside(one.table, one.column, one.aside, one.details))
        with unlogged(self.keeper.rows.writing, one.table):
            self._run([f"ALTER TABLE {self.rules.quoted(one.table)} DROP COLUMN {self.rules.quoted(one.column)}"])
        if one.details["key"]:
            self._run(self.rules.column_after(one.table, one.aside, one.details))


def _written(name: Name, rules: KeepingRules) -> str:
    """Write a name as it was written."""
    return name.name if name.folds else rules.quoted(name.name)
