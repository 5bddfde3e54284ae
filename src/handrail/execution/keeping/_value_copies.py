"""The copy of the values that an alteration changes: made before it, and completed after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.databases.values.base import BACK, BECAME, FITS, OTHERS, WAS, Side, keys_of
from handrail.execution.alterations import UNKNOWN, Alteration
from handrail.execution.probes.narrowing import How, copied, misfits, prepare

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.kept import Kept

_PARAMETER = "hrk_parameter"


class Copy:
    """One side table in the making."""

    def __init__(self, *, editor: Any, found: Alteration, one: Kept, old_field: Any, new_field: Any) -> None:
        """one: what is on record of it."""
        self.editor, self.found, self.one = editor, found, one
        self.connection, self.rules = editor.connection, found.rules
        self.old_field, self.new_field = old_field, new_field
        self.side, self.how = side_of(one), How(one.details["how"])
        self.name = self.rules.quoted(one.aside)

    def begin(self) -> None:
        """Copy, and make what does not fit fit. On a database with others who write, what each value becomes is computed here."""
        prepare(self.connection, self.found, self.how)
        for sql in self.rules.create(self.side):
            self.editor.execute(sql, None)
        self.editor.execute(self._insert(), None)
        if self.rules.copies_first:
            self._compute()
        if self.one.details["misfits"]:
            self._replace()
        if self.found.by_database is False and self.found.fills and self.new_field.has_db_default():
            self._fill()

    def _insert(self) -> str:
        column, keys = self.rules.quoted(self.found.column), [self.rules.quoted(name) for name in self.side.keys]
        digests = [self.rules.digest(self.rules.quoted(name)) for name in self.one.details["others"]]
        wrong, becomes = misfits(self.found, self.how), self.rules.becomes(column, self.found.new)
        values = {
            **dict(zip(keys_of(len(keys)), keys, strict=True)),
            WAS: column,
            OTHERS: self.rules.joined(digests),
            FITS: f"CASE WHEN {wrong} THEN 0 ELSE 1 END" if wrong else "1",
            **({BECAME: becomes} if becomes else {}),
        }
        table = self.rules.quoted(self.found.table)
        condition = copied(self.found, self.how)
        return f"INSERT INTO {self.name} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {table} WHERE {condition}"

    def _compute(self) -> None:
        """Assign there and back, as ALTER TABLE does, and leave what comes back the same; what is lost on the way is no error."""
        lenient, value_there = "UPDATE IGNORE", f"WHERE {FITS} = 1 AND {WAS} IS NOT NULL"
        self.editor.execute(f"{lenient} {self.name} SET {BECAME} = {WAS} {value_there}", None)
        self.editor.execute(f"{lenient} {self.name} SET {BACK} = {BECAME} {value_there}", None)
        same = self.rules.same(BACK, WAS, self.found.old)
        self.editor.execute(f"DELETE FROM {self.name} {value_there} AND {same}", None)
        if self.found.fills and self.found.value is not UNKNOWN:
            prepared = self.new_field.get_db_prep_save(self.found.value, self.connection)
            self._with(f"UPDATE {self.name} SET {BECAME} = {_PARAMETER} WHERE {WAS} IS NULL", prepared)

    def _replace(self) -> None:
        """Cut what does not fit, or put something in its place: that it is lost here was agreed to, and it is in the copy."""
        column = self.rules.quoted(self.found.column)
        cut = self.rules.cut(f"t.{column}", self.found.old, self.found.new)
        update = self.rules.update(self.side, "t", column, cut or _PARAMETER, f"s.{FITS} = 0")
        if cut:
            self.editor.execute(update, None)
            return
        value = self.found.replacement
        self._with(update, None if value is None else self.old_field.get_db_prep_save(value, self.connection))

    def _fill(self) -> None:
        """Put the value in that was asked for where the database would put its own default."""
        column = self.rules.quoted(self.found.column)
        value = self.old_field.get_db_prep_save(self.found.value, self.connection)
        table = self.rules.quoted(self.found.table)
        self._with(f"UPDATE {table} SET {column} = {_PARAMETER} WHERE {column} IS NULL", value)

    def _with(self, sql: str, value: Any) -> None:
        self.editor.execute(sql.replace("%", "%%").replace(_PARAMETER, "%s"), [value])

    def convert(self) -> None:
        """Write what values become, where the database leaves them as they were."""
        if self.rules.becomes("x", self.found.new):
            column = self.rules.quoted(self.found.now)
            where = f"s.{FITS} = 1 AND s.{WAS} IS NOT NULL"
            self.editor.execute(self.rules.update(self.side, "t", column, f"s.{BECAME}", where), None)

    def finish(self) -> None:
        """Note what the values are now: all, or those alone that the copy could not know."""
        column = self.rules.quoted(self.found.now)
        unknown = f"s.{FITS} = 0 OR s.{BECAME} IS NULL" if self.rules.copies_first else "1 = 1"
        self.editor.execute(self.rules.update(self.side, "s", BECAME, f"t.{column}", unknown), None)


def side_of(one: Kept) -> Side:
    """Return the side table of what is kept."""
    details = one.details
    return Side(one.aside, one.table, tuple(details["keys"]), one.column, details["old"], details["new"], details["types"])


def rows_of(connection: BaseDatabaseWrapper, aside: str) -> int:
    """Count the rows of a side table; 0 where it was dropped already."""
    with connection.cursor() as cursor:
        if aside not in connection.introspection.table_names(cursor):
            return 0
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(aside)}")
        return int(cursor.fetchone()[0])
