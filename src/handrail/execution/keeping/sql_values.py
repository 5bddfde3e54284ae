"""Keeping the values that SQL changes when it gives a column another type, and bringing them back where that is reversed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from handrail.databases.values.base import ValueRules, rules_for
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.errors.hr517 import NoPrimaryKey
from handrail.execution.alterations import UNKNOWN, Alteration
from handrail.execution.keeping._value_copies import Copy, rows_of
from handrail.execution.keeping._value_returns import Return, Target
from handrail.execution.keeping.row_quiet import quietly
from handrail.execution.keeping.sql_names import columns_of, found_column, found_table
from handrail.execution.keeping.sql_text import Name, Piece
from handrail.execution.keeping.values import EVER, refuse, strictly
from handrail.execution.probes.narrowing import How, check
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.keeper import Keeper
    from handrail.execution.keeping.sql_clauses import Retyping

_TYPE = {
    "postgresql": "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
    "mysql": "SELECT column_type FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
}
"""The type of a column as it is written (PostgreSQL 18 manual, 9.27.4; MySQL 8.0 manual, 28.3.8). SQLite alters none."""


class Means(Enum):
    """What the author said of how values change. nothing: the database knows. cast: to cast them. other: an expression."""

    NOTHING = auto()
    CAST = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A column whose type a statement changes, as the database has it now."""

    alteration: Alteration
    means: Means


class SqlValues:
    """The columns to which the SQL of one operation gives other types."""

    def __init__(self, editor: Any, keeper: Keeper, part: str) -> None:
        """Reach nothing yet."""
        self.editor, self.keeper, self.part = editor, keeper, part
        self.connection = editor.connection
        self.rules = rules_for(self.connection.vendor)

    @contextmanager
    def around(self, piece: Piece) -> Iterator[None]:
        """Keep what the statement in the block changes, and bring back what the other direction has changed.

        Raises Narrows, NoPrimaryKey, RestoreConflict; nothing of the statement is done then.
        """
        if self.rules is None or piece.table is None:
            yield
            return
        with strictly(self.connection, self.rules), ExitStack() as stack:
            for retyping in piece.retypings:
                stack.enter_context(self._one(self.rules, piece.table, retyping))
            yield

    @contextmanager
    def _one(self, rules: ValueRules, table: Name, retyping: Retyping) -> Iterator[None]:
        aside = self.keeper.aside_name("sql values", self.part, table.name, retyping.name, retyping.type)
        back = self._returning(rules, table, retyping)
        if back is not None:
            back.check()
        copy = self._copied(rules, table, retyping, aside)
        with quietly(self.keeper.rows.writing):
            if copy is not None:
                copy.begin()
            if back is not None:
                back.begin()
        yield
        with quietly(self.keeper.rows.writing):
            if copy is not None:
                copy.convert()
            if back is not None:
                back.finish()
            if copy is not None:
                copy.finish()
                self._mark(rules, copy)

    def _copied(self, rules: ValueRules, table: Name, retyping: Retyping, aside: str) -> Copy | None:
        """Return what copies the values that change; None where none does, or they must not be kept."""
        one = self._on_record(aside)
        found = _of_record(rules, one) if one is not None else None
        if one is None:
            read = look(self.connection, table, retyping)
            if read is None or not read.alteration.casts:
                return None
            found, one = read.alteration, self._intended(read, aside)
        if found is None or one is None or not one.details["copies"]:
            return None
        return Copy(editor=self.editor, found=found, one=one, old_field=None, new_field=None)

    def _on_record(self, aside: str) -> Kept | None:
        keeper = self.keeper
        said = {"step": keeper.step, "direction": keeper.direction, "operation": keeper.operation, "aside": aside}
        known = kept(self.connection, EVER, **said)
        return known[-1] if known else None

    def _intended(self, read: Found, aside: str) -> Kept | None:
        """Look at the values and write down what is copied. Raises Narrows where some do not fit, NoPrimaryKey."""
        found, keeper = read.alteration, self.keeper
        wanted = keeper.keeps(found.table, found.column)
        if not found.keys:
            self._refuse_without_key(found, wanted=wanted)
            return None
        for sql in found.rules.lock(found.table):
            self.editor.execute(sql, None)
        how, changes, misfits = self._counted(read)
        details = {**self._described(found), "how": how, "misfits": misfits, "changes": changes}
        details["copies"] = wanted and not found.is_key and (changes != 0 or misfits)
        one = keeper.intend(KeptKind.COLUMN, Form.CHANGES, found.table, found.column, aside, lambda: details)
        if not details["copies"]:
            keeper.mark(one, KeptStatus.PURGED, rows=changes)
        return one

    def _counted(self, read: Found) -> tuple[How, int | None, bool]:
        """Return how values can be asked about, how many change (None: not known), and whether some misfit. Raises Narrows."""
        if read.means is Means.OTHER:
            return How.WHOLE, None, False
        checked = check(self.connection, read.alteration)
        if read.means is Means.NOTHING:
            refuse(read.alteration, checked, accept_loss=self.keeper.keeping.undo.accept_loss)
            return checked.how, checked.narrowing.changes, bool(checked.narrowing.misfits)
        return checked.how, None if checked.narrowing.misfits else checked.narrowing.changes, False

    def _described(self, found: Alteration) -> dict[str, Any]:
        with self.connection.cursor() as cursor:
            types = found.rules.columns(cursor, found.table, [*found.keys, found.column])
        said = {"keys": list(found.keys), "others": list(found.others), "now": found.now, "old": found.old, "new": found.new}
        return {**said, "types": types, "of": ["sql", self.part]}

    def _refuse_without_key(self, found: Alteration, *, wanted: bool) -> None:
        if self.keeper.keeping.undo.accept_loss or not wanted:
            return
        raise_without_key(self.connection, found)

    def _mark(self, rules: ValueRules, copy: Copy) -> None:
        rows = copy.one.rows if copy.one.rows is not None else rows_of(self.connection, copy.one.aside)
        if rows:
            self.keeper.mark(copy.one, KeptStatus.KEPT, rows=rows)
            return
        self.keeper.mark(copy.one, KeptStatus.KEEPING, rows=rows)
        self.editor.execute(f"DROP TABLE {rules.quoted(copy.one.aside)}", None)
        self.keeper.mark(copy.one, KeptStatus.PURGED)

    def _returning(self, rules: ValueRules, table: Name, retyping: Retyping) -> Return | None:
        """Return what brings back what this operation kept of the column in the other direction."""
        name = found_table(self.connection, table)
        now = found_column(self.connection, name, Name("", retyping.name, retyping.folds))
        one = self.keeper.restorable(Form.CHANGES, name, _after(self.connection, now, retyping)) if name else None
        if one is None or one.operation != self.keeper.operation or one.details.get("of") != ["sql", self.part]:
            return None
        resumed = self.keeper.is_resumed(one)
        is_same = rules.widens(retyping.type, one.details["old"]) and rules.widens(one.details["old"], retyping.type)
        if not resumed and (not is_same or one.details["now"] != now):
            self.keeper.keeping.said(
                f"{one.table}.{one.column}: what was kept under {one.details['old']} -> {one.details['new']} stays aside:"
                " the SQL makes another type now"
            )
            return None
        known = one.details.get("there") if resumed else None
        there = columns_of(self.connection, name) if known is None else known
        target = Target(column=one.details["now"], now=one.column, is_unique=True, is_key=False, columns=frozenset(there))
        noted = replace(one, details={**one.details, "there": there})
        return Return(self.editor, self.keeper, rules, noted, target)


def look(connection: BaseDatabaseWrapper, table: Name, retyping: Retyping) -> Found | None:
    """Return what a clause of ALTER TABLE does to a column; None where there is no such column. Nothing is changed."""
    rules, asking = rules_for(connection.vendor), _TYPE.get(connection.vendor)
    name = found_table(connection, table)
    column = found_column(connection, name, Name("", retyping.name, retyping.folds))
    if rules is None or asking is None or not column:
        return None
    with connection.cursor() as cursor:
        cursor.execute(asking, [rules.quoted(name) if connection.vendor == "postgresql" else name, column])
        ((type,),) = cursor.fetchall()
        keys = tuple(connection.introspection.get_primary_key_columns(cursor, name) or ())
    old = type.decode() if isinstance(type, bytes) else str(type)
    means = Means.NOTHING if not retyping.using else Means.CAST if _is_cast(retyping) else Means.OTHER
    now, others = _after(connection, column, retyping), _others(connection, name, column, keys)
    casts = means is Means.OTHER or not rules.widens(old, retyping.type)
    return Found(alteration=_alteration(rules, name, column, now, old, retyping.type, keys, others, casts=casts), means=means)


def _after(connection: BaseDatabaseWrapper, column: str, retyping: Retyping) -> str:
    """Return what a column is called after the clause. column: what the database calls it before."""
    if retyping.now == retyping.name:
        return column
    return retyping.now.lower() if retyping.folds and connection.vendor == "postgresql" else retyping.now


def _is_cast(retyping: Retyping) -> bool:
    """Say whether an expression is but the cast to the type; unlike the one that is made without it, it cuts what is too long."""
    said = "".join(retyping.using.replace('"', "").lower().split())
    name, type = retyping.name.lower(), "".join(retyping.type.replace('"', "").lower().split())
    return said in (f"{name}::{type}", f"({name})::{type}", f"({name}::{type})", f"cast({name}as{type})")


def _others(connection: BaseDatabaseWrapper, table: str, column: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in columns_of(connection, table) if name not in (*keys, column))


def _alteration(
    rules: ValueRules,
    table: str,
    column: str,
    now: str,
    old: str,
    new: str,
    keys: tuple[str, ...],
    others: tuple[str, ...],
    *,
    casts: bool,
) -> Alteration:
    return Alteration(
        rules=rules,
        table=table,
        column=column,
        now=now,
        old=old,
        new=new,
        keys=keys,
        others=others,
        check="",
        casts=casts,
        fills=False,
        value=UNKNOWN,
        by_database=False,
        replacement=UNKNOWN,
    )


def _of_record(rules: ValueRules, one: Kept) -> Alteration:
    """Return what is on record: the column has its new type where the step was stopped after its statement."""
    said = one.details
    keys, others = tuple(said["keys"]), tuple(said["others"])
    return _alteration(rules, one.table, one.column, said["now"], said["old"], said["new"], keys, others, casts=True)


def raise_without_key(connection: BaseDatabaseWrapper, found: Alteration) -> None:
    """Raise NoPrimaryKey where a table without one has values that the alteration could change."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {found.rules.quoted(found.table)}", None)
        (rows,) = cursor.fetchone()
    if rows:
        raise NoPrimaryKey(table=found.table, rows=rows, what=f"the values of {found.column} cannot be kept")
