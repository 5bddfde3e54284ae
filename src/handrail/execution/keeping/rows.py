"""Operations that run code or SQL: logged in both directions, and taken back by their log where they have no reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from handrail.domain.database import ErrorKind
from handrail.domain.kept import Form, KeptKind
from handrail.domain.run import OPPOSITE, Direction
from handrail.errors.base import Refusal
from handrail.execution.keeping.applied_again import Reads, note_left, put_again
from handrail.execution.keeping.code_editors import in_transaction
from handrail.execution.keeping.code_returns import all_there, bring_back, drops_of
from handrail.execution.keeping.code_sql import code_seen
from handrail.execution.keeping.coming_back import coming_back
from handrail.execution.keeping.row_statements import written_by
from handrail.execution.keeping.row_undo import RowUndo, logged
from handrail.execution.keeping.row_writing import Place
from handrail.execution.keeping.sql_drops import comes_back, run_sql
from handrail.execution.keeping.sql_renames import rename_back, renaming_noted
from handrail.execution.keeping.sql_returns import kept_by_sql
from handrail.execution.keeping.sql_text import pieces
from handrail.execution.manners import is_code, is_plain_sql, texts_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from handrail.domain.kept import Kept
    from handrail.domain.migration import MigrationKey
    from handrail.execution.keeping.keeper import Keeper

Tables = Callable[[], frozenset[str]]
"""Says which tables an operation is likely to write."""
NOTE = "its work is rolled back; handrail rollback can take the rows back by their log"


class Differs(Exception):  # noqa: N818 - it never leaves this module
    """The author's reverse has left rows other than they were."""


def parts_of(operation: Operation, part: str = "") -> Iterator[tuple[str, Operation]]:
    """Yield what an operation of several runs in the database, each with its place; else itself."""
    from django.db.migrations.operations import SeparateDatabaseAndState

    if not isinstance(operation, SeparateDatabaseAndState):
        yield part, operation
        return
    for number, each in enumerate(operation.database_operations):
        yield from parts_of(each, f"{part}.{number}" if part else f"{number}")


def writes_rows(operation: Operation) -> bool:
    """Say whether an operation is of the kind whose rows are logged: code, SQL, or one that holds such."""
    from django.db.migrations.operations import RunSQL

    return is_code(operation) or any(isinstance(each, RunSQL) for _, each in parts_of(operation))


def has_reverse(operation: Operation, direction: Direction = Direction.BACKWARD) -> bool:
    """Say whether the author wrote something that is done in a direction, for what takes back the other one."""
    from django.db.migrations.operations import RunPython, RunSQL

    is_forward = direction is Direction.FORWARD
    if isinstance(operation, RunPython):
        code = operation.code if is_forward else operation.reverse_code
        return code is not None and code is not RunPython.noop
    if isinstance(operation, RunSQL):
        sql = operation.sql if is_forward else operation.reverse_sql
        return sql is not None and sql != RunSQL.noop
    return is_forward or bool(operation.reversible)


def can_be_taken_back(
    connection: BaseDatabaseWrapper, key: MigrationKey, index: int, operation: Operation, *, accept_loss: bool = False
) -> bool:
    """Say whether an operation can be reversed: by itself, or by the log of the last time that it ran.

    accept_loss: whether a log will do that has not all that it wrote.
    """
    records: tuple[Kept, ...] | None = None
    for part, each in parts_of(operation):
        if not each.reversible:
            records = logged(connection, key, Direction.FORWARD, index) if records is None else records
            is_logged = _looked_at(connection, records, part, accept_loss=accept_loss)
            if not is_logged and not _comes_back(connection, key, index, part, each):
                return False
    return True


def _comes_back(connection: BaseDatabaseWrapper, key: MigrationKey, index: int, part: str, operation: Operation) -> bool:
    from django.db.migrations.operations import RunSQL

    return isinstance(operation, RunSQL) and comes_back(connection, key, index, part, operation)


def _looked_at(
    connection: BaseDatabaseWrapper,
    records: tuple[Kept, ...],
    part: str,
    *,
    accept_loss: bool = False,
    keeper: Keeper | None = None,
) -> bool:
    """A log says nothing of definitions: what an operation made or altered has to be undone by a reverse, but for what it dropped
    and is kept. keeper: see all_there.
    """
    own = [one for one in records if not one.table and one.details["part"] == part and not one.details["defines"]]
    return bool(own) and (accept_loss or not unkept(own)) and all_there(connection, own, keeper)


def unkept(records: Iterable[Kept]) -> list[str]:
    """Return what an operation wrote that its log has not: tables, also of other databases. records: of its part."""
    return sorted({name for one in records if not one.table for name in one.details.get("unkept", ())})


def _undone(keeper: Keeper, index: int, direction: Direction) -> tuple[Kept, ...]:
    """Return the log of what an operation did that is taken back in a direction; a step that is unwound has its own alone."""
    found = logged(keeper.connection, keeper.key, OPPOSITE[direction], index)
    return tuple(one for one in found if one.step == keeper.step) if keeper.is_unwinding else found


def has_log(keeper: Keeper, index: int, part: str, direction: Direction) -> bool:
    """Say whether all that a part of an operation did in this step is in a log of rows. direction: in which it was done."""
    found = logged(keeper.connection, keeper.key, direction, index)
    own = tuple(one for one in found if one.step == keeper.step)
    is_whole = _looked_at(keeper.connection, own, part, keeper=keeper)
    return keeper.keeps_all_rows and is_whole and all(one.details["key"] for one in own if one.table)


def has_kept_drops(keeper: Keeper, index: int, part: str, direction: Direction, operation: Operation) -> bool:
    """Say whether SQL did nothing in this step but to drop what is kept, and comes back. direction: in which it was done.

    A column that was copied is added again with what the database says of it, which is not all.
    """
    if direction is Direction.BACKWARD or not _comes_back(keeper.connection, keeper.key, index, part, operation):
        return False
    found = kept_by_sql(keeper.connection, keeper.key, index, part, direction)
    return all(one.step == keeper.step and (one.kind, one.form) != (KeptKind.COLUMN, Form.COPY) for one in found)


def run_with_rows(
    editor: BaseDatabaseSchemaEditor,
    label: str,
    operation: Operation,
    states: tuple[ProjectState, ProjectState],
    place: Place,
    keeper: Keeper,
) -> None:
    """Run an operation, part by part, and log what it does to rows. states: before and after it, as they are forwards."""
    from django.db.migrations.operations import SeparateDatabaseAndState

    if isinstance(operation, SeparateDatabaseAndState) and writes_rows(operation):
        _run_parts(editor, label, operation, states, place, keeper)
    elif not writes_rows(operation):
        _call(editor, label, operation, states, place.direction)
    elif place.direction is Direction.FORWARD and not keeper.is_unwinding:
        if not (keeper.connection.in_atomic_block and put_again(keeper, operation, place)):
            _forward(editor, label, operation, states, place, keeper)
    else:
        _Back(editor, label, operation, states, place, keeper).run()


def _forward(
    editor: Any, label: str, operation: Operation, states: tuple[ProjectState, ProjectState], place: Place, keeper: Keeper
) -> None:
    """Run an operation, and put on record what it wrote and read."""
    reads = Reads(keeper, operation)
    with (
        _coming_back(keeper, operation, place),
        renaming_noted(keeper, operation, place),
        _seen(editor, operation, place.part, keeper),
        keeper.rows.logging(place, operation.describe()),
        reads.watched(),
    ):
        _call_kept(editor, label, operation, states, place, keeper)
    if keeper.keeps_rows:
        reads.note(place)


def _coming_back(keeper: Keeper, operation: Operation, place: Place) -> AbstractContextManager[None]:
    if not keeper.must_come_back or has_reverse(operation):
        return nullcontext()
    return coming_back(keeper, operation, lambda: has_log(keeper, place.operation, place.part, place.direction))


def _seen(editor: Any, operation: Operation, part: str, keeper: Keeper) -> AbstractContextManager[None]:
    """See what code drops before the log of rows makes ready for it, which commits on MySQL and MariaDB."""
    return nullcontext() if is_plain_sql(operation) else code_seen(editor, keeper, part, operation.describe())


def _call_kept(
    editor: Any, label: str, operation: Operation, states: tuple[ProjectState, ProjectState], place: Place, keeper: Keeper
) -> None:
    """Call an operation; what SQL drops is set aside. A step that is resumed passes over statements that were done, unseen."""
    if is_plain_sql(operation):
        writing = keeper.rows.writing
        if writing is not None:
            sql = operation.sql if place.direction is Direction.FORWARD else operation.reverse_sql  # type: ignore[attr-defined]
            found = [piece.sql for text in texts_of(sql) for piece in pieces(text, editor.connection.vendor)]
            writing.defines |= any(written_by(text, writing.rules.dialect).defines for text in found)
        run_sql(editor, label, operation, place.direction, place.part, keeper)
    else:
        _call(editor, label, operation, states, place.direction)


def _call(editor: Any, label: str, operation: Operation, states: tuple[ProjectState, ProjectState], direction: Direction) -> None:
    before, after = states
    if direction is Direction.BACKWARD:
        operation.database_backwards(label, editor, after, before)
    else:
        operation.database_forwards(label, editor, before, after)


def _run_parts(
    editor: Any, label: str, operation: Any, states: tuple[ProjectState, ProjectState], place: Place, keeper: Keeper
) -> None:
    """Its parts see states of their own (SeparateDatabaseAndState of django/db/migrations/operations/special.py, 5.2 to 6.1)."""
    current, stages = states[0], []
    for number, each in enumerate(operation.database_operations):
        after = current.clone()
        each.state_forwards(label, after)
        where = Place(place.operation, place.direction, f"{place.part}.{number}" if place.part else f"{number}")
        stages.append((each, (current, after), where))
        current = after
    for each, around, where in reversed(stages) if place.direction is Direction.BACKWARD else stages:
        run_with_rows(editor, label, each, around, where, keeper)


class _Back:
    """One operation, taken back: by its author's reverse, or by its log. A step on its way back that is unwound goes forwards.

    What was unwound is as it was, so its own way back is logged only where that is needed: forwards, for the next rollback.
    """

    def __init__(
        self,
        editor: Any,
        label: str,
        operation: Operation,
        states: tuple[ProjectState, ProjectState],
        place: Place,
        keeper: Keeper,
    ) -> None:
        self.editor, self.label, self.operation, self.states = editor, label, operation, states
        self.place, self.keeper, self.is_by_log = place, keeper, False
        records = _undone(keeper, place.operation, place.direction)
        self.records = tuple(one for one in records if one.details["part"] == place.part)
        accept_loss = keeper.keeping.undo.accept_loss
        self.is_undoable = _looked_at(keeper.connection, records, place.part, accept_loss=accept_loss, keeper=keeper)
        if keeper.is_unwinding:
            self.is_undoable = has_log(keeper, place.operation, place.part, OPPOSITE[place.direction])

    def run(self) -> None:
        """Take it back."""
        if not has_reverse(self.operation, self.place.direction):
            self._by_log() if self.is_undoable else self._by_reverse()
        elif self.is_undoable and (self.keeper.keeping.undo.rows or self.keeper.is_unwinding):
            self._by_either()
        else:
            self._by_reverse()
        if self.keeper.is_unwinding and self.place.direction is Direction.BACKWARD:
            self.keeper.not_restored(self.place.operation, Direction.FORWARD, form=Form.LOG)
        note_left(self.keeper, self.place, self.records, by_log=self.is_by_log)

    def _logging(self) -> AbstractContextManager[None]:
        if self.keeper.is_unwinding and self.place.direction is Direction.BACKWARD:
            return nullcontext()
        return self.keeper.rows.logging(self.place, self.operation.describe())

    def _by_log(self) -> None:
        self.is_by_log = True
        is_again = self.keeper.is_unwinding and self.place.direction is Direction.FORWARD
        with nullcontext() if is_again else self._logging():
            rename_back(self.editor, self.records)
            bring_back(self.editor, self.keeper, self.place.part, self.records)
            undo = RowUndo(self.keeper, self.records)
            lines = undo.take_back()
        lines += [f"what {self.operation.describe()} wrote to {name} is in no log, and stays" for name in unkept(self.records)]
        undo.done()
        if is_again:
            self.keeper.not_restored(self.place.operation, Direction.BACKWARD, form=Form.LOG)
        for line in lines:
            self.keeper.keeping.said(line)

    def _by_reverse(self) -> None:
        """Run it, and say which rows are other than they were.

        Code outside a transaction can use another session when it ends than when it began: what was noted would be gone.
        """
        undo = RowUndo(self.keeper, self.records)
        is_held = self.keeper.connection.in_atomic_block
        if is_held:
            undo.look()
        try:
            with _seen(self.editor, self.operation, self.place.part, self.keeper), self._logging():
                _call_kept(self.editor, self.label, self.operation, self.states, self.place, self.keeper)
        except Exception as error:
            if self.is_undoable and self._is_its_own(error):
                error.add_note(f"{self.operation.describe()} of {self.keeper.key}: {NOTE}")
            raise
        lines = undo.compare() if is_held else []
        undo.done()
        for line in lines:
            self.keeper.keeping.said(line)

    def _by_either(self) -> None:
        """Run the reverse, and the log instead where that fails or leaves rows other than they were."""
        from django.db.transaction import atomic

        if not self.keeper.connection.in_atomic_block:
            self._by_reverse()
            return
        undo = RowUndo(self.keeper, self.records)
        undo.look()
        try:
            with atomic(self.keeper.connection.alias):
                with _seen(self.editor, self.operation, self.place.part, self.keeper), self._logging():
                    _call_kept(self._inside(), self.label, self.operation, self.states, self.place, self.keeper)
                lines = undo.compare()
                if lines:
                    raise Differs(lines[0])
                undo.done()
        except Exception as error:
            if not self._is_its_own(error):
                raise
            why = str(error) if isinstance(error, Differs) else f"{type(error).__name__}: {' '.join(str(error).split())}"
            self.keeper.keeping.said(f"{self.operation.describe()}: the reverse is not used ({why}), but the log of rows")
            self.keeper.rows.forget(self.place)  # the log that was made inside is rolled back too
            self._by_log()

    def _inside(self) -> Any:
        backwards = self.place.direction is Direction.BACKWARD
        sql = getattr(self.operation, "reverse_sql" if backwards else "sql", None) if is_plain_sql(self.operation) else None
        return self.editor if sql is None else in_transaction(self.editor, sql)

    def _is_its_own(self, error: Exception) -> bool:
        """Say whether code failed by itself: not by a lock, a lost connection, or what Handrail refuses."""
        from handrail.sources.backend import backend_of

        return not isinstance(error, Refusal) and backend_of(self.keeper.connection).error_kind(error) is ErrorKind.OTHER


def is_undone_alone(keeper: Keeper, index: int, operation: Operation, direction: Direction) -> bool:
    """Say whether the way back of an operation, with all of its parts, is its log. direction: in which it is taken back."""
    if not writes_rows(operation):
        return False
    records, undo = _undone(keeper, index, direction), keeper.keeping.undo
    return all(
        writes_rows(each)
        and (undo.rows or not has_reverse(each, direction))
        and _looked_at(keeper.connection, records, part, accept_loss=undo.accept_loss, keeper=keeper)
        for part, each in parts_of(operation)
    )


def brings_back(keeper: Keeper, index: int, direction: Direction) -> bool:
    """Say whether what an operation of code has dropped comes back with its rows. direction: in which it is taken back."""
    return bool(drops_of(_undone(keeper, index, direction)))


def tables_ahead(migration: Migration, state: ProjectState, direction: Direction) -> Iterator[tuple[Place, Tables, bool]]:
    """Yield for each operation that runs code or SQL what says which tables it is likely to write, and whether by whole
    statements.
    """
    for index, operation in enumerate(migration.operations):
        yield from tables_of(index, operation, state, direction)


def tables_of(
    index: int, operation: Operation, state: ProjectState, direction: Direction
) -> Iterator[tuple[Place, Tables, bool]]:
    """Yield for each part of an operation that runs code or SQL what says which tables it is likely to write, and whether by
    whole statements; what takes a log back joins tables.
    """
    from handrail.execution.keeping.row_foresight import updates_alone
    from handrail.execution.keeping.row_tables import likely_tables

    for part, each in parts_of(operation):
        if writes_rows(each):
            by_sets = direction is Direction.FORWARD and updates_alone(each)
            yield Place(index, direction, part), partial(likely_tables, each, state), by_sets


def close_logs(keeper: Keeper, attempt: Callable[[Callable[[], None], str], None]) -> None:
    """Drop the triggers of a step that is over; where a lock is in the way for too long they stay, fire for nobody, and the next
    run drops them.
    """
    from django.db import Error

    from handrail.errors.hr302 import Blocked

    with suppress(Error, Blocked):
        attempt(keeper.rows.close, "the triggers of a log of rows")
