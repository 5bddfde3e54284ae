"""Keeping the columns that a schema editor drops, and bringing them back instead of making them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import ForeignKey, KeepingRules, rules_for
from handrail.databases.values.base import rules_for as values_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.errors.hr503 import NoValue
from handrail.errors.hr517 import NoPrimaryKey
from handrail.execution.alterations import with_default
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.models import fits, forget_deferred, has_values, literal, run, shape, table_of
from handrail.execution.keeping.row_quiet import unlogged

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper


def attach_columns(editor: Any, keeper: Keeper) -> None:
    """Replace remove_field and add_field of an editor."""
    rules = rules_for(editor.connection.vendor)
    if rules is None:
        return
    columns = Columns(editor, keeper, rules)
    editor.remove_field, editor.add_field = columns.remove, columns.add


class Columns:
    """The columns of one editor. What has no values of its own (a generated column, a link table) goes Django's way.

    Django's methods call each other on the editor, so the link table of a many-to-many field is kept as a table.
    """

    def __init__(self, editor: Any, keeper: Keeper, rules: KeepingRules) -> None:
        """Remember the methods that are replaced."""
        self.editor, self.keeper, self.rules = editor, keeper, rules
        self.connection = editor.connection
        self._remove, self._add = editor.remove_field, editor.add_field

    def remove(self, model: Any, field: Any) -> None:
        """Keep a column, as remove_field would drop it. Raises NoPrimaryKey."""
        table = table_of(self.editor.connection, model)
        if not has_values(field) or not self.keeper.keeps(table, field.column):
            self._remove(model, field)
            return
        aside = self.keeper.aside_name("column", table, field.column)
        form = self.rules.column_form
        if self._needs_nothing(table, field):
            one = self.keeper.intend(KeptKind.COLUMN, form, table, field.column, aside, dict)
            self._remove(model, field)
            self.keeper.mark(one, KeptStatus.PURGED, rows=0)
            return
        one = self.keeper.intend(KeptKind.COLUMN, form, table, field.column, aside, lambda: self._describe(table, field))
        if form is Form.COPY:
            self._copied(one, model, field)
        else:
            for key in self.rules.keys(one.details):
                run(self.editor, [self.rules.released(key)])
            run(self.editor, self.rules.column_aside(table, field.column, aside, one.details))
            forget_deferred(self.editor, table, field.column)
        self.keeper.mark(one, KeptStatus.KEPT)

    def _needs_nothing(self, table: str, field: Any) -> bool:
        """Say whether a column can go as Django drops it: the run began with nothing, no row is there, and it is no key.

        Where a step is several transactions it is kept nevertheless, as a step that is stopped is taken back by what is aside; so
        is what code drops, which may do anything before and after. Tables are kept too, and keys: with multi-table inheritance
        they do not always come back by Django's own reverse as they had been.
        """
        is_key = field.primary_key or field.remote_field
        if is_key or self.keeper.is_code or not (self.keeper.keeping.from_nothing and self.connection.in_atomic_block):
            return False
        values = values_for(self.connection.vendor)
        run(self.editor, values.lock(table) if values is not None else [])
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self.rules.quoted(table)} LIMIT 1")
            return cursor.fetchone() is None

    def _describe(self, table: str, field: Any) -> dict[str, Any]:
        with self.connection.cursor() as cursor:
            found = self.rules.column(cursor, table, field.column)
        value = self._constant(field)
        fills = {} if value is None else self.rules.filled(found, value)
        return {**found, **fills, "shape": shape(field, self.editor)}

    def _constant(self, field: Any) -> str | None:
        """Return what new rows would get whenever they are made, as a literal; None where nothing says it, or nothing usable."""
        from django.core.exceptions import ValidationError

        if field.null or (field.has_default() and callable(field.default)):
            return None
        try:
            value = self.editor.effective_default(field)
        except (TypeError, ValueError, ValidationError):  # it is no value of the field, and nobody needs it here
            return None
        return None if value is None else literal(self.editor, value)

    def _copied(self, one: Kept, model: Any, field: Any) -> None:
        if not one.details["key"]:
            rows = foreign_keys.count(self.connection, self.rules.quoted(one.table))
            if rows:
                raise NoPrimaryKey(table=one.table, rows=rows, what=f"the values of {one.column} cannot be kept")
            self._remove(model, field)
            return
        run(self.editor, self.rules.column_aside(one.table, one.column, one.aside, one.details))
        with unlogged(self.keeper.rows.writing, one.table):
            self._remove(model, field)
        run(self.editor, self.rules.column_after(one.table, one.aside, one.details))

    def add(self, model: Any, field: Any) -> None:
        """Bring a column back if this migration kept it, else make it as add_field does. Raises NoValue, RestoreConflict."""
        one = self._restorable(model, field)
        if one is None:
            self._add(model, self._with_said(model, field))
            return
        filling = self._filling(one, field)
        if not self.keeper.is_resumed(one):
            self._check(one, field, filling)
            self.keeper.mark(one, KeptStatus.RESTORING)
        if one.form is Form.COPY:
            self._from_copy(one, model, field, filling)
        else:
            self._from_aside(one, filling, "DEFAULT" if field.has_db_default() else "NULL" if field.null else "")
        self.keeper.mark(one, KeptStatus.RESTORED)

    def _restorable(self, model: Any, field: Any) -> Kept | None:
        if not has_values(field):
            return None
        table = table_of(self.editor.connection, model)
        one = self.keeper.restorable(self.rules.column_form, table, field.column)
        if one is None:
            return None
        if one.form is Form.COPY and not one.details["key"]:
            self.keeper.mark(one, KeptStatus.RESTORED)
            return None
        wanted, was = shape(field, self.editor), one.details["shape"]
        if not fits(was, wanted, is_same_file=lambda: self._is_same_file(one)):
            name = f"{table}.{field.column}"
            self.keeper.keeping.said(
                f"{name} is made anew, as it was {was[0]} and is to be {wanted[0]}: what is kept of it stays kept"
            )
            return None
        return one

    def _is_same_file(self, one: Kept) -> bool:
        """Say whether the migration has the text now that it had when it kept a column."""
        from handrail.sources.journal_models import StepRow

        steps = StepRow.objects.using(self.connection.alias).filter(id__in=(one.step, self.keeper.step))
        digests = set(steps.values_list("digest", flat=True))
        return len(digests) == 1 and "" not in digests

    def _with_said(self, model: Any, field: Any) -> Any:
        """Return a field that gives the rows what was said that they get, where a column comes back of which nothing is kept."""
        said = self.keeper.keeping.undo.fill.get(f"{table_of(self.connection, model)}.{field.column}")
        return field if said is None or field.null else with_default(field, field.to_python(said))

    def _filling(self, one: Kept, field: Any) -> str | None:
        """Return what rows get that came since, as a literal; None where nothing says it.

        Rows get NULL where that is allowed, as nothing tells them from those that had NULL.
        """
        if field.null:
            return None
        said = self.keeper.keeping.undo.fill.get(f"{one.table}.{one.column}")
        if said is not None:
            value = field.get_db_prep_save(field.to_python(said), self.connection)
        else:
            value = self.editor.effective_default(field)
        return None if value is None else literal(self.editor, value)

    def _check(self, one: Kept, field: Any, filling: str | None) -> None:
        """Refuse before the first statement what would fail at a later one."""
        rules, details = self.rules, one.details
        since = rules.since(one.table, one.column, one.aside, details, back=False)
        if since and not field.null and not field.has_db_default() and (filling is None or field.unique):
            without = self._without(one, since) if filling is None else self._counted(one, since)
            if without > (filling is not None):
                raise NoValue(table=one.table, column=one.column, rows=without, is_unique=field.unique and without > 1)
        for key in rules.keys(details):
            if one.form is Form.COPY:
                rows = rules.lost_of_copy(key, one.aside, details)
            else:
                rows = rules.lost(as_aside(key, one), without=since)
            foreign_keys.check(self.connection, self.keeper, key, rows)

    def _counted(self, one: Kept, since: str) -> int:
        return foreign_keys.count(self.connection, f"{self.rules.quoted(one.table)} WHERE {since}")

    def _without(self, one: Kept, since: str) -> int:
        """Count the rows without a value, but where none of the newest is one: all of them are looked at once it came back."""
        with self.connection.cursor() as cursor:
            newest = self.rules.newest(cursor, one.table, one.aside, one.details)
        if newest and not foreign_keys.count(self.connection, f"{newest} WHERE {since}"):
            return 0
        return self._counted(one, since)

    def _has_come(self, one: Kept, since: str) -> bool:
        """Say whether rows have come since; looking for one is several times as fast as an UPDATE that finds none."""
        source = f"(SELECT 1 AS one FROM {self.rules.quoted(one.table)} WHERE {since} LIMIT 1) found"
        ask = getattr(self.editor, "ask", None)
        if ask is None:
            return foreign_keys.count(self.connection, source) > 0
        return bool(ask("rows since", [one.aside], lambda: foreign_keys.count(self.connection, source)))

    def _from_aside(self, one: Kept, filling: str | None, nothing: str = "NULL") -> None:
        """Raise NoValue where rows are found now that need a value: they came meanwhile, or were not among the newest.

        nothing: what rows get where filling says nothing; "" where nothing can be said.
        """
        rules, details = self.rules, one.details
        place = (one.table, one.column, one.aside, details)
        run(self.editor, rules.column_back(*place))
        since = rules.since(*place, back=True)
        if since and filling != details.get("fills", "") and self._has_come(one, since):
            if not (filling or nothing):
                raise NoValue(table=one.table, column=one.column, rows=self._counted(one, since))
            table, column = rules.quoted(one.table), rules.quoted(one.column)
            run(self.editor, [rules.written(f"UPDATE {table} SET {column} = {filling or nothing} WHERE {since}")])
        run(self.editor, rules.column_again(*place))
        run(self.editor, foreign_keys.again(rules, rules.keys(details)))

    def _from_copy(self, one: Kept, model: Any, field: Any, filling: str | None) -> None:
        """Let Django make the column where NULL is allowed; else make it so, and let the table be rebuilt as it has to be."""
        rules, details = self.rules, one.details
        place = (one.table, one.column, one.aside, details)
        if field.null and self.editor.effective_default(field) is None and not field.has_db_default():
            self._add(model, self._with_said(model, field))
            run(self.editor, rules.column_back(*place))
            run(self.editor, foreign_keys.again(rules, rules.keys(details)))
        else:
            self._rebuilt(one, model, field, filling)
        run(self.editor, rules.column_again(*place))

    def _rebuilt(self, one: Kept, model: Any, field: Any, filling: str | None) -> None:
        rules = self.rules
        place = (one.table, one.column, one.aside, one.details)
        table, column = rules.quoted(one.table), rules.quoted(one.column)
        loose = field.clone()
        loose.set_attributes_from_name(field.name)
        loose.null, loose.column = True, field.column
        run(self.editor, [f"ALTER TABLE {table} ADD COLUMN {column} {one.details['shape'][0]} NULL"])
        run(self.editor, rules.column_back(*place))
        if filling is not None:
            run(self.editor, [f"UPDATE {table} SET {column} = {filling} WHERE {rules.since(*place, back=True)}"])
        run(self.editor, foreign_keys.again(rules, rules.keys(one.details)))
        self.editor._remake_table(model, alter_fields=[(loose, field)])


def as_aside(key: ForeignKey, one: Kept) -> ForeignKey:
    """Return a foreign key as its columns are called while one of them is aside."""
    own = [one.aside if key.local and name == one.column else name for name in key.columns]
    there = [one.aside if key.target == one.table and name == one.column else name for name in key.target_columns]
    return key._replace(columns=own, target_columns=there)
