"""The lock where sessions do not hold: a row with an owner, a heartbeat by the database's clock, and a fencing number.

Whoever finds the heartbeat older than its time to live takes the lease and counts the fencing number up. The former owner, should
it only have been slow, sees that before its next record, in the transaction of that record, and stops.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from handrail.execution.lock import Lock
from handrail.sources.lease import SESSION, TABLE, has_lease, is_stale

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

HEARTBEAT = 5.0
"""Seconds between two heartbeats: five may get lost before anybody else takes the lease."""


class Lease(Lock):
    """The row that stands for the lock, and the thread that keeps it fresh on a connection of its own."""

    kind: ClassVar = "lease"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take nothing yet."""
        super().__init__(*args, **kwargs)
        self.owner = secrets.token_hex(32)
        self.fence = 0
        self._heart: Heart | None = None
        self._is_there = False

    def _try(self) -> bool:
        self._ensure()
        if not self._take():
            return False
        self.session = f"{SESSION}{self.fence}"
        self._heart = Heart(self.connection, self.backend.clock, self.owner, self.fence)
        self._heart.start()
        return True

    def _take(self) -> bool:
        """Take the row if nobody has it, and never wait for one that its owner has locked.

        SKIP LOCKED is there in PostgreSQL, in MySQL since 8.0.1 and in MariaDB since 10.6.
        """
        from django.db import transaction

        clock = self.backend.clock
        free = f"id = 1 AND (owner = '' OR {is_stale(clock)})"
        values = (self.owner, socket.gethostname()[:255], os.getpid(), f"{self.command} {self.who}"[:255])
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute(f"SELECT fence FROM {TABLE} WHERE {free} FOR UPDATE SKIP LOCKED")
            rows = cursor.fetchall()
            if not rows:
                return False
            self.fence = rows[0][0] + 1
            cursor.execute(
                f"UPDATE {TABLE} SET owner = %s, fence = fence + 1, heartbeat = {clock}, host = %s, pid = %s, who = %s"
                " WHERE id = 1",
                values,
            )
        return True

    def _ensure(self) -> None:
        """Make the table and its row; several may try at once, and one will have made it."""
        from django.db import DatabaseError, IntegrityError

        from handrail.sources.journal_models import LeaseRow

        if self._is_there:
            return
        with self.connection.cursor() as cursor:
            present = has_lease(self.connection, cursor)
        if not present:
            try:
                with self.connection.schema_editor() as editor:
                    editor.create_model(LeaseRow)
            except DatabaseError:
                with self.connection.cursor() as cursor:
                    if not has_lease(self.connection, cursor):
                        raise
        rows = LeaseRow.objects.using(self.connection.alias)
        if not rows.filter(id=1).exists():
            with suppress(IntegrityError):
                rows.create(id=1, owner="", fence=0, heartbeat=None, host="", pid=0, who="")
        self._is_there = True

    def _lost(self) -> str:
        """Lock the row in a transaction of the caller, so that nobody takes the lease before that is committed."""
        locked = " FOR UPDATE" if self.connection.in_atomic_block else ""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT owner, fence FROM {TABLE} WHERE id = 1{locked}")
            rows = cursor.fetchall()
        held = self._heart is not None and [tuple(row) for row in rows] == [(self.owner, self.fence)]
        return "" if held else "another process took the lease when its heartbeat stayed away"

    def _release(self) -> None:
        heart, self._heart = self._heart, None
        if heart is None:
            return
        heart.stop()
        with self.connection.cursor() as cursor:
            cursor.execute(f"UPDATE {TABLE} SET owner = '' WHERE id = 1 AND owner = %s AND fence = %s", [self.owner, self.fence])


class Heart(threading.Thread):
    """Writes the heartbeat until it is stopped or the lease belongs to somebody else; a failed beat is tried again."""

    def __init__(self, connection: BaseDatabaseWrapper, clock: str, owner: str, fence: int) -> None:
        """connection: whose settings a connection of its own is made with."""
        super().__init__(name="handrail-heartbeat", daemon=True)
        self._model = connection
        self._sql = f"UPDATE {TABLE} SET heartbeat = {clock} WHERE id = 1 AND owner = %s AND fence = %s"
        self._values = (owner, fence)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Beat. Transactions that hold the row make it wait for no longer than they last."""
        connection = self._model.copy()
        try:
            while not self._stopped.wait(HEARTBEAT):
                if not self._beat(connection):
                    return
        finally:
            connection.close()

    def _beat(self, connection: BaseDatabaseWrapper) -> bool:
        """Write one heartbeat, and say whether the lease is still ours, as far as is known."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(self._sql, self._values)
                return bool(cursor.rowcount)
        except Exception:  # noqa: BLE001  (the next beat begins with a new connection)
            with suppress(Exception):
                connection.close()
            return True

    def stop(self) -> None:
        """End it, and wait until its connection is closed, but not for a server that does not answer."""
        self._stopped.set()
        self.join(timeout=HEARTBEAT)
