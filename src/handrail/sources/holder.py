"""Who holds the migration lock of a database."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import replace
from handrail.domain.run import LockHolder, Run, RunStatus, StepStatus
from handrail.sources.backend import backend_of
from handrail.sources.journal import has_journal, runs
from handrail.sources.lease import read_lease
from handrail.sources.lock_file import read_lock_file

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.databases.base import Backend


def read_holder(connection: BaseDatabaseWrapper) -> LockHolder | None:
    """Return who holds the lock, with what the journal says of its run, None where nobody does. Raises django.db.Error.

    A lease counts while its heartbeat is fresh.
    """
    backend = backend_of(connection)
    with connection.cursor() as cursor:
        key = backend.lock_key(cursor)
        if backend.locks_file:
            holder = read_lock_file(key) if key else None
        else:
            holder = backend.holder(cursor, key) or read_lease(connection, cursor)
    return holder and _with_run(connection, backend, holder)


def is_alive_here(holder: LockHolder) -> bool:
    """Say whether a process of the holder's number runs on this host, if that is the holder's host."""
    if holder.pid is None or holder.host != socket.gethostname():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_gone(holder: LockHolder) -> bool:
    """Say whether the holder's process is proved gone: it was on this host, and no process has its number."""
    return holder.pid is not None and holder.host == socket.gethostname() and not is_alive_here(holder)


def _with_run(connection: BaseDatabaseWrapper, backend: Backend, holder: LockHolder) -> LockHolder:
    """Add what the last run of the journal says, if it is the holder's."""
    run = next(iter(runs(connection, limit=1)), None) if has_journal(connection) else None
    if run is None or run.status is not RunStatus.RUNNING or not _is_of(run, holder, backend):
        return holder
    step = next((str(step.key) for step in reversed(run.steps) if step.status is StepStatus.RUNNING), "")
    return replace(
        holder,
        host=run.host,
        pid=run.pid,
        user=run.user,
        since=holder.since if backend.locks_file else run.started,
        command=run.command.partition(" ")[0] or holder.command,
        run=run.id,
        step=step,
        commit=run.commit,
    )


def _is_of(run: Run, holder: LockHolder, backend: Backend) -> bool:
    if holder.session:
        return backend.same_session(run.session, holder.session)
    return (run.host, run.pid) == (holder.host, holder.pid)
