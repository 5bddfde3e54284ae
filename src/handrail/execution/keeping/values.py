"""Keeping the values that an alteration changes, and bringing them back when it is reversed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.values.base import ValueRules, rules_for
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.execution.alterations import UNKNOWN, Alteration, alteration_of, in_the_way, with_default
from handrail.execution.keeping._value_copies import Copy, rows_of
from handrail.execution.keeping._value_returns import Return, returning
from handrail.execution.probes.narrowing import Checked, How, check
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.keeper import Keeper

EVER = (KeptStatus.KEEPING, KeptStatus.KEPT, KeptStatus.PURGED)
"""How what this step has meant to keep can stand: purged where no value changed."""


def attach_values(editor: Any, keeper: Keeper) -> None:
    """Replace alter_field of an editor."""
    rules = rules_for(editor.connection.vendor)
    if rules is not None:
        editor.alter_field = Values(editor, keeper, rules).alter


class Values:
    """The altered columns of one editor.

    A step that was stopped and is replayed writes the same statements, so all that was read before them is on record
    (Kept.details), also that there was nothing to keep.
    """

    def __init__(self, editor: Any, keeper: Keeper, rules: ValueRules) -> None:
        """Remember the method that is replaced."""
        self.editor, self.keeper, self.rules = editor, keeper, rules
        self.connection = editor.connection
        self._alter = editor.alter_field

    def alter(self, model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        """Alter as alter_field does. Raises Narrows, RestoreConflict; nothing of this alteration is done then."""
        found = alteration_of(self.connection, model, old_field, new_field, self.keeper.keeping.undo.fill)
        back = returning(self.editor, self.keeper, self.rules, model, old_field, new_field)
        if found is None and back is None:
            self._alter(model, old_field, new_field, strict)
            return
        if back is not None:
            back.check()
        with strictly(self.connection, self.rules):
            copy = self._copied(found, old_field, new_field) if found is not None else None
            self._altered(copy, back, model, old_field, self._filling(found, new_field), strict)

    def _altered(self, copy: Copy | None, back: Return | None, model: Any, old_field: Any, new_field: Any, strict: bool) -> None:
        if back is not None:
            back.begin()
        self._alter(model, old_field, new_field, strict)
        if copy is not None:
            copy.convert()
        if back is not None:
            back.finish()
        if copy is not None:
            copy.finish()
            self._mark(copy)

    def _copied(self, found: Alteration, old_field: Any, new_field: Any) -> Copy | None:
        """Copy what changes, and make what does not fit fit, where that is agreed to. None: nothing is copied."""
        one = self._intended(found)
        if not one.details["copies"]:
            self.keeper.mark(one, KeptStatus.PURGED, rows=one.details["changes"])
            return None
        copy = Copy(editor=self.editor, found=found, one=one, old_field=old_field, new_field=new_field)
        copy.begin()
        return copy

    def _intended(self, found: Alteration) -> Kept:
        """Return what is on record of this alteration, else look at the values and write it down. Raises Narrows.

        That nothing changes is on record too: a look at another moment, when the step is replayed, might see something else, and
        what is kept from an earlier time must not be taken for this one's.
        """
        aside = self.keeper.aside_name("values", found.table, found.column)
        said = {"step": self.keeper.step, "direction": self.keeper.direction, "operation": self.keeper.operation, "aside": aside}
        known = kept(self.connection, EVER, **said)
        if known:
            return known[-1]
        for sql in self.rules.lock(found.table):
            self.editor.execute(sql, None)
        checked = check(self.connection, found)
        refuse(found, checked, accept_loss=self.keeper.keeping.undo.accept_loss)
        details = {
            **self._described(found, checked.how),
            "copies": not found.is_key and self._is_needed(found, checked),
            "misfits": bool(checked.narrowing.misfits),
            "changes": checked.narrowing.changes,
        }
        return self.keeper.intend(KeptKind.COLUMN, Form.CHANGES, found.table, found.column, aside, lambda: details)

    def _is_needed(self, found: Alteration, checked: Checked) -> bool:
        """What does not fit is replaced by what the copy says, so it is made for that also where nothing is kept."""
        if checked.narrowing.misfits:
            return True
        return checked.narrowing.changes != 0 and self.keeper.keeps(found.table, found.column)

    def _described(self, found: Alteration, how: How) -> dict[str, Any]:
        with self.connection.cursor() as cursor:
            types = self.rules.columns(cursor, found.table, [*found.keys, found.column])
        return {
            "keys": list(found.keys),
            "others": list(found.others),
            "now": found.now,
            "old": found.old,
            "new": found.new,
            "how": how,
            "types": types,
        }

    def _filling(self, found: Alteration | None, new_field: Any) -> Any:
        """Let Django's own statements fill NULLs with the one value that is written down."""
        if found is None or not found.fills or found.value is UNKNOWN or found.by_database:
            return new_field
        return with_default(new_field, found.value)

    def _mark(self, copy: Copy) -> None:
        """Keep what changed; nothing stays of a copy in which nothing is left, or which nobody wants.

        How many rows there are is on record before the copy is dropped, for a step that is replayed.
        """
        rows = copy.one.rows if copy.one.rows is not None else rows_of(self.connection, copy.one.aside)
        if rows and self.keeper.keeps(copy.one.table, copy.one.column):
            self.keeper.mark(copy.one, KeptStatus.KEPT, rows=rows)
            return
        self.keeper.mark(copy.one, KeptStatus.KEEPING, rows=rows)
        self.editor.execute(f"DROP TABLE {self.rules.quoted(copy.one.aside)}", None)
        self.keeper.mark(copy.one, KeptStatus.PURGED)


@contextmanager
def strictly(connection: BaseDatabaseWrapper, rules: ValueRules) -> Iterator[None]:
    """Let the session refuse what does not fit; not on record, as a session that replays needs it too."""
    statement, asking = rules.strict()
    if not statement:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(asking)
        (before,) = cursor.fetchone()
        cursor.execute(statement)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION sql_mode = %s", [before])


def refuse(found: Alteration, checked: Checked, *, accept_loss: bool) -> None:
    """Raise Narrows where values are in the way."""
    refusal = in_the_way(found, checked.narrowing, accept_loss=accept_loss)
    if refusal is not None:
        raise refusal
