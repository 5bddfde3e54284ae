"""Releasing what a dead process left of its lock, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.errors.hr306 import NotReleased
from handrail.sources.backend import backend_of
from handrail.sources.holder import is_alive_here, read_holder
from handrail.sources.lease import SESSION, TABLE, is_stale, read_lease
from handrail.sources.lock_file import path_of
from handrail.sources.reach import is_there, reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def release_dead(connection: BaseDatabaseWrapper, *, dry_run: bool = False) -> str:
    """Release the lock of a holder that is proved dead, and say what was released; "" where nothing was left.

    A lock of a session goes with it, so there is never anything left. Raises NotReleased where somebody holds it, and
    DatabaseNotReached. dry_run: say it, and change nothing.
    """
    if not is_there(connection):
        return ""
    with reaching(connection.alias):
        holder = read_holder(connection)
        if holder is not None:
            why = "its heartbeat is fresh" if holder.session.startswith(SESSION) else _why(connection)
            raise NotReleased(alias=connection.alias, holder=holder, why=why)
        backend = backend_of(connection)
        with connection.cursor() as cursor:
            key = backend.lock_key(cursor)
        return _lock_file(connection, key, dry_run) if backend.locks_file else _lease(connection, dry_run)


def _why(connection: BaseDatabaseWrapper) -> str:
    return "a process keeps its file locked" if backend_of(connection).locks_file else "the server keeps its session"


def _lock_file(connection: BaseDatabaseWrapper, key: str, dry_run: bool) -> str:
    """Remove a lock file that nobody has locked, under its lock."""
    from handrail.execution.lock_file import FileLock

    if not key or not path_of(key).exists():
        return ""
    if not dry_run:
        with FileLock(connection, key, wait=0, waiting=lambda *_: None, who=""):
            pass
    return f"the lock file {path_of(key)}, which nobody has locked"


def _lease(connection: BaseDatabaseWrapper, dry_run: bool) -> str:
    """Free a lease whose heartbeat is over, and whose process is not seen to live on this host."""
    with connection.cursor() as cursor:
        holder = read_lease(connection, cursor, stale=True)
        if holder is None:
            return ""
        if is_alive_here(holder):
            raise NotReleased(
                alias=connection.alias, holder=holder, why="its process lives on this host, though without a heartbeat"
            )
        if not dry_run:
            fence = int(holder.session.removeprefix(SESSION))
            stale = is_stale(backend_of(connection).clock)
            cursor.execute(f"UPDATE {TABLE} SET owner = '' WHERE id = 1 AND fence = %s AND {stale}", [fence])
    return f"the lease of {holder}, whose heartbeat is over"
