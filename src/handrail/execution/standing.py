"""How far a step came that is not one transaction: operation by operation, as the journal and the live catalogue say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from handrail.databases.statements.base import Judgement
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.run import Kind, Mark, Phase, Statement, Step, StepStatus
from handrail.execution.project_states import Stage, stages_of, state_before
from handrail.execution.recovering import same_migration
from handrail.execution.unwinding import why_not
from handrail.sources.journal import Unfinished

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from handrail.execution.executor import ReadingExecutor
    from handrail.execution.steps import Steps
    from handrail.execution.stepwise import Stepwise

CODE = "it runs code of the project outside a transaction, and was stopped inside: what it did is not known"
TABLES = "the tables are neither as they were before this statement nor as it leaves them"


class Extent(StrEnum):
    """How much of an operation is there."""

    DONE = "done"
    PARTLY = "partly done"
    NOT_DONE = "not done"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStanding:
    """A statement on record, and whether it was done."""

    sql: str
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStanding:
    """One operation. index: from 0. description: in Django's words. doubt: why it is in doubt; row: what on record is."""

    index: int
    description: str
    extent: Extent
    statements: tuple[StatementStanding, ...] = ()
    doubt: str = ""
    row: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A half-done step. statements: what is on record of it.

    why_not_back: why the rest cannot be taken back once nothing of what is in doubt is there; "" where it can.
    """

    alias: str
    step: Step
    statements: tuple[Statement, ...]
    migration: Migration
    operations: tuple[OperationStanding, ...]
    why_not_back: str

    @property
    def doubt(self) -> OperationStanding | None:
        """The operation that is in doubt; it can be no more than the one that was stopped inside."""
        return next((one for one in self.operations if one.extent is Extent.IN_DOUBT), None)

    @property
    def is_unwinding(self) -> bool:
        """Say whether it is being taken back, and can only be taken back."""
        return self.step.status is StepStatus.UNWINDING


def standing_of(steps: Steps, executor: ReadingExecutor, found: Unfinished) -> Standing:
    """Look at the step of an unfinished run that has something on record; nothing is changed.

    Raises Interrupted where the file of the migration is gone or has changed.
    """
    step = found.step
    assert step is not None
    migration = same_migration(executor, step, found.statements)
    stages = stages_of(migration, state_before(steps.connection, step.key))
    stepwise = steps.with_record(migration, step.id, found.statements)
    operations = tuple(_look(stepwise, stage, step) for stage in stages)
    rows = [one.row.id for one in operations if one.row is not None]
    rest = steps.with_record(migration, step.id, [each for each in found.statements if each.id not in rows])
    return Standing(
        alias=steps.connection.alias,
        step=step,
        statements=found.statements,
        migration=migration,
        operations=operations,
        why_not_back=why_not(rest, stages, step.direction),
    )


def settle(steps: Steps, standing: Standing, *, forward: bool) -> None:
    """Write down the answer to what is in doubt.

    forward: it is complete, so it is gone on after it; else nothing of it is there. What takes back is complete where nothing of
    the operation is there any more.
    """
    doubt, journal = standing.doubt, steps.journal
    assert doubt is not None and doubt.row is not None
    is_done = forward is (doubt.row.phase is Phase.RUN)
    if doubt.row.kind is Kind.SQL:
        (journal.statement_done if is_done else journal.forget_statement)(doubt.row.id)
    elif is_done:
        journal.operation(standing.step.id, doubt.row.phase, doubt.index, Mark.DONE)
    else:
        journal.forget(standing.step.id, doubt.row.phase, [doubt.index])


def _look(stepwise: Stepwise, stage: Stage, step: Step) -> OperationStanding:
    """Look at one operation: marks tell of it where they were one transaction with it, else its statements."""
    rows = [each for each in stepwise.earlier if each.operation == stage.index]
    phase = Phase.UNWIND if any(each.phase is Phase.UNWIND for each in rows) else Phase.RUN
    marks = {each.status for each in rows if each.kind is Kind.OPERATION and each.phase is phase}
    found = OperationStanding(index=stage.index, description=_described(stage.operation), extent=Extent.NOT_DONE)
    if Mark.STARTED in marks:
        (row,) = [each for each in rows if each.kind is Kind.OPERATION and each.phase is phase]
        return replace(found, extent=Extent.IN_DOUBT, doubt=CODE, row=row)
    if Mark.DONE in marks:
        return replace(found, extent=Extent.DONE if phase is Phase.RUN else Extent.NOT_DONE)
    statements = [each for each in rows if each.kind is Kind.SQL and each.phase is phase]
    if phase is Phase.RUN and step.status is StepStatus.UNWINDING:  # they are taken back by definitions alone
        is_left = any(each.judgement is not Judgement.NOT_DONE for each in _judged(stepwise, statements))
        return replace(found, extent=Extent.PARTLY if statements and is_left else Extent.NOT_DONE)
    return _by_statements(found, statements, tuple(_judged(stepwise, statements)), phase)


def _described(operation: Operation) -> str:
    """Return an operation in Django's words, with the name of the code that it runs."""
    code = getattr(getattr(operation, "code", None), "__name__", "")
    return f"{operation.describe()} ({code})" if code else operation.describe()


def _by_statements(
    found: OperationStanding, statements: Sequence[Statement], judged: tuple[StatementStanding, ...], phase: Phase
) -> OperationStanding:
    """Make out what the statements of an operation without a mark say; that of one that takes back begins with all of it."""
    row = next((row for row, each in zip(statements, judged, strict=True) if each.judgement is Judgement.AMBIGUOUS), None)
    if row is not None:
        return replace(found, extent=Extent.IN_DOUBT, statements=judged, doubt=TABLES, row=row)
    if any(each.judgement is Judgement.DONE for each in judged):
        return replace(found, extent=Extent.PARTLY, statements=judged)
    return replace(found, extent=Extent.NOT_DONE if phase is Phase.RUN else Extent.DONE, statements=judged)


def _judged(stepwise: Stepwise, statements: Sequence[Statement]) -> Iterator[StatementStanding]:
    for each in statements:
        judgement = Judgement.DONE
        if each.status is Mark.STARTED:
            with stepwise.connection.cursor() as cursor:
                live = stepwise.rules.snapshot(cursor, each.sql)
            judgement = stepwise.rules.judge(each.sql, each.before, live)
        yield StatementStanding(sql=each.sql, judgement=judgement)
