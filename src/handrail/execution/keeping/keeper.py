"""What one step sets aside, and brings back: the part that its columns, tables, values and rows have in common."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus, Undo, is_all_kept, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.execution.journal import forget, now
from handrail.execution.journal_rows import insert, update
from handrail.sources.journal_models import KeptRow
from handrail.sources.kept import THERE, kept, kept_as, migrations_with_kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.row_log import RowLogs

PREFIX = "hrk_"
"""What the names of all that is aside begin with; 16 hexadecimal digits follow, which fits every database."""

_BY = "restored_by"
"""In details: the step, operation and direction that brings a thing back, or has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a run keeps. patterns: what is kept (what was kept comes back in any case). days: until it may be purged.

    said: takes one line for whoever looks on. has_backup: whether one was made before the run. from_nothing: whether no migration
    was applied before the run.
    """

    patterns: Sequence[str]
    days: float
    undo: Undo
    said: Callable[[str], None]
    has_backup: bool = False
    from_nothing: bool = False


class Keeper:
    """Bound to one step; whoever runs an operation says which one it is (at), and the schema editor's methods ask here.

    direction: in which the operation runs now; a step that is unwound (is_unwinding) runs its operations in the other one.
    is_code: whether the operation is code or SQL.

    Where a step is one transaction, all rows are written in it. Elsewhere the row with what it takes to bring a thing back is
    written first (intend), so that a step that was stopped finds it again when its statements are written anew.
    """

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        keeping: Keeping,
        run: int,
        step: int,
        key: MigrationKey,
        wanted: bool = True,
        prepare: Callable[[], None] = lambda: None,
        migrations: Callable[[], set[MigrationKey]] | None = None,
        must_come_back: bool = False,
        is_new: bool = False,
    ) -> None:
        """Reach nothing yet. wanted: whether the migration lets anything be kept. prepare: see units.Session.

        is_new: whether the step has begun in this process, and what it meant to keep can only be what is meant here.

        must_come_back: whether nothing may be done that cannot be taken back.
        migrations: returns those that have kept something, read once in a run and added to here; None: it is read anew.
        """
        self.prepare = prepare
        self.migrations = migrations or cache(lambda: migrations_with_kept(connection))
        self.wanted = wanted
        self._told: set[str] = set()
        self.connection, self.keeping = connection, keeping
        self.run, self.step, self.key = run, step, key
        self.operation, self.direction = -1, Direction.FORWARD
        self.is_unwinding, self.must_come_back = False, must_come_back
        self._rows: RowLogs | None = None
        self.is_code = False
        self._is_new, self._intended = is_new, set[str]()

    @property
    def rows(self) -> RowLogs:
        """The logs of the rows that code and SQL write."""
        from handrail.execution.keeping.row_log import RowLogs

        if self._rows is None:
            self._rows = RowLogs(self, self.prepare)
        return self._rows

    @property
    def keeps_rows(self) -> bool:
        """Say whether what code and SQL write is logged at all."""
        return self.wanted and bool(self.keeping.patterns)

    @property
    def keeps_all_rows(self) -> bool:
        """Say whether no row that code and SQL write is left out of the logs, whatever its table."""
        return self.wanted and is_all_kept(self.keeping.patterns)

    @contextmanager
    def unwinding(self) -> Iterator[None]:
        """Say that the step is taken back in the block."""
        self.is_unwinding = True
        try:
            yield
        finally:
            self.is_unwinding = False

    @contextmanager
    def at(self, operation: int, direction: Direction, *, is_code: bool = False) -> Iterator[None]:
        """Say which operation of the migration runs in the block, in which direction, and whether it is code or SQL."""
        before = self.operation, self.direction, self.is_code
        self.operation, self.direction, self.is_code = operation, direction, is_code
        try:
            yield
        finally:
            self.operation, self.direction, self.is_code = before

    def keeps(self, table: str, column: str = "") -> bool:
        """Say whether a table, or a column, is kept; where it is not, that is said once, and Django's own way is to run."""
        if self.wanted and is_kept(self.keeping.patterns, table, column):
            return True
        name = f"{table}.{column}" if column else table
        if name not in self._told:
            self._told.add(name)
            self.keeping.said(f"{self.key} keeps nothing of {name}: {self._why_not()}")
        return False

    def keeps_all(self, table: str, columns: Iterable[str]) -> bool:
        """Say whether a table is kept as a whole: it is not where one of its columns must not be kept."""
        return self.keeps(table) and all(self.keeps(table, column) for column in columns)

    def _why_not(self) -> str:
        if not self.wanted:
            return "handrail_keep is False"
        return 'HANDRAIL["keep"] leaves it out' if self.keeping.patterns else "keeping is switched off"

    def aside_name(self, *parts: str) -> str:
        """Return the name for a thing of this step and operation; the same in every process."""
        said = "\0".join([str(self.step), self.direction, str(self.operation), *parts])
        return PREFIX + hashlib.sha256(said.encode()).hexdigest()[:16]

    def intend(
        self,
        kind: KeptKind,
        form: Form,
        table: str,
        column: str,
        aside: str,
        describe: Callable[[], Mapping[str, Any]],
    ) -> Kept:
        """Write what is about to be kept, or return what is on record of it from before this step was stopped.

        describe: reads what it takes to bring the thing back; called only where nothing is on record.
        """
        said = {"step": self.step, "direction": self.direction, "operation": self.operation, "aside": aside}
        found = self._on_record(said)
        if found:
            return found[-1]
        self._forget_what_never_was(kind)
        made = now()
        row = KeptRow(
            run=self.run,
            app=self.key.app_label,
            name=self.key.name,
            kind=kind,
            form=form,
            status=KeptStatus.KEEPING,
            table=table,
            column=column,
            details=json.dumps(dict(describe())),
            made=made,
            expires=made + timedelta(days=self.keeping.days),
            **said,
        )
        insert(self.connection, row)
        self.migrations().add(self.key)
        return kept_as(row)

    def _on_record(self, said: Mapping[str, Any]) -> tuple[Kept, ...]:
        """Return what this step has meant to keep before; a new one is asked about nothing that it has not meant here."""
        is_first = str(said["aside"]) not in self._intended
        self._intended.add(str(said["aside"]))
        if self._is_new and is_first:
            return ()
        return kept(self.connection, (KeptStatus.KEEPING, KeptStatus.KEPT), **said)

    @cached_property
    def _has_earlier(self) -> bool:
        """Say whether an earlier step of this migration has anything on record; to be asked before this one has."""
        return self.key in self.migrations()

    def _forget_what_never_was(self, kind: KeptKind) -> None:
        """An earlier step of this migration that is closed has left what it meant to keep when it never came to it."""
        if not self._has_earlier:
            return
        rows = KeptRow.objects.using(self.connection.alias).filter(app=self.key.app_label, name=self.key.name, kind=kind)
        forget(rows.filter(status=KeptStatus.KEEPING).exclude(step=self.step))

    def mark(self, one: Kept, status: KeptStatus, **values: Any) -> None:
        """Write how a thing stands now; values: other columns of its row. What brings it back is written with it."""
        if status in (KeptStatus.RESTORING, KeptStatus.RESTORED):
            values = {"details": json.dumps({**one.details, _BY: self._place}), **values}
        update(self.connection, KeptRow, {"id": one.id}, {"status": status, **values})

    def restorable(self, form: Form, table: str, column: str = "") -> Kept | None:
        """Return what this migration kept, on its way in the other direction, of what an operation is about to make anew.

        Where the same operation kept it several times, it is the last time that counts, also if that was purged since. What this
        very operation has brought back already, before its step was stopped, is found too: it writes the same statements again.
        """
        if self.key not in self.migrations():
            return None
        other = Direction.BACKWARD if self.direction is Direction.FORWARD else Direction.FORWARD
        names = {"app": self.key.app_label, "name": self.key.name, "table": table, "column": column}
        found = kept(self.connection, tuple(KeptStatus), direction=other, form=form, **names)
        same = [one for one in found if one.operation == self.operation]
        usable = [one for one in same[-1:] or found if one.status in THERE or self.is_resumed(one)]
        return usable[-1] if usable else None

    def is_resumed(self, one: Kept) -> bool:
        """Say whether this very operation has begun to bring a thing back, before its step was stopped."""
        return one.details.get(_BY) == self._place

    def things_of(self, operation: int) -> set[tuple[str, str]]:
        """Return the tables, and columns of tables, of which an operation of this step has kept all that it changed."""
        found = kept(self.connection, [KeptStatus.KEPT, KeptStatus.PURGED], step=self.step, operation=operation)
        return {(one.table, one.column) for one in found if one.status is KeptStatus.KEPT or one.rows == 0}

    def taken_back(self, operation: int, direction: Direction) -> None:
        """Write that an operation that was not complete was taken back by its statements: it has kept and restored nothing."""
        rows = KeptRow.objects.using(self.connection.alias)
        halves = (KeptStatus.KEEPING, KeptStatus.KEPT)
        forget(rows.filter(step=self.step, operation=operation, direction=direction, status__in=halves))
        self.not_restored(operation, direction)

    def not_restored(self, operation: int, direction: Direction, **wanted: Any) -> None:
        """Write that what an operation of this step has brought back is kept again. wanted: see sources.kept.kept."""
        names = {"app": self.key.app_label, "name": self.key.name}
        with self.at(operation, direction):
            for one in kept(self.connection, [KeptStatus.RESTORING, KeptStatus.RESTORED], **names, **wanted):
                if self.is_resumed(one):
                    self.mark(one, KeptStatus.KEPT)

    def has_restored(self, operation: int, direction: Direction, **wanted: Any) -> bool:
        """Say whether an operation of this step has brought something back that was kept. wanted: see sources.kept.kept."""
        names = {"app": self.key.app_label, "name": self.key.name, **wanted}
        with self.at(operation, direction):
            return any(self.is_resumed(one) for one in kept(self.connection, (KeptStatus.RESTORED,), **names))

    @property
    def _place(self) -> str:
        return f"{self.step} {self.operation} {self.direction}"
