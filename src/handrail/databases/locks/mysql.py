"""MySQL and MariaDB: metadata locks (MySQL 8.0 manual, 10.11.4; MariaDB knowledge base, "Metadata Locking")."""

from __future__ import annotations

from handrail.databases.locks.base import LockRules


class MySQLLocks(LockRules):
    """ALTER TABLE needs the exclusive metadata lock, at its end at the latest, also where it is done in place."""

    def altering(self, table: str) -> str:
        """Nobody reads or writes the table meanwhile."""
        return f"exclusive metadata lock on {table}"

    def indexing(self, table: str, *, concurrently: bool = False) -> str:  # noqa: ARG002 - there is no such operation there
        """The lock is held exclusively at the beginning and the end alone (MySQL 8.0 manual, 17.12.1)."""
        return f"exclusive metadata lock on {table}"
