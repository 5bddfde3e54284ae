"""Keeping the tables that a schema editor drops, and bringing them back instead of making them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import ForeignKey, KeepingRules, rules_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.models import forget_deferred, run, table_of, table_shape
from handrail.execution.keeping.row_quiet import unlogged

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper


def attach_tables(editor: Any, keeper: Keeper) -> None:
    """Replace delete_model and create_model of an editor."""
    rules = rules_for(editor.connection.vendor)
    if rules is None:
        return
    tables = Tables(editor, keeper, rules)
    editor.delete_model, editor.create_model = tables.delete, tables.create
    editor._alter_many_to_many = tables.alter_many_to_many


class Tables:
    """The tables of one editor. A table is kept also when it has no rows: its numbers must not begin again.

    SQLite's editor makes and drops tables to alter them, and so do its changes of link tables: nothing is lost there.
    """

    def __init__(self, editor: Any, keeper: Keeper, rules: KeepingRules) -> None:
        """Remember the methods that are replaced."""
        self.editor, self.keeper, self.rules = editor, keeper, rules
        self.connection = editor.connection
        self._delete, self._create = editor.delete_model, editor.create_model
        self._alter_many_to_many = editor._alter_many_to_many
        self._moves_rows = False

    def alter_many_to_many(self, *arguments: Any, **options: Any) -> None:
        """Let Django move the rows of a link table."""
        self._moves_rows = True
        try:
            self._alter_many_to_many(*arguments, **options)
        finally:
            self._moves_rows = False

    def delete(self, model: Any, handle_autom2m: bool = True) -> None:
        """Keep a table and its link tables, as delete_model would drop them."""
        table = table_of(self.editor.connection, model)
        columns = [field.column for field in model._meta.local_concrete_fields if field.column]
        if self._moves_rows or not handle_autom2m or not self.keeper.keeps_all(table, columns):
            self._delete(model, **({} if handle_autom2m else {"handle_autom2m": False}))
            return
        for through in _link_tables(model):
            self.editor.delete_model(through)
        aside = self.keeper.aside_name("table", table)
        form = self.rules.table_form
        one = self.keeper.intend(KeptKind.TABLE, form, table, "", aside, lambda: self._describe(table, model))
        if form is Form.ASIDE:
            run(self.editor, map(self.rules.released, self.rules.keys(one.details)))
        run(self.editor, self.rules.table_aside(table, aside, one.details))
        if form is Form.COPY:
            with unlogged(self.keeper.rows.writing, table):
                self._delete(model, handle_autom2m=False)
        else:
            forget_deferred(self.editor, table)
        self.keeper.mark(one, KeptStatus.KEPT)

    def _describe(self, table: str, model: Any) -> dict[str, Any]:
        with self.connection.cursor() as cursor:
            found = self.rules.table(cursor, table)
        return {**found, "shape": table_shape(model, self.editor)}

    def create(self, model: Any) -> None:
        """Bring a table back if this migration kept it, else make it as create_model does. Raises RestoreConflict."""
        one = None if self._moves_rows else self._restorable(model)
        if one is None:
            self._create(model)
            return
        if not self.keeper.is_resumed(one):
            self._check(one)
            self.keeper.mark(one, KeptStatus.RESTORING)
        keys = self.rules.keys(one.details)
        run(self.editor, self.rules.table_back(one.table, one.aside, one.details))
        if one.form is Form.COPY:
            keys = self._known(keys, one.table)
            with self.connection.cursor() as cursor:
                run(self.editor, self.rules.dangling(cursor))
        run(self.editor, foreign_keys.again(self.rules, keys))
        self.keeper.mark(one, KeptStatus.RESTORED)
        for through in _link_tables(model):
            self.editor.create_model(through)

    def _restorable(self, model: Any) -> Kept | None:
        one = self.keeper.restorable(self.rules.table_form, table_of(self.editor.connection, model))
        if one is None or table_shape(model, self.editor) == one.details["shape"]:
            return one
        self.keeper.keeping.said(
            f"{one.table} is made anew, as its model was changed in the migration: what is kept of it stays kept"
        )
        return None

    def _check(self, one: Kept) -> None:
        """Refuse before the first statement what would fail at a later one."""
        place = self.rules.place(one.table, one.aside, one.details)
        for key in self._known(self.rules.keys(one.details), one.table):
            target = place if key.target == one.table else key.target
            source = self.rules.lost(key._replace(target=target), table=place if key.local else "")
            foreign_keys.check(self.connection, self.keeper, key, source)

    def _known(self, keys: list[ForeignKey], table: str) -> list[ForeignKey]:
        """Return the foreign keys whose other table is there: one of a cycle can be of a table that comes back after this one."""
        there = {name.lower() for name in (*self.connection.introspection.table_names(), table)}
        return [key for key in keys if (key.target if key.local else key.table).lower() in there]


def _link_tables(model: Any) -> list[Any]:
    fields = model._meta.local_many_to_many
    return [field.remote_field.through for field in fields if field.remote_field.through._meta.auto_created]
