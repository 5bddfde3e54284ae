"""What the journal says of kept data."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handrail.databases.purging.base import Size, purging_for
from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.sources.journal import moment_of, stored

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.journal_models import KeptRow

THERE = (KeptStatus.KEPT, KeptStatus.RESTORING)
"""What can be brought back."""
SINCE = 2
"""The version of the journal that first had a table for it."""
SHOWN = (KeptStatus.KEEPING, KeptStatus.KEPT, KeptStatus.RESTORING, KeptStatus.PURGING)
"""What takes room in the database, and can be brought back, or is in the middle of something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSummary:
    """How many things are kept, of which kind, and how many of them have expired. next_expires: when the next one will.

    rows: operations whose rows are kept, whatever the number of their tables.
    """

    columns: int = 0
    tables: int = 0
    rows: int = 0
    expired: int = 0
    next_expires: datetime | None = None

    @property
    def things(self) -> int:
        """All of them."""
        return self.columns + self.tables + self.rows


def summary_of(connection: BaseDatabaseWrapper) -> KeptSummary:
    """Count what is kept. Raises JournalTooNew."""
    from handrail.sources.journal_models import KeptRow

    if not has_kept(connection):
        return KeptSummary()
    rows = KeptRow.objects.using(connection.alias).filter(status__in=SHOWN).exclude(table="")
    read = rows.values_list("kind", "expires", "step", "operation", "id")
    found = {
        (kind, step, operation, 0 if kind == KeptKind.ROWS else id): moment_of(expires)
        for kind, expires, step, operation, id in read
    }
    kinds, now = [kind for kind, *_ in found], datetime.now(UTC)
    return KeptSummary(
        columns=kinds.count(KeptKind.COLUMN),
        tables=kinds.count(KeptKind.TABLE),
        rows=kinds.count(KeptKind.ROWS),
        expired=sum(expires <= now for expires in found.values()),
        next_expires=min((expires for expires in found.values() if expires > now), default=None),
    )


def count_expired(connection: BaseDatabaseWrapper) -> int:
    """Return how many kept things have expired; the journal is there."""
    from handrail.sources.journal_models import KeptRow

    rows = KeptRow.objects.using(connection.alias).filter(status__in=SHOWN, expires__lte=stored(datetime.now(UTC)))
    return rows.exclude(table="").count()


def in_the_way(connection: BaseDatabaseWrapper, statuses: Collection[KeptStatus], **wanted: Any) -> tuple[Kept, ...]:
    """Return what takes room, the oldest first: what has one of the statuses, and what was brought back and left something.

    A record without a table says that an operation was looked at, and stands for nothing that is there.
    """
    with connection.cursor() as cursor:
        present = purging_for(connection.vendor).present(cursor)
    found = kept(connection, (*statuses, KeptStatus.RESTORED), **wanted)
    return tuple(one for one in found if one.table and (one.status is not KeptStatus.RESTORED or one.aside in present))


def has_kept(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the journal can say what is kept. Raises JournalTooNew."""
    from handrail.sources.journal import has_journal, journal_version

    return has_journal(connection) and (journal_version(connection) or 0) >= SINCE


def size_of(connection: BaseDatabaseWrapper, one: Kept) -> Size:
    """Say how many rows and bytes a kept thing has; the journal's count goes before that of the database, which has a bound."""
    with connection.cursor() as cursor:
        found = purging_for(connection.vendor).size(cursor, one.aside)
    return found if one.rows is None else Size(one.rows, found.bytes)


def kept(connection: BaseDatabaseWrapper, statuses: Collection[KeptStatus] = THERE, **wanted: Any) -> tuple[Kept, ...]:
    """Return what is kept, the oldest first. wanted: columns of handrail_kept, as Django's filter takes them."""
    from handrail.sources.journal_models import KeptRow

    rows = KeptRow.objects.using(connection.alias).filter(status__in=statuses, **wanted)
    return tuple(kept_as(row) for row in rows.order_by("id"))


def migrations_with_kept(connection: BaseDatabaseWrapper) -> set[MigrationKey]:
    """Return the migrations of which something is on record as kept, whatever became of it."""
    from handrail.sources.journal_models import KeptRow

    return {MigrationKey(*key) for key in KeptRow.objects.using(connection.alias).values_list("app", "name").distinct()}


def purged(connection: BaseDatabaseWrapper, key: MigrationKey, operation: int, forms: Collection[Form]) -> list[Kept]:
    """Return what an operation kept the last time that it went forwards, and is not kept any more; or must not be kept at all."""
    names = {"app": key.app_label, "name": key.name, "operation": operation, "direction": Direction.FORWARD}
    found = kept(connection, tuple(KeptStatus), form__in=forms, **names)
    return [one for one in found if one.step == found[-1].step and one.status is KeptStatus.PURGED and one.rows != 0]


def had_nothing(
    connection: BaseDatabaseWrapper, key: MigrationKey, forms: Collection[Form], table: str, column: str = ""
) -> bool:
    """Say whether what a migration dropped when it went forwards last was not kept as nothing was in it."""
    wanted = {"app": key.app_label, "name": key.name, "direction": Direction.FORWARD, "table": table, "column": column}
    found = kept(connection, tuple(KeptStatus), form__in=forms, **wanted)
    return bool(found) and (found[-1].status, found[-1].rows) == (KeptStatus.PURGED, 0)


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


def kept_as(row: KeptRow) -> Kept:
    """Return what a row of handrail_kept says."""
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
        made=moment_of(row.made),
        expires=moment_of(row.expires),
    )
