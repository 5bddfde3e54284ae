"""Whether an extension of PostgreSQL may go when the migration that asked for it is reversed (HR515)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.checks.hr515 import ExtensionStays
from handrail.domain.run import Direction, StepStatus
from handrail.sources.journal import has_journal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.finding import Finding
    from handrail.domain.migration import MigrationKey

SHOWN = 5
# manual of 18, 52.18: what an extension holds depends on it with deptype e, parts of that on it with a or i; what uses it with n
_USERS = """
    WITH held AS (SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND x.extname = %s),
         used AS (SELECT * FROM held UNION ALL SELECT 'pg_extension'::regclass, oid FROM pg_extension WHERE extname = %s)
    SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_depend d JOIN used u ON u.classid = d.refclassid AND u.objid = d.refobjid
    WHERE d.deptype = 'n' AND NOT EXISTS (SELECT FROM held h WHERE h.classid = d.classid AND h.objid = d.objid)
      AND NOT EXISTS (SELECT FROM pg_depend p JOIN held h ON h.classid = p.refclassid AND h.objid = p.refobjid
                      WHERE p.classid = d.classid AND p.objid = d.objid AND p.deptype IN ('a', 'i'))
    ORDER BY 1 LIMIT %s"""


def is_there(connection: BaseDatabaseWrapper, name: str) -> bool:
    """Say whether a database has an extension."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [name])
        return cursor.fetchone() is not None


def users(connection: BaseDatabaseWrapper, name: str) -> list[str]:
    """Return what uses an extension, in the server's words."""
    with connection.cursor() as cursor:
        cursor.execute(_USERS, [name, name, SHOWN])
        return [user for (user,) in cursor.fetchall()]


def was_made(connection: BaseDatabaseWrapper, key: MigrationKey, name: str) -> bool:
    """Say whether it is on record that a migration made an extension when it was applied last."""
    from handrail.sources.journal_models import StatementRow, StepRow

    if not has_journal(connection):
        return False
    steps = StepRow.objects.using(connection.alias).filter(app=key.app_label, name=key.name, direction=Direction.FORWARD)
    last = steps.filter(status=StepStatus.DONE).order_by("-id").first()
    rows = StatementRow.objects.using(connection.alias)
    return last is not None and rows.filter(step=last.id, sql=making(connection, name)).exists()


def making(connection: BaseDatabaseWrapper, name: str) -> str:
    """Return the statement by which CreateExtension makes one (5.2 to 6.1)."""
    return f"CREATE EXTENSION IF NOT EXISTS {connection.ops.quote_name(name)}"


def staying(connection: BaseDatabaseWrapper, key: MigrationKey, name: str) -> Finding | None:
    """Say why an extension stays when a migration is reversed; None where it goes."""
    if not was_made(connection, key, name):
        return ExtensionStays.find(name, f"that {key} made it is not on record")
    using = users(connection, name)
    return ExtensionStays.find(name, "it is in use", using) if using else None
