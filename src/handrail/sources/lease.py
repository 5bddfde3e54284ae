"""The lease: the row that stands for the lock where sessions do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.domain.run import LockHolder

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "handrail_lease"
TIME_TO_LIVE = 30
"""Seconds after the last heartbeat in which nobody else takes the lease."""
SESSION = "lease/"
"""What the name of a session begins with in the journal where it was a lease; the fencing number follows."""


def is_stale(clock: str) -> str:
    """Return the condition in SQL that the heartbeat is over; clock: of the backend."""
    return f"(heartbeat IS NULL OR heartbeat < {clock} - INTERVAL '{TIME_TO_LIVE}' SECOND)"


def has_lease(connection: BaseDatabaseWrapper, cursor: Any) -> bool:
    """Say whether the table is there."""
    return TABLE in connection.introspection.table_names(cursor)


def read_lease(connection: BaseDatabaseWrapper, cursor: Any, *, stale: bool = False) -> LockHolder | None:
    """Return who holds the lease, None where nobody does. stale: whose heartbeat is over, instead of whose is fresh."""
    from handrail.sources.backend import backend_of

    clock = backend_of(connection).clock
    if not clock or not has_lease(connection, cursor):
        return None
    wanted = is_stale(clock) if stale else f"NOT ({is_stale(clock)})"
    cursor.execute(f"SELECT fence, host, pid, who FROM {TABLE} WHERE id = 1 AND owner <> '' AND {wanted}")
    for fence, host, pid, who in cursor.fetchall():
        command, _, user = who.partition(" ")
        return LockHolder(host=host, pid=pid, user=user, command=command, session=f"{SESSION}{fence}")
    return None
