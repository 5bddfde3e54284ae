"""What backups ask of a database; to add a kind of database, add a file with one subclass of Backups.

The file's name is Django's connection.vendor. Nothing here changes a database: statements are returned.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from handrail import registry
from handrail.databases.base import Cursor


class Backups(ABC):
    """One kind of database. package: Debian's name of the package that has the programs, "" where none are needed."""

    package: ClassVar[str] = ""

    @abstractmethod
    def tables(self, cursor: Cursor) -> dict[str, str]:
        """Return all tables of the database by the names that people use, quoted for SQL; none of the system or of extensions."""

    @abstractmethod
    def emptying(self, cursor: Cursor) -> list[str]:
        """Return the statements that drop all that a dump would make; [] where nothing is there."""

    def rows(self, cursor: Cursor) -> dict[str, int]:
        """Count the rows of every table."""
        found = {}
        for name, quoted in sorted(self.tables(cursor).items()):
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}", None)
            found[name] = int(cursor.fetchall()[0][0])
        return found


def backups_for(vendor: str) -> Backups:
    """Return what a kind of database knows, by Django's connection.vendor; raise LookupError for an unknown one."""
    from handrail.databases import backups

    return registry.load(backups, Backups, vendor)()  # type: ignore[type-abstract]


def fetched(cursor: Cursor, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query; MySQL 8 gives some names of information_schema as bytes."""
    cursor.execute(sql, None)
    return [tuple(value.decode() if isinstance(value, bytes) else value for value in row) for row in cursor.fetchall()]
