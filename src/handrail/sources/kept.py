"""What the journal says of kept data."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.journal_models import KeptRow

THERE = (KeptStatus.KEPT, KeptStatus.RESTORING)
"""What can be brought back."""


def kept(connection: BaseDatabaseWrapper, statuses: Collection[KeptStatus] = THERE, **wanted: Any) -> tuple[Kept, ...]:
    """Return what is kept, the oldest first. wanted: columns of handrail_kept, as Django's filter takes them."""
    from handrail.sources.journal_models import KeptRow

    rows = KeptRow.objects.using(connection.alias).filter(status__in=statuses, **wanted)
    return tuple(_kept(row) for row in rows.order_by("id"))


def latest(
    connection: BaseDatabaseWrapper, key: MigrationKey, direction: Direction, form: Collection[Form], table: str, column: str = ""
) -> Kept | None:
    """Return what a migration kept last when it went in a direction, of a table or a column; None where nothing is there."""
    found = kept(
        connection,
        app=key.app_label,
        name=key.name,
        direction=direction,
        form__in=form,
        table=table,
        column=column,
    )
    return found[-1] if found else None


def _kept(row: KeptRow) -> Kept:
    return Kept(
        id=row.id,
        run=row.run,
        step=row.step,
        key=MigrationKey(row.app, row.name),
        direction=Direction(row.direction),
        operation=row.operation,
        kind=KeptKind(row.kind),
        form=Form(row.form),
        status=KeptStatus(row.status),
        table=row.table,
        column=row.column,
        aside=row.aside,
        details=json.loads(row.details),
        rows=row.rows,
        made=row.made,
        expires=row.expires,
    )
