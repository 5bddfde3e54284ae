"""PostgreSQL (manual of 18, 13.3.1 "Table-Level Locks")."""

from __future__ import annotations

from handrail.databases.locks.base import LockRules


class PostgreSQLLocks(LockRules):
    """Most forms of ALTER TABLE take ACCESS EXCLUSIVE; CREATE INDEX takes SHARE, and CONCURRENTLY SHARE UPDATE EXCLUSIVE."""

    def altering(self, table: str) -> str:
        """Nobody reads or writes the table meanwhile."""
        return f"ACCESS EXCLUSIVE on {table}"

    def indexing(self, table: str, *, concurrently: bool = False) -> str:
        """Nobody writes the table meanwhile; concurrently, everybody does."""
        return f"{'SHARE UPDATE EXCLUSIVE' if concurrently else 'SHARE'} on {table}"
