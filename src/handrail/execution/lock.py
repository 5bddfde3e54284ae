"""The lock: one process at a time migrates a database.

It is held by the connection that runs the migrations, so that after a kill it is free only when the server has ended the last
statement of the dead process too. It is polled, never waited for in the server: a session that waits for an advisory lock has a
snapshot, for which CREATE INDEX CONCURRENTLY of the holder waits (PostgreSQL 18, 13.3.5 and CREATE INDEX).
"""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Self
from weakref import WeakKeyDictionary

from handrail.domain.database import ErrorKind
from handrail.domain.run import LockHolder
from handrail.errors.base import Refusal
from handrail.errors.hr303 import LockLost
from handrail.sources.backend import backend_of
from handrail.sources.reach import reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Waiting = Callable[[LockHolder | None, float], None]
"""Called once a poll with the holder, as far as it is known, and the seconds waited so far."""
HELD: WeakKeyDictionary[BaseDatabaseWrapper, Lock] = WeakKeyDictionary()
"""The lock that each connection holds: a migration that calls migrate must not wait for itself."""
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.05, 1.0, 1.5
"""Seconds between two polls, at first and at most, and by what they grow."""


class Lock(ABC):
    """The lock of one database, as a context manager.

    kind: session, file, lease or none. session: what the journal calls the session that holds it; known once it is held.
    """

    kind: ClassVar[str]

    def __init__(
        self, connection: BaseDatabaseWrapper, key: str, *, wait: float, waiting: Waiting, who: str, command: str = "migrate"
    ) -> None:
        """key: what is locked, as the backend names it. wait: seconds. who: the user. command: what for; its first word shows."""
        self.connection = connection
        self.backend = backend_of(connection)
        self.key = key
        self.wait = wait
        self.waiting = waiting
        self.who = who
        self.command = command.partition(" ")[0]
        self.session = ""
        self._outer: Lock | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock, polling. Raises Locked after the time to wait, and DatabaseNotReached.

        Inside a transaction of the caller it is tried once: one that polls in a transaction makes CONCURRENTLY wait for ever.
        """
        outer = HELD.get(self.connection)
        if outer is not None and outer.key == self.key:
            outer.check()
            self._outer, self.session = outer, outer.session
            return
        started, pause = time.monotonic(), FIRST_PAUSE
        while True:
            with reaching(self.connection.alias):
                if self._try():
                    HELD[self.connection] = self
                    return
                holder = self._holder()
            waited = time.monotonic() - started
            if waited >= self.wait or self.connection.in_atomic_block:
                raise self._refusal(holder, waited)
            self.waiting(holder, waited)
            time.sleep(min(random.uniform(pause / 2, pause), self.wait - waited))
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    def _holder(self) -> LockHolder | None:
        from handrail.sources.holder import read_holder

        return read_holder(self.connection)

    def _refusal(self, holder: LockHolder | None, waited: float) -> Refusal:
        """Return what ends the waiting; where the holder's process is gone, the server is still at its last statement."""
        from handrail.errors.hr301 import Locked
        from handrail.errors.hr404 import StillRunning
        from handrail.sources.holder import is_gone

        doing = ""
        if holder is not None and holder.session:
            with reaching(self.connection.alias), self.connection.cursor() as cursor:
                doing = self.backend.still_running(cursor, holder.session)
        if doing and holder is not None and holder.run is not None and is_gone(holder):
            return StillRunning(alias=self.connection.alias, run=holder.run, session=holder.session, what=doing)
        return Locked(alias=self.connection.alias, holder=holder, waited=waited, doing=doing)

    def check(self) -> None:
        """Make sure that the lock is still held; cheap. Raises LockLost where it is not."""
        from django.db import Error

        held = self._outer or self
        try:
            lost = held._lost()
        except Error as error:
            if self.backend.error_kind(error) is not ErrorKind.CONNECTION_LOST:
                raise
            raise LockLost(alias=self.connection.alias, why="the connection that held it is broken") from error
        if lost:
            raise LockLost(alias=self.connection.alias, why=lost)

    def release(self) -> None:
        """Give the lock back, if it is held; never raises. A session that cannot give it back is ended, which does."""
        if self._outer is not None:
            self._outer = None
            return
        if HELD.get(self.connection) is self:
            del HELD[self.connection]
        try:
            self._release()
        except Exception:  # noqa: BLE001  (whatever it is, the run's own end is what is to be told)
            with suppress(Exception):
                self.connection.close()

    @property
    def is_nested(self) -> bool:
        """Say whether it is held through the lock of a run around this one."""
        return self._outer is not None

    @abstractmethod
    def _try(self) -> bool:
        """Take the lock if it is free, and say whether it was."""

    @abstractmethod
    def _lost(self) -> str:
        """Return why the lock is not held any more, "" where it is."""

    @abstractmethod
    def _release(self) -> None:
        """Give it back."""


class SessionLock(Lock):
    """A lock that the server keeps with the session."""

    kind: ClassVar = "session"

    def _try(self) -> bool:
        with self.connection.cursor() as cursor:
            taken = self.backend.try_lock(cursor, self.key)
            if taken:
                self.session = self.backend.session(cursor)
        return taken

    def _lost(self) -> str:
        with self.connection.cursor() as cursor:
            return "" if self.backend.holds(cursor, self.key) else "the session that held it has ended"

    def _release(self) -> None:
        if self.session and self.connection.connection is not None:
            with self.connection.cursor() as cursor:
                self.backend.unlock(cursor, self.key)


class NoLock(Lock):
    """For a database in memory, which nobody else can reach."""

    kind: ClassVar = "none"

    def _try(self) -> bool:
        return True

    def _lost(self) -> str:
        return ""

    def _release(self) -> None:
        """Nothing is held."""


def lock_for(connection: BaseDatabaseWrapper, *, wait: float, waiting: Waiting, who: str, command: str = "migrate") -> Lock:
    """Return the lock of a database, not yet taken, of the kind that can be relied on there.

    wait: seconds. waiting: called while another process holds it. who: the user that migrates. command: what for.
    Raises NoSettings for an unknown kind of database, and DatabaseNotReached.
    """
    backend = backend_of(connection)
    with reaching(connection.alias), connection.cursor() as cursor:
        key = backend.lock_key(cursor)
        holds = backend.sessions_hold(connection.connection, cursor)
    kind = _kind(key, locks_file=backend.locks_file, sessions_hold=holds)
    return kind(connection, key, wait=wait, waiting=waiting, who=who, command=command)


def _kind(key: str, *, locks_file: bool, sessions_hold: bool) -> type[Lock]:
    if locks_file:
        from handrail.execution.lock_file import FileLock

        return FileLock if key else NoLock
    if sessions_hold:
        return SessionLock
    from handrail.execution.lease import Lease

    return Lease
