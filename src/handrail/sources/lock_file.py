"""The lock file beside a SQLite database, and who holds it."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from handrail.domain.run import LockHolder

ENDING = ".handrail.lock"
"""What the lock file's name adds to the database's."""


def path_of(database: str) -> Path:
    """Return the lock file of a database; database: its file, without symbolic links."""
    return Path(database + ENDING)


def try_lock(handle: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file if nobody has it; the system gives it back when the process ends, however (man 2 flock).

    shared: only to see whether somebody has it, so that two that look do not meet.
    """
    try:
        import fcntl
    except ImportError:
        return _try_windows(handle)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _try_windows(handle: int) -> bool:
    """Lock one byte far behind the text, for a locked one cannot be read by others (Python documentation, msvcrt.locking)."""
    import msvcrt

    os.lseek(handle, 1 << 30, os.SEEK_SET)
    try:
        getattr(msvcrt, "locking")(handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009  (there on Windows alone)
    except OSError:
        return False
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return True


def to_text(holder: LockHolder) -> bytes:
    """Return what a holder writes into its lock file."""
    since = holder.since.isoformat() if holder.since else ""
    said = {"host": holder.host, "pid": holder.pid, "user": holder.user, "since": since, "command": holder.command}
    return json.dumps(said, ensure_ascii=False).encode()


def read_lock_file(database: str) -> LockHolder | None:
    """Return who holds the lock file of a database, None where nobody does, whatever its text says."""
    try:
        handle = os.open(path_of(database), os.O_RDWR)
    except FileNotFoundError:
        return None
    except PermissionError:
        handle = os.open(path_of(database), os.O_RDONLY)
    try:
        return None if try_lock(handle, shared=True) else _parsed(os.read(handle, 65536))
    finally:
        os.close(handle)


def _parsed(text: bytes) -> LockHolder:
    """A holder that has not written yet is a holder all the same."""
    with suppress(ValueError, KeyError, TypeError):
        said = json.loads(text)
        since = datetime.fromisoformat(said["since"]) if said["since"] else None
        return LockHolder(host=said["host"], pid=said["pid"], user=said["user"], since=since, command=said["command"])
    return LockHolder()
