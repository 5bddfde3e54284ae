"""Operations that are half done, statement by statement: what others wrote meanwhile is not taken back with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

from handrail.databases.row_logs.base import row_logs_for
from handrail.databases.statements.base import Manner
from handrail.domain.kept import Form, Kept, KeptStatus
from handrail.domain.run import Direction, Statement
from handrail.execution.altered import is_of_side_table
from handrail.execution.keeping.own_work import NOT_KNOWN, filled_with
from handrail.execution.keeping.row_statements import written_by
from handrail.execution.keeping.row_undo import RowUndo
from handrail.execution.keeping.sql_text import pieces
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from handrail.execution.project_states import Stage
    from handrail.execution.stepwise import Stepwise


def logs_of(stepwise: Stepwise, index: int, direction: Direction, statements: Sequence[Statement]) -> list[Kept]:
    """Return the logs by which an operation goes back that has written rows and was not complete; [] where that cannot be.

    That is where it did nothing else: each of its statements was looked at before it ran, so that all that it wrote is in them.
    """
    keeper = stepwise.keeper
    own = [one for one in statements if not is_of_side_table(one.sql)]
    if not own or not all(_only_rows(stepwise, one.sql) for one in own) or not keeper.keeps_all_rows or keeper.rows.lets_go:
        return []
    names = {"step": keeper.step, "direction": direction, "operation": index, "form": Form.LOG}
    found = [one for one in kept(keeper.connection, (KeptStatus.KEEPING, KeptStatus.KEPT), **names) if one.table]
    tables = [one.table for one in found]
    return found if len(tables) == len(set(tables)) and all(one.details["key"] for one in found) else []


def _only_rows(stepwise: Stepwise, sql: str) -> bool:
    """Say whether a statement writes nothing but rows; what defines something is in a transaction too where that rolls back."""
    found = written_by(sql, row_logs_for(stepwise.connection.vendor).dialect)
    return stepwise.rules.manner(sql) is Manner.TRANSACTION and not (found.defines or found.is_unknown)


def take_back_rows(stepwise: Stepwise, index: int, direction: Direction, logs: Sequence[Kept]) -> None:
    """Put back the rows that an operation has written which was not complete. Raises RestoreConflict."""
    from django.db.transaction import atomic

    keeper = stepwise.keeper

    def once() -> None:
        with atomic(keeper.connection.alias), keeper.at(index, direction):
            stepwise.session.prepare()
            undo = RowUndo(keeper, logs)
            lines = undo.take_back()
            undo.done()
        for line in lines:
            keeper.keeping.said(line)

    stepwise.attempt(once, "the rows that it wrote")


def written(stepwise: Stepwise, stage: Stage, statements: Sequence[str]) -> str:
    """Say which column that statements would drop has values of others; "" where none has."""
    for table, column in _dropped(stepwise, statements):
        if _has(stepwise, _looking(stepwise, stage, table, column)):
            return f"{table}.{column} has values that were written meanwhile, and would be dropped"
    return ""


@contextmanager
def unwritten(stepwise: Stepwise, stage: Stage, sql: str) -> Iterator[str]:
    """Hold the table of which a statement drops a column, so that nobody writes to it now. Yields why not, as written does."""
    columns = list(_dropped(stepwise, [sql]))
    looking = [_looking(stepwise, stage, table, column) for table, column in columns]
    hold, release = stepwise.rules.holding(columns[0][0]) if columns else ("", "")
    is_held = bool(hold) and _may(stepwise, hold)
    try:
        full = [f"{table}.{column}" for (table, column), each in zip(columns, looking, strict=True) if _has(stepwise, each)]
        yield f"{full[0]} has values that were written meanwhile, and would be dropped" if full else ""
    finally:
        if is_held:
            _may(stepwise, release)


def _dropped(stepwise: Stepwise, statements: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the columns of the project that statements drop, and are there."""
    rules = row_logs_for(stepwise.connection.vendor)
    for piece in [piece for sql in statements for piece in pieces(sql, stepwise.connection.vendor)]:
        for column in piece.drop.columns if piece.drop is not None else ():
            table = piece.drop.tables[0].name if piece.drop is not None else ""
            with stepwise.connection.cursor() as cursor:
                there = {one.name for one in rules.columns(cursor, table)}
            if column.name in there and not column.name.startswith("hrk_"):
                yield table, column.name


def _looking(stepwise: Stepwise, stage: Stage, table: str, column: str) -> str:
    """Return the SELECT that finds a row in which a column is other than when it was made."""
    connection, rules = stepwise.connection, row_logs_for(stepwise.connection.vendor)
    value = filled_with(connection.schema_editor(), stage, SimpleNamespace(table=table, column=column))
    with connection.cursor() as cursor:
        kind = next(one.kind for one in rules.columns(cursor, table) if one.name == column)
    made = f"DEFAULT({rules.quote(column)})" if value is NOT_KNOWN else str(value)
    return f"SELECT 1 FROM {rules.quote(table)} WHERE NOT {rules.same(rules.quote(column), made, kind)} LIMIT 1"


def _has(stepwise: Stepwise, sql: str) -> bool:
    """Say whether there is such a row; where that cannot be told there may be."""
    from django.db import Error

    try:
        with stepwise.connection.cursor() as cursor:
            cursor.execute(sql, None)
            return cursor.fetchone() is not None
    except Error:
        return True


def _may(stepwise: Stepwise, sql: str) -> bool:
    """Run a statement for which the user may lack the privilege; say whether it was done."""
    from django.db import Error
    from django.db.utils import OperationalError, ProgrammingError

    try:
        with stepwise.connection.cursor() as cursor:
            cursor.execute(sql, None)
    except (OperationalError, ProgrammingError) as error:
        if row_logs_for(stepwise.connection.vendor).not_allowed(error):
            return False
        raise
    except Error:
        return False
    return True
