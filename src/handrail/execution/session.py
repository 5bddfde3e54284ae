"""Opening the session that migrates: past a pooler if there is a way, with its timeouts, and refused where it cannot write."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from handrail.domain.run import Run, RunOptions
from handrail.errors.base import Refusal
from handrail.errors.hr404 import StillRunning
from handrail.execution.lock import HELD
from handrail.sources.backend import backend_of
from handrail.sources.reach import reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def prepared(connection: BaseDatabaseWrapper, options: RunOptions, *, who: str, command: str) -> Iterator[None]:
    """Have a session that is set up for migrating; see open_session for what it raises.

    Inside a transaction of the caller, and inside another run, the session is left as it is. Afterwards the connection is closed,
    so that whoever uses it next has none of these settings. SQLite gives a transaction that begins with reading no second chance
    to write (lang_transaction.html), so here they begin with the write lock.
    """
    if connection.in_atomic_block or connection in HELD:
        yield
        return
    with reaching(connection.alias):
        connection.prepare_database()
    open_session(connection, options, who=who, command=command)
    before = getattr(connection, "transaction_mode", None)
    if hasattr(connection, "transaction_mode"):
        connection.transaction_mode = "IMMEDIATE"
    try:
        yield
    finally:
        if hasattr(connection, "transaction_mode"):
            connection.transaction_mode = before
        if not connection.in_atomic_block:
            connection.close()


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
            from handrail.checks.hr213 import Preflight

            help = "run it against the server that takes writes"
            raise Refusal(Preflight.refused(connection.alias, f"cannot be written: {reason}", help))
        if holds:
            set_up_session(connection, options.lock_timeout, client_name(command, who))
    return holds


def client_name(command: str, who: str) -> str:
    """Return what others see of this process on a server that shows names: "handrail migrate 4711 ann@web-1"."""
    return f"handrail {command.partition(' ')[0]} {os.getpid()} {who.replace(' ', '_')}@{socket.gethostname()}"


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


def set_up_transaction(connection: BaseDatabaseWrapper, lock_timeout: int, *, sessions_hold: bool) -> Callable[[], None]:
    """Return what sets the timeouts of a transaction that has just begun: nothing where the session has them."""

    def prepare() -> None:
        if not sessions_hold:
            with connection.cursor() as cursor:
                for statement in backend_of(connection).local_statements(lock_timeout):
                    cursor.execute(statement)

    return prepare
