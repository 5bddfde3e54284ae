"""Everything about one database that a person who is paged asks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey
from handrail.domain.run import LockHolder, Run
from handrail.sources.holder import read_holder
from handrail.sources.journal import unfinished
from handrail.sources.kept import KeptSummary, summary_of
from handrail.sources.reach import is_there, reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    """One database. unfinished: a run that was interrupted or stopped half-way; one that goes on now is its lock's holder."""

    alias: str
    vendor: str
    version: str
    pending: tuple[MigrationKey, ...]
    applied: int
    lock: LockHolder | None
    unfinished: Run | None
    kept: KeptSummary
    findings: tuple[Finding, ...]

    @property
    def is_ready(self) -> bool:
        """Say whether code that expects all migrations can start."""
        return not self.pending and self.lock is None and self.unfinished is None and not self.findings


def read_status(alias: str) -> DatabaseStatus:
    """Read the status of a database; nothing is changed, and the connection is closed. Raises DatabaseNotReached."""
    from django.db import connections

    connection = connections[alias]
    try:
        with reaching(alias):
            return _status(connection)
    finally:
        connection.close()


def _status(connection: BaseDatabaseWrapper) -> DatabaseStatus:
    from handrail.sources.survey import survey

    there = is_there(connection)
    holder = read_holder(connection) if there else None
    found = survey(connection if there else None)
    left = unfinished(connection) if there else None
    run = left.run if left is not None and (holder is None or holder.run != left.run.id) else None
    return DatabaseStatus(
        alias=connection.alias,
        vendor=connection.vendor,
        version=version_of(connection) if there else "",
        pending=found.pending,
        applied=found.applied,
        lock=holder,
        unfinished=run,
        kept=summary_of(connection) if there else KeptSummary(),
        findings=found.findings,
    )


def version_of(connection: BaseDatabaseWrapper) -> str:
    """Return the server's name and version, such as "MariaDB 10.11.6"."""
    number = ".".join(map(str, connection.get_database_version()))
    maria = getattr(connection, "mysql_is_mariadb", False)
    return f"{'MariaDB' if maria else connection.display_name} {number}"
