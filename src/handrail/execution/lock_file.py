"""The lock of a SQLite database: a file beside it, locked as long as the process lives."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar

from handrail.domain.run import LockHolder
from handrail.errors.base import Refusal
from handrail.execution.lock import Lock
from handrail.sources.lock_file import path_of, to_text, try_lock


class FileLock(Lock):
    """An exclusive lock on a file. The file is removed with the lock, so whoever locks one makes sure that it is still there."""

    kind: ClassVar = "file"
    _handle: int | None = None

    def _try(self) -> bool:
        handle = self._open()
        if not try_lock(handle) or not self._is_in_place(handle):
            os.close(handle)
            return False
        self._handle = handle
        self._write()
        return True

    def _open(self) -> int:
        path = path_of(self.key)
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            from handrail.checks.hr213 import Preflight

            problem = f"cannot be locked: {path} cannot be written ({error.strerror})"
            help = "give the user that migrates the right to write in that folder; SQLite itself needs it too"
            raise Refusal(Preflight.refused(self.connection.alias, problem, help)) from error

    def _write(self) -> None:
        assert self._handle is not None
        holder = LockHolder(
            host=socket.gethostname(), pid=os.getpid(), user=self.who, since=datetime.now(UTC), command=self.command
        )
        os.ftruncate(self._handle, 0)
        os.write(self._handle, to_text(holder))

    def _is_in_place(self, handle: int) -> bool:
        """Say whether the path still leads to the open file."""
        try:
            return os.path.samestat(os.fstat(handle), path_of(self.key).stat())
        except FileNotFoundError:
            return False

    def _lost(self) -> str:
        if self._handle is None:
            return "it was never taken, or given back"
        return "" if self._is_in_place(self._handle) else f"{path_of(self.key)} was removed or replaced"

    def _release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            if self._is_in_place(handle):
                with suppress(PermissionError):  # Windows removes no file that is open
                    path_of(self.key).unlink(missing_ok=True)
        finally:
            os.close(handle)
