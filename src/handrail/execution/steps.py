"""Applying and unapplying one migration of a run: as one transaction where the database can, else operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from traceback import clear_frames
from typing import TYPE_CHECKING

from handrail.databases.statements.base import rules_for
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction, OnFailure, Statement, StepStatus
from handrail.errors.hr401 import InDoubt, Interrupted
from handrail.execution.beginnings import Beginnings
from handrail.execution.editors import editor_for
from handrail.execution.journal import Journal
from handrail.execution.keeping.keeper import Keeper, Keeping
from handrail.execution.keeping.row_ahead import is_asked, refuse_unkept
from handrail.execution.keeping.rows import can_be_taken_back, close_logs, tables_ahead
from handrail.execution.keeping.sql_losses import has_sql, refuse_loss
from handrail.execution.manners import way_of
from handrail.execution.operating import run_whole
from handrail.execution.project_states import Stage, applied_state, stages_of, unrendered
from handrail.execution.stepwise import Stepwise, flush
from handrail.execution.units import Attempt, Guard, Session
from handrail.sources.journal import statements_of
from handrail.sources.kept import migrations_with_kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

Record = Callable[[], None]
"""Writes, or deletes, the row of a migration in django_migrations."""


class Steps:
    """Runs the steps of one run; the journal says what is meant before, and what was done with it."""

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        journal: Journal,
        begin_run: Callable[[], int],
        attempt: Attempt,
        guard: Guard,
        on_failure: OnFailure,
        session: Session,
        keeping: Keeping,
        only: str = "",
        all_or_nothing: bool = False,
    ) -> None:
        """begin_run: puts the run on record, once, and returns its id.

        only: the app that is asked for, "" for all. all_or_nothing: whether a step that fails takes those before it back.
        """
        self.only, self.all_or_nothing = only, all_or_nothing
        self.connection, self.journal, self.begin_run = connection, journal, begin_run
        self.attempt, self.guard, self.on_failure, self.session = attempt, guard, on_failure, session
        self.keeping = keeping
        self.beginnings = Beginnings(
            connection=connection, journal=journal, begin_run=begin_run, attempt=attempt, guard=guard, session=session
        )
        self._must_come_back = False
        self._with_kept = cache(lambda: migrations_with_kept(connection))

    def fake(self, migration: Migration, direction: Direction, record: Record) -> None:
        """Record a migration that is not run."""
        from django.db.transaction import atomic

        step = self.beginnings.fake(migration, direction)

        def once() -> None:
            with atomic(self.connection.alias):
                self.session.prepare()
                self._done(migration, direction, record, step)

        self.attempt(once, f"the record of {migration}")

    def take(self, migration: Migration, state: ProjectState, direction: Direction, record: Record) -> ProjectState:
        """Apply or unapply a migration, and return the project state afterwards (backwards: the one before, as it was given).

        Raises whatever the migration raised, if nothing of it is there any more, and Interrupted if a part is.
        """
        if direction is Direction.BACKWARD:
            self.check_reversible(migration)
        self.attempt(lambda: self._refuse_loss(migration, direction), f"{migration}")
        meant = self.beginnings.meant(migration, direction)
        self.attempt(lambda: self._refuse_unkept(migration, state, direction, is_atomic=meant.atomic), f"{migration}")
        step = self.beginnings.begin(migration, meant)
        if meant.atomic:
            return self._whole(migration, state, direction, record, step)
        return self.stepwise(migration, state, direction, record, step)

    def check_reversible(self, migration: Migration) -> None:
        """Raise IrreversibleError as Django does, and before anything is written, unless a log can take an operation back."""
        from django.db.migrations.exceptions import IrreversibleError

        key = MigrationKey(migration.app_label, migration.name)
        for index, operation in enumerate(migration.operations):
            accept_loss = self.keeping.undo.accept_loss
            if not can_be_taken_back(self.connection, key, index, operation, accept_loss=accept_loss):
                raise IrreversibleError(f"Operation {operation} in {migration} is not reversible")

    def _refuse_loss(self, migration: Migration, direction: Direction) -> None:
        from django.db.transaction import atomic

        if any(has_sql(operation) for operation in migration.operations):
            with atomic(self.connection.alias):
                self.session.prepare()
                refuse_loss(self.connection, self.keeping, migration, direction)

    def _refuse_unkept(self, migration: Migration, state: ProjectState, direction: Direction, *, is_atomic: bool) -> None:
        from django.db.transaction import atomic

        if is_asked(self.connection, self.keeping, migration, is_atomic=is_atomic):
            rules = rules_for(self.connection.vendor)
            with atomic(self.connection.alias):
                self.session.prepare()
                refuse_unkept(
                    self.connection,
                    self.keeping,
                    migration,
                    state,
                    direction,
                    lambda operation: None if is_atomic else way_of(operation, migration, self.connection, rules),
                )

    def _done(self, migration: Migration, direction: Direction, record: Record, step: int) -> None:
        """Write, in the transaction that ends a step, that it is done, and that the next one begins."""
        self.guard()
        record()
        self.journal.step_ended(step, StepStatus.DONE)
        self.beginnings.announce(migration, direction)

    def _whole(self, migration: Migration, state: ProjectState, direction: Direction, record: Record, step: int) -> ProjectState:
        """One transaction: the operations, what was deferred, the record, and the journal's word that it is done."""
        states, results = [state], [state]
        keeper = self._keeper(migration, step, is_new=True)

        def once() -> None:
            backwards = direction is Direction.BACKWARD
            current = states.pop() if states else unrendered(state) if backwards else applied_state(self.connection, self.only)
            with editor_for(self.connection, atomic=True, migration=migration, keeper=keeper) as editor:
                self.session.prepare()
                results[0] = run_whole(editor, migration, current, direction, keeper)
                flush(editor)
                self._done(migration, direction, record, step)

        for place, tables, by_sets in tables_ahead(migration, state, direction):
            keeper.rows.want(place, tables, by_sets=by_sets)
        try:
            self.attempt(lambda: keeper.rows.covering(once), f"{migration}")
        except BaseException as error:
            _end_transaction(self.connection)
            close_logs(keeper, self.attempt)
            self._say_failed(step, error)
            raise
        close_logs(keeper, self.attempt)
        return results[0]

    def stepwise(
        self,
        migration: Migration,
        state: ProjectState,
        direction: Direction,
        record: Record,
        step: int,
        earlier: Sequence[Statement] = (),
    ) -> ProjectState:
        """Go on with a step that is not one transaction from where it is; earlier: what is on record of it."""
        stages = stages_of(migration, state)
        try:
            self.with_record(migration, step, earlier).run(stages, direction)
            self._record(migration, direction, record, step)
        except BaseException as error:
            _end_transaction(self.connection)
            self._stopped(migration, stages, direction, step, error)
            raise
        return stages[-1].after if stages and direction is Direction.FORWARD else state

    def unwind(self, migration: Migration, state: ProjectState, direction: Direction, step: int) -> None:
        """Take back what was done of a step. Raises InDoubt; Interrupted where something would be lost."""
        from handrail.execution.unwinding import unwind, why_not

        stages = stages_of(migration, state)
        stepwise = self.with_record(migration, step, statements_of(self.connection, step))
        why = why_not(stepwise, stages, direction)
        if why:
            raise self._interrupted(stepwise, (f"it cannot be taken back: {why}",))
        unwind(stepwise, stages, direction)

    def with_record(self, migration: Migration, step: int, earlier: Sequence[Statement]) -> Stepwise:
        """Return what runs a step's operations; earlier: what is on record of them."""
        return Stepwise(
            connection=self.connection,
            journal=self.journal,
            rules=rules_for(self.connection.vendor),
            migration=migration,
            step=step,
            attempt=self.attempt,
            guard=self.guard,
            session=self.session,
            keeper=self._keeper(migration, step),
            earlier=earlier,
        )

    @contextmanager
    def coming_back(self) -> Iterator[None]:
        """Let nothing be done in the block that cannot be taken back."""
        self._must_come_back = True
        try:
            yield
        finally:
            self._must_come_back = False

    def _keeper(self, migration: Migration, step: int, *, is_new: bool = False) -> Keeper:
        key = MigrationKey(migration.app_label, migration.name)
        wanted = bool(getattr(migration, "handrail_keep", True))
        return Keeper(
            connection=self.connection,
            keeping=self.keeping,
            run=self.begin_run(),
            step=step,
            key=key,
            wanted=wanted,
            prepare=self.session.prepare,
            migrations=self._with_kept,
            must_come_back=self._must_come_back,
            is_new=is_new,
        )

    def _record(self, migration: Migration, direction: Direction, record: Record, step: int) -> None:
        from django.db.transaction import atomic

        def once() -> None:
            with atomic(self.connection.alias):
                self.session.prepare()
                self._done(migration, direction, record, step)

        self.attempt(once, "the record in django_migrations")

    def _say_failed(self, step: int, error: BaseException) -> None:
        """Write that nothing is left of a step; a connection that is lost cannot say so, and the lock's next holder sees it."""
        from django.db import Error

        with suppress(Error):
            self.journal.step_ended(step, StepStatus.FAILED, _words(error))

    def _stopped(
        self, migration: Migration, stages: Sequence[Stage], direction: Direction, step: int, error: BaseException
    ) -> None:
        """Take back what was done of a step that failed, or say what is left. Raises Interrupted if something is."""
        from django.db import Error

        from handrail.execution.unwinding import unwind, why_not

        try:
            stepwise = self.with_record(migration, step, statements_of(self.connection, step))
        except Error:
            return
        if not stepwise.earlier:
            self._say_failed(step, error)
            return
        if not self.journal.step_ended(step, StepStatus.STOPPED, _words(error)):
            return
        if self.on_failure is not OnFailure.UNWIND or isinstance(error, InDoubt):
            raise self._interrupted(stepwise, (_words(error),)) from error
        why = why_not(stepwise, stages, direction)
        if why:
            notes = (_words(error), f"what was done is not taken back: {why}")
            raise self._interrupted(stepwise, notes) from error
        _let_go(error)
        try:
            unwind(stepwise, stages, direction)
        except InDoubt as doubt:
            raise self._interrupted(stepwise, (_words(error), str(doubt))) from doubt
        except Exception as failed:  # of the author's reverse, of rows that are in the way, or of the database
            notes = (_words(error), f"what was done is not taken back: {_words(failed)}")
            raise self._interrupted(stepwise, notes) from failed

    def _interrupted(self, stepwise: Stepwise, notes: Sequence[str]) -> Interrupted:
        from handrail.execution.interruption import interruption

        return interruption(
            alias=self.connection.alias,
            key=MigrationKey(stepwise.migration.app_label, stepwise.migration.name),
            step=stepwise.step,
            migration=stepwise.migration,
            statements=stepwise.earlier,
            notes=notes,
        )


def _end_transaction(connection: BaseDatabaseWrapper) -> None:
    """Roll back what an interruption of a COMMIT has left open: autocommit stays off then (set_autocommit of psycopg)."""
    from django.db import Error

    if connection.connection is not None and not connection.in_atomic_block and not connection.autocommit:
        with suppress(Error):
            connection.rollback()
            connection.set_autocommit(True)


def _let_go(error: BaseException | None) -> None:
    """Close the cursors of what failed: SQLite alters no table that a cursor has not read to its end (SQLITE_LOCKED)."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


def _words(error: BaseException) -> str:
    """Return an error in words; a doubt is none of the project or the database."""
    return " ".join((str(error) if isinstance(error, InDoubt) else f"{type(error).__name__}: {error}").split())
