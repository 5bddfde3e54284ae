"""MySQL 8.0 and MariaDB 10.6 and later: the current database, by INFORMATION_SCHEMA."""

from __future__ import annotations

from typing import ClassVar

from handrail.databases.backups.base import Backups, fetched
from handrail.databases.base import Cursor

_TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
_ROUTINES = "SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()"
_EVENTS = "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()"
_KINDS = {"VIEW": "VIEW", "SEQUENCE": "SEQUENCE"}


class BackupsMySQL(Backups):
    """Statements commit one by one, so an emptied database is empty."""

    package: ClassVar = "mariadb-client or default-mysql-client"

    def tables(self, cursor: Cursor) -> dict[str, str]:
        """Views and MariaDB's sequences hold no rows of their own."""
        return {name: _quoted(name) for name, kind in fetched(cursor, _TABLES) if kind not in _KINDS}

    def emptying(self, cursor: Cursor) -> list[str]:
        """Triggers go with their tables; foreign keys are in no order's way while they are not checked (server variable)."""
        found = [f"DROP {_KINDS.get(kind, 'TABLE')} {_quoted(name)}" for name, kind in fetched(cursor, _TABLES)]
        found += [f"DROP {kind} {_quoted(name)}" for kind, name in fetched(cursor, _ROUTINES)]
        found += [f"DROP EVENT {_quoted(name)}" for (name,) in fetched(cursor, _EVENTS)]
        if not found:
            return []
        return ["SET foreign_key_checks = 0", *found, "SET foreign_key_checks = 1"]


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))
