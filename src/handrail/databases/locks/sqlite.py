"""SQLite locks the whole file (sqlite.org/lockingv3.html; with a write-ahead log others may read: sqlite.org/wal.html)."""

from __future__ import annotations

from handrail.databases.locks.base import LockRules

WHOLE = "write lock on the whole database"


class SQLiteLocks(LockRules):
    """One writer at a time, whatever it writes."""

    def altering(self, table: str) -> str:  # noqa: ARG002 - it is the same for every table
        """Nobody writes anything meanwhile."""
        return WHOLE

    def indexing(self, table: str, *, concurrently: bool = False) -> str:  # noqa: ARG002 - it is the same for every table
        """Nobody writes anything meanwhile."""
        return WHOLE
