"""The rows of django_migrations with the moment that each was written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import AppliedRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def applied_rows(connection: BaseDatabaseWrapper) -> list[AppliedRow]:
    """Return what is recorded, the oldest row first; nothing where there is no table."""
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    rows = recorder.migration_qs.order_by("pk").values_list("pk", "app", "name", "applied")
    return [AppliedRow(key=MigrationKey(app, name), order=pk, moment=_utc(moment)) for pk, app, name, moment in rows]


def _utc(moment: datetime) -> datetime:
    """Without USE_TZ Django writes the local time of TIME_ZONE (django/utils/timezone.py, now, 5.2 to 6.1)."""
    from django.utils import timezone

    return (moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())).astimezone(UTC)
