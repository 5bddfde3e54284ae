"""What is said of a step that is half done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handrail.databases.row_logs.base import row_logs_for
from handrail.domain.kept import Form, KeptStatus
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Kind, Mark, Phase, Statement
from handrail.errors.hr401 import Interrupted
from handrail.errors.hr402 import InterruptedData

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration

WRITTEN = (KeptStatus.KEEPING, KeptStatus.KEPT)
"""How the log of an operation stands that was stopped inside."""


def interruption(
    *,
    alias: str,
    key: MigrationKey,
    step: int,
    migration: Migration | None,
    statements: Sequence[Statement],
    notes: Sequence[str],
    help: str = "",
) -> Interrupted:
    """Build the refusal for a half-done step of a database.

    step: its id. migration: None where its file is gone. statements: what is on record of the step. Where code outside a
    transaction was stopped inside, it is InterruptedData, with what its log says.
    """
    marks = [each for each in statements if each.kind is Kind.OPERATION]
    done = {each.operation for each in marks if (each.phase, each.status) == (Phase.RUN, Mark.DONE)}
    operations = [operation.describe() for operation in migration.operations] if migration else []
    code = next((each for each in marks if each.status is Mark.STARTED), None)
    if code is not None:
        rows = written(alias, step, code.operation) if code.phase is Phase.RUN else ()
        return InterruptedData(
            alias=alias,
            migration=key,
            number=code.operation + 1,
            total=len(operations),
            operation=operations[code.operation] if code.operation < len(operations) else "",
            notes=(*rows, *notes),
            help=help,
        )
    at = next((described for index, described in enumerate(operations) if index not in done), "")
    return Interrupted(alias=alias, migration=key, done=len(done), total=len(operations), operation=at, notes=notes, help=help)


def written(alias: str, step: int, operation: int) -> Iterator[str]:
    """Say how many rows an operation has written so far, table by table, as far as they are in its logs."""
    from django.db import Error, connections

    from handrail.execution.keeping.row_log import log_from
    from handrail.sources.kept import kept

    connection = connections[alias]
    rules = row_logs_for(connection.vendor)
    for one in kept(connection, WRITTEN, step=step, operation=operation, form=Form.LOG):
        if not one.aside:
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute(rules.counting(log_from(one)))
                ((rows,),) = cursor.fetchall()
        except Error:  # a log that is gone says nothing
            continue
        if rows:
            yield f"it has written {rows:,} row{'s' * (rows != 1)} of {one.table} (log: {one.aside})"
