"""Ending a process, an operation or a connection at one statement or commit: for a child process that nobody needs afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIRST = "INSERT INTO handrail_run"
"""Where counting begins unless all of it is counted: what is before only reads and waits, and that differs from run to run."""
READS = ("SELECT", "SHOW", "PRAGMA", "SAVEPOINT", "RELEASE", "BEGIN", "SET", "EXPLAIN")
RECORDS = ("INSERT INTO django_migrations", "DELETE FROM django_migrations")
RECORD = -2
"""The place of the commit that has the record with it: what comes before it differs with what is kept."""
MODES = ("kill", "error", "interrupt", "drop")
"""kill: SIGKILL. error: the driver raises. interrupt: as by Ctrl-C or SIGTERM. drop: the server ends the session."""


@dataclass(frozen=True)
class Stop:
    """Where and how. at: the number of the statement or commit. after: when it was done already."""

    at: int
    mode: str = "kill"
    after: bool = False
    from_start: bool = False

    def __str__(self) -> str:
        return f"{self.mode} {'after' if self.after else 'before'} event {self.at}"


class Stopper:
    """Counts what Django's connections send, and stops once."""

    def __init__(self, stop: Stop | None, end_session: Callable[[Any], None]) -> None:
        """end_session: has the server end the session of a DB-API connection."""
        self.stop, self.end_session = stop, end_session
        self.events: list[str] = []
        self.is_counting = stop is not None and stop.from_start
        self.stopped = self.is_recorded = False

    def install(self) -> None:
        """Stand between Django and the driver, for the rest of this process."""
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.backends.utils import CursorWrapper

        execute, executemany, commit = CursorWrapper._execute, CursorWrapper._executemany, BaseDatabaseWrapper._commit

        def one(cursor: Any, sql: str, *rest: Any) -> Any:
            return self._pass(cursor.db, str(sql), lambda: execute(cursor, sql, *rest))

        def many(cursor: Any, sql: str, *rest: Any) -> Any:
            return self._pass(cursor.db, str(sql), lambda: executemany(cursor, sql, *rest))

        def end(connection: Any) -> Any:
            return self._pass(connection, "COMMIT", lambda: commit(connection))

        CursorWrapper._execute, CursorWrapper._executemany, BaseDatabaseWrapper._commit = one, many, end

    def _pass(self, connection: Any, sql: str, call: Callable[[], Any]) -> Any:
        plain = sql.lstrip().replace('"', "").replace("`", "")
        self.is_counting = self.is_counting or plain.startswith(FIRST)
        if not self.is_counting:
            return call()
        number = len(self.events)
        self.events.append(plain[:100])
        self.is_recorded = self.is_recorded or plain.startswith(RECORDS)
        is_here = self.stop is not None and not self.stopped and self.stop.at in (number, self._name_of(plain))
        if is_here and not self.stop.after:  # type: ignore[union-attr]
            self._end(connection)
        try:
            return call()
        finally:
            if is_here:
                self._end(connection)  # also after a statement that fails, as one does that asks for a table that is not there

    def _name_of(self, plain: str) -> int | None:
        return RECORD if plain == "COMMIT" and self.is_recorded else None

    def _end(self, connection: Any) -> None:
        assert self.stop is not None
        self.stopped = True
        if self.stop.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.stop.mode == "interrupt":
            raise KeyboardInterrupt
        with connection.wrap_database_errors:
            if self.stop.mode == "error":
                raise connection.Database.OperationalError("stopped here")
            self.end_session(connection.connection)
            while True:
                connection.connection.cursor().execute("SELECT 1")


def is_write(event: str) -> bool:
    """Say whether a database can be another one after a statement."""
    return not event.startswith(READS)
