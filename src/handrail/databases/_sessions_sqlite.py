"""Connections of SQLite 3.35 and later: there is no server, so the lock is a file's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from handrail.databases._sessions import Sessions, causes
from handrail.domain.database import ErrorKind
from handrail.domain.run import Blocker

if TYPE_CHECKING:
    from handrail.databases.base import Cursor

_KINDS = {5: ErrorKind.LOCK_TIMEOUT, 6: ErrorKind.LOCK_TIMEOUT, 8: ErrorKind.READ_ONLY, 13: ErrorKind.DISK_FULL}
"""rescode.html: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_READONLY, SQLITE_FULL; extended codes have these in their lowest byte."""

OPENED = "the database was opened read-only"


class SQLiteSessions(Sessions):
    """What connections know; nothing is known of others (lockingv3.html: locks on a file have no names)."""

    dialect: ClassVar = "sqlite"
    locks_file: ClassVar = True

    def lock_key(self, cursor: Cursor) -> str:
        """The file of the database without symbolic links, "" in memory (pragma.html#pragma_database_list)."""
        cursor.execute("PRAGMA database_list")
        file = next((str(row[2] or "") for row in cursor.fetchall() if row[1] == "main"), "")
        return os.path.realpath(file) if file else ""

    def try_lock(self, cursor: Cursor, key: str) -> bool:
        """There are no locks of sessions."""
        raise NotImplementedError("SQLite has no session locks: the lock is a file's")

    holds = unlock = holder = try_lock  # type: ignore[assignment]

    def session(self, cursor: Cursor) -> str:  # noqa: ARG002 - the base's signature
        """A connection has no name."""
        return ""

    def sessions_hold(self, connection: Any, cursor: Cursor) -> bool:  # noqa: ARG002 - the base's signature
        """A connection is the process's own."""
        return True

    def session_statements(self, lock_timeout: int, name: str = "") -> list[str]:  # noqa: ARG002 - the base's signature
        """pragma.html#pragma_busy_timeout, in milliseconds."""
        return [f"PRAGMA busy_timeout = {int(lock_timeout)}"]

    def local_statements(self, lock_timeout: int) -> list[str]:
        """The same."""
        return self.session_statements(lock_timeout)

    def read_only(self, cursor: Cursor) -> str:
        """Writing what is there already tells, under the write lock; a lock of somebody else is another matter.

        The write lock alone does not: BEGIN IMMEDIATE only reads where nothing can be written (seen with SQLite 3.46).
        """
        from django.db import Error

        file = self.lock_key(cursor)
        if file and Path(file).exists() and not os.access(file, os.W_OK):
            return f"the file {file} cannot be written"
        cursor.execute("PRAGMA busy_timeout")
        ((patience,),) = cursor.fetchall()
        cursor.execute("PRAGMA busy_timeout = 0")  # whoever writes now is asked for the lock, and waited for there
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except Error as error:
            return OPENED if self.error_kind(error) is ErrorKind.READ_ONLY else ""
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")
        try:
            cursor.execute("PRAGMA user_version")
            cursor.execute(f"PRAGMA user_version = {cursor.fetchall()[0][0]}")
        except Error as error:
            return OPENED if self.error_kind(error) is ErrorKind.READ_ONLY else ""
        finally:
            cursor.execute("ROLLBACK")
        return ""

    def error_kind(self, error: BaseException) -> ErrorKind:
        """sqlite3.Error.sqlite_errorcode is there since Python 3.11."""
        codes = [code for one in causes(error) if (code := getattr(one, "sqlite_errorcode", None)) is not None]
        return _KINDS.get(codes[0] & 0xFF, ErrorKind.OTHER) if codes else ErrorKind.OTHER

    def blockers(self, cursor: Cursor, tables: Sequence[str] = ()) -> tuple[Blocker, ...]:  # noqa: ARG002 - the base's signature
        """Another connection, of which nothing is known but the file."""
        file = self.lock_key(cursor)
        return (Blocker(session="unknown", lock="a lock", table=file),) if file else ()

    def still_running(self, cursor: Cursor, session: str) -> str:  # noqa: ARG002 - the base's signature
        """What a process did ends with it."""
        return ""
