"""SQLite 3.35 and later: a backup is a copy of the file, and restoring one replaces all of it (backup.html)."""

from __future__ import annotations

from handrail.databases.backups.base import Backups, fetched
from handrail.databases.base import Cursor


class BackupsSQLite(Backups):
    """No program is needed."""

    def tables(self, cursor: Cursor) -> dict[str, str]:
        """Read sqlite_schema; virtual tables have others that hold their rows."""
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        return {name: '"{}"'.format(name.replace('"', '""')) for (name,) in fetched(cursor, sql)}

    def emptying(self, cursor: Cursor) -> list[str]:  # noqa: ARG002 - the base's signature
        """Nothing of the old content stays."""
        return []
