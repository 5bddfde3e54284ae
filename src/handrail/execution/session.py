"""Opening the session that migrates: directly where a pooler is in between, with its timeouts, and refused where it cannot write."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from handrail.checks.hr213 import Preflight
from handrail.domain.run import Run, RunOptions
from handrail.errors.base import Refusal
from handrail.errors.hr404 import StillRunning
from handrail.sources.backend import backend_of
from handrail.sources.reach import reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def open_session(connection: BaseDatabaseWrapper, options: RunOptions, *, who: str, command: str = "migrate") -> bool:
    """Connect and set the session up, and say whether sessions hold there: False behind a pooler, and on Galera.

    Where they do not hold, HANDRAIL["direct"] is followed first; without it nothing is set for the session, and every transaction
    has to begin with Backend.local_statements. who: the user, command: what for; both are shown to others on the server.
    Raises DatabaseNotReached, NoSettings, and HR213 where the server takes no writes.
    """
    backend = backend_of(connection)
    with reaching(connection.alias):
        holds = sessions_hold(connection)
        if not holds and connection.alias in options.direct and not connection.in_atomic_block:
            go_directly(connection, options.direct[connection.alias])
            holds = sessions_hold(connection)
        with connection.cursor() as cursor:
            reason = backend.read_only(cursor)
        if reason:
            help = "run it against the server that takes writes"
            raise Refusal(Preflight.refused(connection.alias, f"cannot be written: {reason}", help))
        if holds:
            set_up_session(connection, options.lock_timeout, f"handrail {command} {os.getpid()} {who}@{socket.gethostname()}")
    return holds


def sessions_hold(connection: BaseDatabaseWrapper) -> bool:
    """Say whether all statements of a connection reach one session of the one server that takes writes."""
    with connection.cursor() as cursor:
        return backend_of(connection).sessions_hold(connection.connection, cursor)


def go_directly(connection: BaseDatabaseWrapper, place: Mapping[str, Any]) -> None:
    """Lead a connection to another address, for as long as the process lives, and connect anew when it is next used."""
    connection.close()
    if hasattr(connection, "close_pool"):  # Django's own pool of PostgreSQL connections keeps to the old address
        connection.close_pool()
    connection.settings_dict.update(place)


def set_up_session(connection: BaseDatabaseWrapper, lock_timeout: int, name: str = "") -> None:
    """Set timeouts and the name of the session. lock_timeout: milliseconds."""
    from django.db import Error

    backend = backend_of(connection)
    with connection.cursor() as cursor:
        for statement in backend.session_statements(lock_timeout, name):
            cursor.execute(statement)
        if not connection.in_atomic_block:  # an error would end a transaction of the caller
            for statement in backend.optional_statements():
                with suppress(Error):
                    cursor.execute(statement)


def refuse_still_running(connection: BaseDatabaseWrapper, run: Run) -> None:
    """Make sure that the server has ended what an interrupted run left it. Raises StillRunning."""
    with reaching(connection.alias), connection.cursor() as cursor:
        what = backend_of(connection).still_running(cursor, run.session)
    if what:
        raise StillRunning(alias=connection.alias, run=run.id, session=run.session, what=what)
