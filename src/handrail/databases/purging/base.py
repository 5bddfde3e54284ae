"""What is aside, wherever it is now; to add a kind of database, add a file with one subclass of Purging.

The file's name is Django's connection.vendor. All that one kept thing consists of has one name, with sixteen hexadecimal digits
that occur once, or a name that begins with it: so it is looked for by that, also where its table was renamed or is aside itself.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from handrail import registry
from handrail.databases.base import Cursor

BOUND = 100_000
"""How many rows are counted at most."""
ROWS_AT_ONCE = 10_000
"""How many rows are deleted in one transaction where a table is emptied before it is dropped."""
PREFIX = "hrk_"
_NAME = re.compile(PREFIX + "[0-9a-f]{16}")


class Size(NamedTuple):
    """How much is kept; None where it is too much to be counted, or the database does not say."""

    rows: int | None
    bytes: int | None


NOTHING_KNOWN = Size(None, None)


class Purging(ABC):
    """What one kind of database does with what is aside. Nothing here changes a database: statements are returned."""

    @abstractmethod
    def names(self, cursor: Cursor) -> list[str]:
        """Return the names of all columns, tables, schemas and triggers that begin with PREFIX."""

    def present(self, cursor: Cursor) -> frozenset[str]:
        """Return the names of the kept things of which something is there."""
        matches = (_NAME.match(name) for name in self.names(cursor))
        return frozenset(match[0] for match in matches if match)

    @abstractmethod
    def dropping(self, cursor: Cursor, aside: str) -> list[str]:
        """Return the statements that destroy what is there of a kept thing, in their order; [] where nothing is there.

        Each of them can be the last: what is left is found again. They have no parameters.
        """

    @abstractmethod
    def emptying(self, cursor: Cursor, aside: str) -> list[str]:
        """Return the statements that delete some rows each, to be repeated until they find none, before dropping."""

    @abstractmethod
    def size(self, cursor: Cursor, aside: str) -> Size:
        """Say how much is kept under a name."""


def purging_for(vendor: str) -> Purging:
    """Return what a kind of database knows, by Django's connection.vendor; raise LookupError for an unknown one."""
    from handrail.databases import purging

    return registry.load(purging, Purging, vendor)()  # type: ignore[type-abstract]


def checked(aside: str) -> str:
    """Return the name; raise ValueError for any that is not of something aside, so that nothing else is ever dropped."""
    if not _NAME.fullmatch(aside):
        raise ValueError(f"{aside!r} is no name of something that is aside")
    return aside


def counted(cursor: Cursor, table: str, column: str, length: str) -> Size:
    """Count the values of a column, or the rows of a table where column is "". length: SQL for the bytes of a value.

    table, column: quoted. At most BOUND rows are read.
    """
    part = f"SELECT {column or '1'} AS v FROM {table} LIMIT {BOUND + 1}"
    cursor.execute(f"SELECT COUNT(*), COUNT(v), {f'SUM({length})' if column else 'NULL'} FROM ({part}) AS counted")
    ((read, values, size),) = cursor.fetchall()
    return NOTHING_KNOWN if read > BOUND else Size(int(values), int(size or 0) if column else None)


def fetched(cursor: Cursor, sql: str, *parameters: Any) -> list[Any]:
    """Return the rows of a query; MySQL 8 gives some names of information_schema as bytes."""
    cursor.execute(sql, parameters)
    return [tuple(value.decode() if isinstance(value, bytes) else value for value in row) for row in cursor.fetchall()]
