"""Bringing back the values that an alteration changed, when it is reversed: where the rows are still as it left them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from handrail.databases.values.base import BECAME, OTHERS, VERDICT, WAS, ValueRules, keys_of
from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import ChangedRows, Form, Kept, KeptStatus
from handrail.errors.hr602 import RestoreConflict
from handrail.execution.alterations import type_of
from handrail.execution.keeping._value_copies import rows_of, side_of
from handrail.execution.keeping.models import table_of
from handrail.execution.probes.narrowing import EXAMPLES, written

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper

DIGEST = 8
"""Characters of the digest of one column (ValueRules.digest)."""
BACK, CHANGED, REUSED, EITHER = "back", "changed", "reused", "either"
"""What becomes of a kept value: it comes back; the row has another one now; the key is another row's now; one of these two."""
SAID = {
    CHANGED: ("was changed since and stays as it is", "were changed since and stay as they are"),
    EITHER: (
        "was changed since in all other columns, or is another one now, and stays as it is",
        "were changed since in all other columns, or are other ones now, and stay as they are",
    ),
    REUSED: ("is another one now and stays as it is", "are other ones now and stay as they are"),
}
LONGEST = 40
"""How much of a value is shown."""


def returning(editor: Any, keeper: Keeper, rules: ValueRules, model: Any, old_field: Any, new_field: Any) -> Return | None:
    """Return what brings values back when an alteration is the reverse of one that kept some; None where nothing is kept.

    Where the fields are not those of then, the file was edited since, and nothing is guessed.
    """
    if new_field.column is None or old_field.column is None:
        return None
    one = keeper.restorable(Form.CHANGES, table_of(editor.connection, model), new_field.column)
    if one is None or one.operation != keeper.operation or one.details["now"] != old_field.column:
        return None
    types = type_of(new_field, editor.connection), type_of(old_field, editor.connection)
    if types != (one.details["old"], one.details["new"]):
        then = f"{one.details['old']} -> {one.details['new']}"
        keeper.keeping.said(f"{one.table}.{one.column}: what was kept under {then} stays aside: the field is another one now")
        return None
    target = Target(
        column=old_field.column,
        now=new_field.column,
        is_unique=bool(new_field.unique),
        is_key=bool(new_field.remote_field),
        columns=frozenset(field.column for field in model._meta.local_concrete_fields),
    )
    return Return(editor, keeper, rules, one, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The column that values come back to. column, now: its name before and after the alteration that goes on now.

    is_unique, is_key: whether its values are, and whether they point to rows. columns: of the table.
    """

    column: str
    now: str
    is_unique: bool
    is_key: bool
    columns: frozenset[str]


class Return:
    """One side table, on its way back."""

    def __init__(self, editor: Any, keeper: Keeper, rules: ValueRules, one: Kept, target: Target) -> None:
        """Reach nothing yet."""
        self.editor, self.keeper, self.rules, self.one = editor, keeper, rules, one
        self.connection, self.policy = editor.connection, keeper.keeping.undo.changed_rows
        self.side, self.name = side_of(one), rules.quoted(one.aside)
        self.column, self.now = rules.quoted(target.column), rules.quoted(target.now)
        self.is_unique, self.is_key = target.is_unique, target.is_key
        self.type, self.columns = one.details["new"], target.columns

    def check(self) -> None:
        """Raise RestoreConflict where rows were changed since and nothing is to be done then."""
        if self.keeper.is_resumed(self.one) or self.policy is not ChangedRows.STOP:
            return
        differs = f"{self._verdict} <> '{BACK}'"
        table = self.rules.quoted(self.side.table)
        joined = f"FROM {table} AS t JOIN {self.name} AS s ON {self.rules.on(self.side)} WHERE {differs}"
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) {joined}", None)
            (rows,) = cursor.fetchone()
        if rows:
            notes = [f"{self.one.column}: {text}" for text in self._examples(differs, self.column)]
            help = "say what becomes of them: --changed-rows=keep or --changed-rows=restore"
            raise RestoreConflict(rows=rows, table=self.one.table, what="changed since", notes=notes, help=help)

    @property
    def _verdict(self) -> str:
        """A row is another one if none of its other columns, as far as they are still there, is as it was, nor its value; one
        column that is other is no sign of that. With its value as it was left, either can be.
        """
        same = self.rules.same(f"t.{self.column}", f"s.{BECAME}", self.type)
        others = [
            f"substr(s.{OTHERS}, {DIGEST * at + 1}, {DIGEST}) = {self.rules.digest(f't.{self.rules.quoted(name)}')}"
            for at, name in enumerate(self.one.details["others"])
            if name in self.columns
        ]
        none = f"NOT ({' OR '.join(others)})"
        either = f"WHEN {none} AND {same} THEN '{EITHER}' " if others else ""
        other = f"{either}WHEN {none} THEN '{REUSED}' " if len(others) > 1 else either
        return f"CASE {other}WHEN {same} THEN '{BACK}' ELSE '{CHANGED}' END"

    @property
    def _wanted(self) -> str:
        verdicts = (BACK, CHANGED, EITHER) if self.policy is ChangedRows.RESTORE else (BACK,)
        return ", ".join(f"'{one}'" for one in verdicts)

    def begin(self) -> None:
        """Decide about each row, before the alteration changes what it has now."""
        self.keeper.mark(self.one, KeptStatus.RESTORING)
        self.editor.execute(self.rules.update(self.side, "s", VERDICT, self._verdict, "1 = 1"), None)

    def finish(self) -> None:
        """Put the values back, say what stays, and keep that.

        A unique value cannot be taken: whatever is in the column now has come through the other type, which a kept value cannot.
        """
        execute = self.editor.execute
        execute(self.rules.update(self.side, "t", self.now, f"s.{WAS}", f"s.{VERDICT} IN ({self._wanted})"), None)
        if self.is_unique or self.is_key:
            for sql in self.rules.settle():
                execute(sql, None)
        execute(f"DELETE FROM {self.name} WHERE {VERDICT} IS NULL OR {VERDICT} IN ({self._wanted})", None)
        left = rows_of(self.connection, self.one.aside)
        if left:
            self._report()
            self.keeper.mark(self.one, KeptStatus.KEPT, rows=left)
            return
        execute(f"DROP TABLE {self.name}", None)
        self.keeper.mark(self.one, KeptStatus.RESTORED)

    def _report(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {VERDICT}, COUNT(*) FROM {self.name} GROUP BY {VERDICT} ORDER BY {VERDICT}")
            counted = cursor.fetchall()
        for verdict, rows in counted:
            shown = "; ".join(self._examples(f"s.{VERDICT} = '{verdict}'", self.now))
            noun, verb = ("row", SAID[verdict][0]) if rows == 1 else ("rows", SAID[verdict][1])
            self.keeper.keeping.said(f"{self.one.table}.{self.one.column}: {rows} {noun} {verb} ({shown})")

    def _examples(self, where: str, column: str) -> list[str]:
        keys = [f"s.{name}" for name in keys_of(len(self.side.keys))]
        table = self.rules.quoted(self.side.table)
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(keys)}, s.{WAS}, s.{BECAME}, t.{column} FROM {self.name} AS s"
                f" JOIN {table} AS t ON {self.rules.on(self.side)} WHERE {where} ORDER BY {', '.join(keys)} LIMIT {EXAMPLES}",
                None,
            )
            return [three_way(row[:-3], row[-3:]) for row in cursor.fetchall()]


def three_way(key: Sequence[Any], values: Sequence[Any]) -> str:
    """Write a row's value before the alteration, after it, and now."""
    before, after, now = (_short(value) for value in values)
    return f"{written(tuple(key))}: before {before}, after {after}, now {now}"


def _short(value: Any) -> str:
    number = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
    text = "NULL" if value is None else repr(value) if isinstance(value, str | bytes) else number
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
