"""MySQL 8.0 and MariaDB 10.6 and later: columns, tables and triggers of the current database, by INFORMATION_SCHEMA."""

from __future__ import annotations

from itertools import groupby

from handrail.databases.base import Cursor
from handrail.databases.purging.base import NOTHING_KNOWN, PREFIX, Purging, Size, checked, counted, fetched

_BEGINS = "LEFT({}, CHAR_LENGTH(%s)) = %s"
_COLUMNS = f"""SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND {_BEGINS.format("column_name")} AND NOT {_BEGINS.format("table_name")}
    ORDER BY table_name, column_name"""
_TABLES = f"""SELECT table_name, data_length + index_length FROM information_schema.tables
    WHERE table_schema = DATABASE() AND {_BEGINS.format("table_name")} ORDER BY table_name"""
_TRIGGERS = f"""SELECT trigger_name FROM information_schema.triggers
    WHERE trigger_schema = DATABASE() AND {_BEGINS.format("trigger_name")}"""


_NAMES = f"""
    SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND {_BEGINS.format("column_name")}
    UNION SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND {_BEGINS.format("table_name")}
    UNION SELECT trigger_name FROM information_schema.triggers
    WHERE trigger_schema = DATABASE() AND {_BEGINS.format("trigger_name")}"""


class PurgingMySQL(Purging):
    """Every statement commits by itself."""

    def names(self, cursor: Cursor) -> list[str]:
        """In the current database."""
        return [str(name) for (name,) in fetched(cursor, _NAMES, *[PREFIX] * 6)]

    def dropping(self, cursor: Cursor, aside: str) -> list[str]:
        """A column goes together with its marker, in one statement."""
        checked(aside)
        found = [f"DROP TRIGGER {_quoted(name)}" for (name,) in fetched(cursor, _TRIGGERS, aside, aside)]
        for table, columns in groupby(fetched(cursor, _COLUMNS, *[aside] * 4), key=lambda row: row[0]):
            drops = ", ".join(f"DROP COLUMN {_quoted(column)}" for _, column in columns)
            found.append(f"ALTER TABLE {_quoted(table)} {drops}")
        found += [f"DROP TABLE {_quoted(name)}" for name, _ in fetched(cursor, _TABLES, aside, aside)]
        return found

    def emptying(self, cursor: Cursor, aside: str) -> list[str]:  # noqa: ARG002 - the base's signature
        """DROP TABLE locks no other table, and deleting the rows before would write each of them to the logs."""
        return []

    def size(self, cursor: Cursor, aside: str) -> Size:
        """Count small columns; a table's size is that of its last statistics (information-schema-tables-table)."""
        checked(aside)
        for table, column in fetched(cursor, _COLUMNS, *[aside] * 4):
            return counted(cursor, _quoted(table), _quoted(column), "LENGTH(v)")
        tables = fetched(cursor, _TABLES, aside, aside)
        if not tables:
            return NOTHING_KNOWN
        return Size(counted(cursor, _quoted(tables[0][0]), "", "").rows, int(sum(size or 0 for _, size in tables)))


def _quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))
