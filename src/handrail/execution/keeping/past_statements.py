"""The statements with which an operation ran the other way, as the journal has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.run import OPPOSITE, Kind, Mark, Phase

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from handrail.execution.keeping.keeper import Keeper
    from handrail.sources.journal_models import StatementRow


def statements_before(keeper: Keeper) -> QuerySet[StatementRow]:
    """Return what is on record of the operation that runs now: of when its migration ran last in the other direction.

    Where a step is unwound, of that step itself. None are on record of a database that was built from nothing.
    """
    from handrail.domain.run import StepStatus
    from handrail.sources.journal_models import StatementRow, StepRow

    alias, key = keeper.connection.alias, keeper.key
    other = OPPOSITE[keeper.direction]
    steps = StepRow.objects.using(alias).filter(app=key.app_label, name=key.name, direction=other, status=StepStatus.DONE)
    last = steps.order_by("-id").first()
    step = keeper.step if keeper.is_unwinding else last.id if last else None
    return StatementRow.objects.using(alias).filter(step=step, operation=keeper.operation)


def note_statement(keeper: Keeper, sql: str) -> None:
    """Put a statement of the operation that runs now on record, in its transaction, where the journal has none of them."""
    from handrail.sources.journal_models import StatementRow

    row = StatementRow(
        step=keeper.step,
        phase=Phase.RUN,
        operation=keeper.operation,
        kind=Kind.SQL,
        status=Mark.DONE,
        sql=sql,
        before="{}",
        reads="[]",
    )
    row.save(using=keeper.connection.alias, force_insert=True)
