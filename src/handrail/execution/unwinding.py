"""Taking back what was done of a step: only where nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from handrail.databases.statements.base import Judgement, Manner
from handrail.domain.kept import Form
from handrail.domain.run import Direction, Kind, Mark, Phase, Statement, StepStatus
from handrail.errors.hr401 import InDoubt
from handrail.execution.altered import is_of_side_table, is_side_table, why_not_back
from handrail.execution.dropped import dropped, drops
from handrail.execution.editors import editor_for
from handrail.execution.half_done import logs_of, take_back_rows, unwritten, written
from handrail.execution.keeping.own_work import drop_own_work
from handrail.execution.keeping.rows import has_kept_drops, has_log
from handrail.execution.manners import is_code, sql_texts
from handrail.execution.stepwise import Stepwise

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from handrail.execution.project_states import Stage

Keeps = Callable[[str, str], bool]
"""Says whether a table, or a column of a table ("" for none), that an operation drops is kept."""
Logs = Callable[["Operation", str], bool]
"""Says whether what is kept takes back what an operation of code or SQL did; the text is its place in one that holds others."""


def why_not(stepwise: Stepwise, stages: Sequence[Stage], direction: Direction) -> str:
    """Say why what was done of a step cannot be taken back without loss; "" where it can."""
    done = stepwise.marks(Phase.RUN, Mark.DONE)
    code = stepwise.marks(Phase.RUN, Mark.STARTED)
    for stage in stages:
        operation = stage.operation
        if stage.index in code:
            return f"{operation.describe()} was stopped inside, and what it did is not known"
        if stage.index in done and (why := _against_complete(stepwise, stage, direction)):
            return f"{operation.describe()}: {why}"
        if stage.index not in done and (why := _against_partial(stepwise, stage, direction)):
            return f"{operation.describe()}: {why}"
        if stage.index not in done and stepwise.keeper.has_restored(stage.index, direction, form=Form.LOG):
            return f"{operation.describe()}: a part of it has put rows back by their log"
    return ""


def unwind(stepwise: Stepwise, stages: Sequence[Stage], direction: Direction) -> None:
    """Take back what was done of a step, the last operation first; ask why_not before. Raises InDoubt.

    It can be stopped anywhere and begun again: an operation leaves the journal when it is taken back.
    """
    stepwise.journal.step_ended(stepwise.step, StepStatus.UNWINDING)
    done = stepwise.marks(Phase.RUN, Mark.DONE)
    backwards = direction is Direction.FORWARD
    taken_back = stepwise.marks(Phase.UNWIND, Mark.DONE)
    editing = editor_for(stepwise.connection, atomic=False, migration=stepwise.migration, keeper=stepwise.keeper)
    with stepwise.keeper.unwinding(), editing as editor:
        for stage in reversed(stages) if backwards else stages:
            stepwise.guard()
            if stage.index in done and stage.index not in taken_back:
                stepwise.run_one(editor, stage, Phase.UNWIND, backwards=backwards)
            elif stage.index not in done:
                _take_back_partial(stepwise, stage, direction)
                stepwise.keeper.taken_back(stage.index, direction)
            if stage.index in done and backwards:
                drop_own_work(editor, stepwise.keeper, stage, stepwise.attempt, stepwise.session.prepare)
            stepwise.journal.forget(stepwise.step, Phase.RUN, [stage.index])
            stepwise.journal.forget(stepwise.step, Phase.UNWIND, [stage.index])
    stepwise.journal.step_ended(stepwise.step, StepStatus.UNWOUND)


def _statements(stepwise: Stepwise, index: int) -> list[Statement]:
    return [one for one in stepwise.earlier if one.kind is Kind.SQL and one.operation == index and one.phase is Phase.RUN]


def _take_back_partial(stepwise: Stepwise, stage: Stage, direction: Direction) -> None:
    """Take back what an operation did that was not complete: rows by their log, definitions statement by statement."""
    statements = _statements(stepwise, stage.index)
    logs = logs_of(stepwise, stage.index, direction, statements)
    if logs:
        take_back_rows(stepwise, stage.index, direction, logs)
    for statement in reversed([] if logs else statements):
        _restore(stepwise, stage, statement)


def _restore(stepwise: Stepwise, stage: Stage, statement: Statement) -> None:
    """Bring the definitions back that were there before a statement, and read them again.

    What was not done can have left something too: an index that is not valid.
    """
    rules, connection, place = stepwise.rules, stepwise.connection, stepwise.place(stage)
    if is_of_side_table(statement.sql):
        return
    with connection.cursor() as cursor:
        live = rules.snapshot(cursor, statement.sql)
        judgement = rules.judge(statement.sql, statement.before, live)
        if statement.status is Mark.STARTED and judgement is Judgement.NOT_DONE and live == statement.before:
            return
        found = rules.restoring(statement.sql, statement.before, live)
    full = [table for table in found.must_be_empty if not is_side_table(table) and _has_rows(connection, table)]
    if found.impossible or full:
        why = found.impossible or f"{full[0]} has rows, and would be dropped"
        raise InDoubt(place=place, sql=statement.sql, why=why)
    for sql in found.statements:
        stepwise.attempt(lambda sql=sql: _run_unwritten(stepwise, stage, statement, sql), sql)  # type: ignore[misc]
    with connection.cursor() as cursor:
        if rules.judge(statement.sql, statement.before, rules.snapshot(cursor, statement.sql)) is not Judgement.NOT_DONE:
            raise InDoubt(place=place, sql=statement.sql, why="the tables cannot be read as they were before it")


def _run_unwritten(stepwise: Stepwise, stage: Stage, statement: Statement, sql: str) -> None:
    """Run what brings a definition back. Raises InDoubt where it would drop what others have written."""
    with unwritten(stepwise, stage, sql) as why:
        if why:
            raise InDoubt(place=stepwise.place(stage), sql=statement.sql, why=why)
        with stepwise.connection.cursor() as cursor:
            cursor.execute(sql)


def _has_rows(connection: BaseDatabaseWrapper, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
        return cursor.fetchone() is not None


def _is_empty(connection: BaseDatabaseWrapper, tables: set[str]) -> bool:
    """Say whether all these tables are there and have no rows."""
    with connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
    return tables <= known and not any(_has_rows(connection, table) for table in tables)


def _against_complete(stepwise: Stepwise, stage: Stage, direction: Direction) -> str:
    things = stepwise.keeper.things_of(stage.index)

    def logs(operation: Operation, part: str) -> bool:
        keeper = stepwise.keeper
        return has_log(keeper, stage.index, part, direction) or has_kept_drops(keeper, stage.index, part, direction, operation)

    return against(
        stepwise.connection,
        stepwise.migration.app_label,
        stage,
        direction,
        lambda table, column: (table, column) in things,
        logs,
    )


def _against_partial(stepwise: Stepwise, stage: Stage, direction: Direction) -> str:
    """Say why the statements of an operation that is not complete cannot be taken back."""
    statements = _statements(stepwise, stage.index)
    if not statements or logs_of(stepwise, stage.index, direction, statements):
        return ""
    after: dict[str, str | None] = {}
    with stepwise.connection.cursor() as cursor:
        for statement in statements:
            after |= stepwise.rules.snapshot(cursor, statement.sql)
    there = {name for name, definition in after.items() if definition is not None}
    for statement in reversed(statements):
        if is_of_side_table(statement.sql):
            continue
        if stepwise.rules.manner(statement.sql) is Manner.TRANSACTION:
            return "it has changed rows"
        live = _known(statement.before, after)
        found = stepwise.rules.restoring(statement.sql, statement.before, live)
        if statement.status is Mark.DONE and found.impossible:
            return found.impossible
        if why := written(stepwise, stage, found.statements):
            return why
        for table in there.intersection(found.must_be_empty):
            if not is_side_table(table) and _has_rows(stepwise.connection, table):
                return f"{table} has rows, and would be dropped"
        if statement.status is Mark.STARTED and _is_in_doubt(stepwise, statement, live):
            return "it cannot be told whether its last statement was done"
        after = {**after, **statement.before}
    return ""


def _is_in_doubt(stepwise: Stepwise, statement: Statement, live: Mapping[str, str | None]) -> bool:
    judgement = stepwise.rules.judge(statement.sql, statement.before, live)
    if judgement is Judgement.DONE:
        return bool(stepwise.rules.restoring(statement.sql, statement.before, live).impossible)
    return judgement is Judgement.AMBIGUOUS


def _known(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what the objects that a statement touches were like after it, as far as later statements say."""
    return {**before, **{name: definition for name, definition in after.items() if name in before}}


def against(
    connection: BaseDatabaseWrapper,
    app_label: str,
    stage: Stage,
    direction: Direction,
    keeps: Keeps,
    logs: Logs,
    part: str = "",
) -> str:
    """Say what would be lost, or stay, if a complete operation were taken back. part: its place in one that holds others."""
    from django.db.migrations.operations import AlterField, RunSQL, SeparateDatabaseAndState

    operation = stage.operation
    if isinstance(operation, SeparateDatabaseAndState):
        return next(filter(None, _parts_against(connection, app_label, stage, direction, keeps, logs, part)), "")
    if is_code(operation) or isinstance(operation, RunSQL):
        why = (_code_against if is_code(operation) else _sql_against)(operation, direction)
        return "" if why and logs(operation, part) else why
    if direction is Direction.FORWARD and not operation.reversible:
        return "it cannot be reversed"
    if drops(operation, direction):
        gone = not all(keeps(*one) for one in dropped(connection, app_label, stage, direction))
        return "what it dropped is gone" if gone else ""
    if isinstance(operation, AlterField):
        return _alter_against(connection, app_label, stage, direction, keeps)
    return ""


def _parts_against(
    connection: BaseDatabaseWrapper,
    app_label: str,
    stage: Stage,
    direction: Direction,
    keeps: Keeps,
    logs: Logs,
    part: str,
) -> Iterator[str]:
    """What a nested operation does is judged without the states between them: an AlterField inside is never taken back."""
    from django.db.migrations.operations import AlterField

    from handrail.execution.project_states import Stage

    for number, each in enumerate(stage.operation.database_operations):  # type: ignore[attr-defined]
        if isinstance(each, AlterField):
            yield "a column inside it was altered"
        inside = Stage(index=stage.index, operation=each, before=stage.before, after=stage.after)
        yield against(connection, app_label, inside, direction, keeps, logs, f"{part}.{number}" if part else f"{number}")


def _code_against(operation: Operation, direction: Direction) -> str:
    from django.db.migrations.operations import RunPython

    if not isinstance(operation, RunPython):
        return "it is an operation of the project's own, and what it did is not known"
    codes = (operation.code, operation.reverse_code)
    ran, back = codes if direction is Direction.FORWARD else reversed(codes)
    if ran is RunPython.noop:
        return ""
    return "the code that it ran has no reverse" if back is None or back is RunPython.noop else ""


def _sql_against(operation: Operation, direction: Direction) -> str:
    sql, reverse_sql = operation.sql, operation.reverse_sql  # type: ignore[attr-defined]
    if direction is Direction.BACKWARD:
        sql, reverse_sql = reverse_sql, sql
    if not any(sql_texts(operation)) or not sql:
        return ""
    return "" if reverse_sql else "its SQL has no reverse"


def _alter_against(connection: BaseDatabaseWrapper, app_label: str, stage: Stage, direction: Direction, keeps: Keeps) -> str:
    """A changed type can have changed values, and a column that became NOT NULL has lost its NULLs."""
    operation = stage.operation
    states = (stage.before, stage.after) if direction is Direction.FORWARD else (stage.after, stage.before)
    name, field_name = operation.model_name, operation.name  # type: ignore[attr-defined]
    before, after = (state.apps.get_model(app_label, name)._meta.get_field(field_name) for state in states)
    if before.many_to_many or _is_empty(connection, {before.model._meta.db_table, after.model._meta.db_table}):
        return ""
    return why_not_back(connection, before, after, keeps)
