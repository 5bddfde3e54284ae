"""Opening the session that migrates: past a pooler if there is a way, with its timeouts, and refused where it cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from handrail.checks.hr213 import Preflight
from handrail.databases.base import Backend
from handrail.domain.run import RunOptions
from handrail.errors.base import Refusal
from handrail.sources.reach import reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def prepared(connection: BaseDatabaseWrapper, backend: Backend, options: RunOptions, name: str) -> Iterator[None]:
    """Have a session that is set up for migrating. Raises DatabaseNotReached, and a refusal where nothing can be written.

    Inside a transaction of the caller the session is left as it is. Afterwards the connection is closed, so that whoever uses it
    next has none of these settings.
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
        connection.ensure_connection()
        with connection.cursor() as cursor:
            reason = backend.read_only(cursor)
            holds = backend.sessions_hold(connection.connection, cursor)
        if reason:
            raise Refusal(Preflight.refused(connection.alias, reason, "migrate the server that takes writes"))
        if holds:
            _run(connection, backend.session_statements(options.lock_timeout, name), backend.optional_statements())
    if connection.vendor == "sqlite":
        connection.transaction_mode = "IMMEDIATE"  # type: ignore[attr-defined]


def _run(connection: BaseDatabaseWrapper, statements: list[str], optional: list[str]) -> None:
    from django.db import Error

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        for statement in optional:
            with suppress(Error):
                cursor.execute(statement)


def statements_here(
    connection: BaseDatabaseWrapper, backend: Backend, options: RunOptions, kind: str
) -> Callable[[], None]:
    """Return what sets the timeouts of the transaction that has just begun: nothing where the session holds them."""

    def prepare() -> None:
        if kind == "lease":
            _run(connection, backend.local_statements(options.lock_timeout), [])

    return prepare
