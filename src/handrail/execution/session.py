"""Opening the session that migrates: past a pooler if there is a way, with its timeouts, and refused where it cannot write."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from handrail.checks.hr213 import Preflight
from handrail.databases.base import Backend
from handrail.domain.run import Run, RunOptions
from handrail.errors.base import Refusal
from handrail.errors.hr404 import StillRunning
from handrail.execution.journal import user_name
from handrail.sources.reach import reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def prepared(connection: BaseDatabaseWrapper, backend: Backend, options: RunOptions, name: str) -> Iterator[None]:
    """Have a session that is set up for migrating. Raises DatabaseNotReached, and a refusal where nothing can be written.

    Inside a transaction of the caller the session is left as it is. Afterwards the connection is closed, so that whoever uses it
    next has none of these settings. name: the command; the server is told it with the process, the user and the host. Where
    sessions do not hold, HANDRAIL["direct"] is followed for as long as the process lives.
    """
    if connection.in_atomic_block:
        yield
        return
    before = getattr(connection, "transaction_mode", None)
    _set_up(connection, backend, options, name)
    try:
        yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = before  # type: ignore[attr-defined]
        if not connection.in_atomic_block:
            connection.close()


def _set_up(connection: BaseDatabaseWrapper, backend: Backend, options: RunOptions, name: str) -> None:
    """Behind a pooler the session belongs to others too, and is left as it is: see statements_here.

    SQLite gives a transaction that begins with reading no second chance to write (lang_transaction.html), so it begins with the
    write lock.
    """
    with reaching(connection.alias):
        connection.prepare_database()
        holds = sessions_hold(connection, backend)
        if not holds and connection.alias in options.direct:
            go_directly(connection, options.direct[connection.alias])
            holds = sessions_hold(connection, backend)
        with connection.cursor() as cursor:
            reason = backend.read_only(cursor)
        if reason:
            help = "run it against the server that takes writes"
            raise Refusal(Preflight.refused(connection.alias, f"cannot be written: {reason}", help))
        if holds:
            statements = backend.session_statements(options.lock_timeout, client_name(name))
            _run(connection, statements, backend.optional_statements())
    if connection.vendor == "sqlite":
        connection.transaction_mode = "IMMEDIATE"  # type: ignore[attr-defined]


def sessions_hold(connection: BaseDatabaseWrapper, backend: Backend) -> bool:
    """Say whether all statements of a connection reach one session of the one server that takes writes."""
    with connection.cursor() as cursor:
        return backend.sessions_hold(connection.connection, cursor)


def go_directly(connection: BaseDatabaseWrapper, place: Mapping[str, Any]) -> None:
    """Lead a connection to another address; it is opened when it is next used. place: as in DATABASES."""
    connection.close()
    if hasattr(connection, "close_pool"):  # Django's own pool of PostgreSQL connections keeps to the old address
        connection.close_pool()
    connection.settings_dict.update(place)


def client_name(command: str) -> str:
    """Return what others see of this process on a server that shows names: "handrail migrate 4711 ann@web-1"."""
    return f"handrail {command.partition(' ')[0]} {os.getpid()} {user_name().replace(' ', '_')}@{socket.gethostname()}"


def refuse_still_running(connection: BaseDatabaseWrapper, backend: Backend, run: Run) -> None:
    """Make sure that the server has ended what an interrupted run left it. Raises StillRunning."""
    with reaching(connection.alias), connection.cursor() as cursor:
        what = backend.still_running(cursor, run.session)
    if what:
        raise StillRunning(alias=connection.alias, run=run.id, session=run.session, what=what)


def _run(connection: BaseDatabaseWrapper, statements: list[str], optional: list[str]) -> None:
    from django.db import Error

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        for statement in optional:
            with suppress(Error):
                cursor.execute(statement)


def statements_here(connection: BaseDatabaseWrapper, backend: Backend, options: RunOptions, kind: str) -> Callable[[], None]:
    """Return what sets the timeouts of the transaction that has just begun: nothing where the session holds them."""

    def prepare() -> None:
        if kind == "lease":
            _run(connection, backend.local_statements(options.lock_timeout), [])

    return prepare
