"""SQLite: SQLite's own online backup (backup.html), which Python has, and which waits for whoever writes.

django-dbbackup's connector makes it too, but holds it in memory, and restores by writing over the file while others have it open.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any, ClassVar

from handrail.errors.hr624 import BackupFailed
from handrail.execution.dumping.base import Dumping

WAIT = 30.0
"""Seconds that restoring waits for another connection that does not get on with reading or writing."""


class DumpingSQLite(Dumping):
    """The dump is a database itself."""

    extension: ClassVar = "sqlite3"
    is_atomic: ClassVar = True

    def require(self) -> None:
        """Nothing is needed."""

    def dump(self, target: IO[bytes]) -> None:
        """Copy page by page, into a file of its own first: a database is opened by its name."""
        self.connection.ensure_connection()
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            place = Path(folder) / "copy.sqlite3"
            try:
                with closing(sqlite3.connect(place)) as copy:
                    self._driver().backup(copy)
            except sqlite3.Error as error:
                raise BackupFailed(alias=self.connection.alias, what="making a backup", reason=str(error)) from error
            with place.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)

    def problem(self, file: Path) -> str:
        """pragma.html#pragma_quick_check: one row, "ok", where nothing is wrong."""
        try:
            with closing(_opened(file)) as copy:
                (first, *_) = copy.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            return str(error)
        return "" if first == "ok" else str(first)

    def restore(self, file: Path, emptying: Sequence[str], *, is_scratch: bool = False) -> None:  # noqa: ARG002 - the base's
        """The old pages are replaced in one transaction (c3ref/backup_finish.html)."""
        self.connection.ensure_connection()
        try:
            with closing(_opened(file)) as source:
                source.backup(self._driver(), progress=_patient(WAIT))
        except (sqlite3.Error, TimeoutError) as error:
            raise BackupFailed(alias=self.connection.alias, what="restoring a backup", reason=str(error)) from error

    def _driver(self) -> Any:
        return self.connection.connection


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _patient(seconds: float) -> Callable[[int, int, int], None]:
    """Return what ends a backup that only waits: sqlite3.Connection.backup tries again for ever (Python's documentation)."""
    started = time.monotonic()

    def check(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() - started > seconds:
            raise TimeoutError(f"another connection had the file locked for {seconds:.0f} seconds")

    return check
