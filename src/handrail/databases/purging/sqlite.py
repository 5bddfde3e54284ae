"""SQLite 3.35 and later: side tables and their triggers, by sqlite_schema."""

from __future__ import annotations

from handrail.databases.base import Cursor
from handrail.databases.purging.base import NOTHING_KNOWN, ROWS_AT_ONCE, Purging, Size, checked, counted, fetched

_NAMES = "SELECT name, sql FROM sqlite_master WHERE type = %s AND substr(name, 1, length(%s)) = %s ORDER BY name"


class PurgingSQLite(Purging):
    """There is one writer at a time in the whole file, so what takes long is done in pieces."""

    def names(self, cursor: Cursor) -> list[str]:
        """Columns are never aside."""
        return [str(name) for (name,) in fetched(cursor, "SELECT name FROM sqlite_master")]

    def dropping(self, cursor: Cursor, aside: str) -> list[str]:
        """The triggers are on the table whose values were kept, and go first."""
        checked(aside)
        found = [f"DROP TRIGGER {_quoted(name)}" for name, _ in fetched(cursor, _NAMES, "trigger", aside, aside)]
        found += [f"DROP TABLE {_quoted(name)}" for name, _ in fetched(cursor, _NAMES, "table", aside, aside)]
        return found

    def emptying(self, cursor: Cursor, aside: str) -> list[str]:
        """DROP TABLE goes through all pages of a table under the write lock (lang_droptable.html)."""
        found = fetched(cursor, _NAMES, "table", checked(aside), aside)
        tables = [_quoted(name) for name, sql in found if "WITHOUT ROWID" not in sql.upper()]
        return [f"DELETE FROM {one} WHERE rowid IN (SELECT rowid FROM {one} LIMIT {ROWS_AT_ONCE})" for one in tables]

    def size(self, cursor: Cursor, aside: str) -> Size:
        """Count; how many bytes a table has is in no catalogue (dbstat.html is compiled in rarely)."""
        checked(aside)
        tables = [name for name, _ in fetched(cursor, _NAMES, "table", aside, aside)]
        return Size(counted(cursor, _quoted(tables[0]), "", "").rows, None) if tables else NOTHING_KNOWN


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
