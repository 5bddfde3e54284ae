"""A step that is not one transaction: operation by operation, each exactly once, also over several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING

from handrail.databases.statements.base import StatementRules
from handrail.domain.run import Direction, Kind, Mark, Phase, Statement
from handrail.errors.hr401 import InDoubt
from handrail.execution.editors import editor_for
from handrail.execution.journal import Journal
from handrail.execution.keeping.applied_again import comes_again
from handrail.execution.keeping.row_writing import Place
from handrail.execution.keeping.rows import brings_back, close_logs, is_undone_alone, parts_of, tables_of, writes_rows
from handrail.execution.manners import Way, in_order, way_of
from handrail.execution.operating import run_operation
from handrail.execution.project_states import Stage
from handrail.execution.units import Attempt, Guard, Session, Unit, statements_through
from handrail.sources.journal import statements_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.migration import Migration

    from handrail.domain.finding import Finding
    from handrail.execution.keeping.keeper import Keeper


class Stepwise:
    """Runs the operations of one migration in one direction, and marks each in the journal."""

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        journal: Journal,
        rules: StatementRules,
        migration: Migration,
        step: int,
        attempt: Attempt,
        guard: Guard,
        session: Session,
        keeper: Keeper,
        earlier: Sequence[Statement] = (),
    ) -> None:
        """earlier: what is on record of this step."""
        self.connection, self.journal, self.rules = connection, journal, rules
        self.migration, self.step = migration, step
        self.attempt, self.guard, self.session, self.keeper = attempt, guard, session, keeper
        self.earlier = tuple(earlier)

    def marks(self, phase: Phase, mark: Mark) -> set[int]:
        """Return the operations that were marked so before this process came."""
        return {one.operation for one in self.earlier if one.kind is Kind.OPERATION and one.phase is phase and one.status is mark}

    def run(self, stages: Sequence[Stage], direction: Direction, phase: Phase = Phase.RUN) -> None:
        """Run the operations that are not done: in order forwards, from the last one backwards. Raises InDoubt."""
        done = self.marks(phase, Mark.DONE)
        backwards = direction is Direction.BACKWARD
        with editor_for(self.connection, atomic=False, migration=self.migration, keeper=self.keeper) as editor:
            for stage in reversed(stages) if backwards else stages:
                if stage.index not in done:
                    self.guard()
                    self.run_one(editor, stage, phase, backwards=backwards)

    def run_one(self, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool) -> None:
        """Run one operation."""
        direction = Direction.BACKWARD if backwards else Direction.FORWARD
        way = way_of(stage.operation, self.migration, self.connection, self.rules)
        is_back = backwards or self.keeper.is_unwinding
        if is_back and is_undone_alone(self.keeper, stage.index, stage.operation, direction):
            alone = self.connection.features.can_rollback_ddl or not brings_back(self.keeper, stage.index, direction)
            way = Way.TRANSACTION if alone else Way.STATEMENTS
        elif not is_back and self._is_put_again(stage):
            way = Way.TRANSACTION
        state = stage.after if backwards else stage.before
        for place, tables, by_sets in tables_of(stage.index, stage.operation, state, direction):
            by_sets = by_sets and way is not Way.CODE and not is_back
            self.keeper.rows.want(place, tables, by_sets=by_sets, is_atomic=way is Way.TRANSACTION)
        try:
            self._run_as(way, editor, stage, phase, backwards=backwards)
        finally:
            close_logs(self.keeper, self.attempt)

    def _is_put_again(self, stage: Stage) -> bool:
        """Say whether an operation that is applied again, with all of its parts, is not run: its log is taken back."""
        parts = list(parts_of(stage.operation))
        places = [Place(stage.index, Direction.FORWARD, part) for part, _ in parts]
        return all(writes_rows(each) for _, each in parts) and comes_again(self.keeper, places)

    def _run_as(self, way: Way, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool) -> None:
        covering = self.keeper.rows.covering
        if way is Way.TRANSACTION:
            once = self._afresh(editor, stage, phase, backwards=backwards)
            self.attempt(lambda: covering(once), stage.operation.describe())
        elif way is Way.STATEMENTS:
            runs = count()
            covering(lambda: self._by_statements(editor, stage, phase, backwards=backwards, again=bool(next(runs))))
        else:
            covering(lambda: self._code(editor, stage, phase, backwards=backwards), repeats=False)

    def _afresh(self, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool) -> Callable[[], None]:
        """Return what runs an operation in a transaction: each time after the first with models that know nothing of it.

        Managers keep what they have read and made, ContentType's for one, also when the transaction was rolled back.
        """
        stages = [stage]

        def once() -> None:
            self._in_transaction(editor, stages.pop() if stages else stage.afresh(), phase, backwards=backwards)

        return once

    def _in_transaction(self, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool) -> None:
        from django.db.transaction import atomic

        editor.deferred_sql = []
        with atomic(self.connection.alias):
            self.session.prepare()
            self._call(editor, stage, backwards=backwards)
            if self.connection.features.can_rollback_ddl:
                flush(editor)
            self.guard()
            self.journal.operation(self.step, phase, stage.index, Mark.DONE)
        flush(editor)

    def _by_statements(
        self, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool, again: bool
    ) -> None:
        """Run an operation statement by statement. again: whether this process has done some of them."""
        if again:
            self.earlier = statements_of(self.connection, self.step)
        unit = Unit(
            connection=self.connection,
            journal=self.journal,
            rules=self.rules,
            step=self.step,
            phase=phase,
            operation=stage.index,
            earlier=self._statements(stage.index, phase),
            attempt=self.attempt,
            session=self.session,
            place=self.place(stage),
            said=self._said,
        )
        in_order(stage.operation, self.migration.app_label, stage.after if backwards else stage.before)
        with statements_through(editor, unit):
            self._call(editor, stage, backwards=backwards)
            flush(editor)
        self.journal.operation(self.step, phase, stage.index, Mark.DONE)

    def _said(self, findings: Iterable[Finding]) -> None:
        from handrail.execution.before_run import tell

        tell(findings, self.keeper.keeping.said)

    def _code(self, editor: BaseDatabaseSchemaEditor, stage: Stage, phase: Phase, *, backwards: bool) -> None:
        if stage.index in self.marks(phase, Mark.STARTED):
            why = "it runs code of the project outside a transaction, and was stopped inside: what it did is not known"
            raise InDoubt(place=self.place(stage), sql="", why=why)
        self.journal.operation(self.step, phase, stage.index, Mark.STARTED)
        self._call(editor, stage, backwards=backwards)
        flush(editor)
        self.journal.operation(self.step, phase, stage.index, Mark.DONE)

    def _call(self, editor: BaseDatabaseSchemaEditor, stage: Stage, *, backwards: bool) -> None:
        direction = Direction.BACKWARD if backwards else Direction.FORWARD
        run_operation(editor, self.migration.app_label, stage, direction, self.keeper)

    def _statements(self, index: int, phase: Phase) -> list[Statement]:
        return [one for one in self.earlier if one.kind is Kind.SQL and one.operation == index and one.phase is phase]

    def place(self, stage: Stage) -> str:
        """Return the operation in words."""
        key = f"{self.migration.app_label}.{self.migration.name}"
        return f"operation {stage.index + 1} of {len(self.migration.operations)} of {key} ({stage.operation.describe()})"


def flush(editor: BaseDatabaseSchemaEditor) -> None:
    """Execute now what a schema editor would execute at its end, so that the operation is complete when it is marked."""
    deferred, editor.deferred_sql = editor.deferred_sql, []
    for sql in deferred:
        editor.execute(sql, None)
