"""What each kind of database does to keep a column or a table; to add one, add a file with one subclass of KeepingRules.

The file's name is Django's connection.vendor. Nothing here changes a database: what is there is read through the cursor that is
given, as details that JSON can hold, and all statements are written from those alone, so that they are the same in every process.
Names are those of the database without quotes; statements hold no placeholders.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from handrail import registry
from handrail.databases.base import Cursor
from handrail.domain.kept import Form

Details = Mapping[str, Any]
"""What it takes to bring a thing back, as the rules of that database read it. foreign_keys: see ForeignKey, of every database."""


class ForeignKey(NamedTuple):
    """A foreign key that is released while a thing is aside; as a list in details.

    table: whose it is. nullable: whether its first column can be NULL. definition: what ALTER TABLE adds, "" where the table's
    own text holds it. local: where its table is the one that is kept.
    """

    table: str
    columns: Sequence[str]
    target: str
    target_columns: Sequence[str]
    nullable: bool
    name: str
    definition: str
    local: bool


class KeepingRules(ABC):
    """What one kind of database does. column_form, table_form: whether a thing itself is set aside, or a copy of it."""

    column_form: ClassVar[Form]
    table_form: ClassVar[Form]
    there: ClassVar[str] = ""
    """Says whether there is a table, index or sequence of a name, as it is written in SQL; "" where that cannot be asked."""

    @abstractmethod
    def column(self, cursor: Cursor, table: str, column: str) -> dict[str, Any]:
        """Return the details of a column."""

    def filled(self, details: Details, value: str) -> dict[str, Any]:  # noqa: ARG002
        """Return what changes in the details of a column where rows that come while it is aside can have a value at once.

        value: what they would get when it comes back, as a literal; details have it as fills where they get it at once.
        """
        return {}

    def column_text(self, cursor: Cursor, table: str, column: str) -> str:  # noqa: ARG002
        """Return the definition with which a column that was copied is added again, with its name; "" where it is set aside."""
        return ""

    @abstractmethod
    def column_aside(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Return the statements that set a column aside; a copy: those before it is dropped."""

    def column_after(self, table: str, aside: str, details: Details) -> list[str]:  # noqa: ARG002
        """Return what comes after the column was dropped that was copied."""
        return []

    @abstractmethod
    def column_back(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Return the statements that give a column its name and values back, before anything is required of the values."""

    @abstractmethod
    def column_again(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Return the statements that require of the values what was required, after fill was set for those that came since."""

    def nulls(self, table: str, aside: str, details: Details) -> str:  # noqa: ARG002
        """Return the condition of rows of which NULL is kept, or nothing, in a column that may be that."""
        return f"{self.quoted(aside)} IS NULL"

    @abstractmethod
    def since(self, table: str, column: str, aside: str, details: Details, *, back: bool) -> str:
        """Return the condition of rows that have no kept value and need one; "" where there are none, or they need none.

        back: whether column_back was done.
        """

    def newest(self, cursor: Cursor, table: str, aside: str, details: Details) -> str:  # noqa: ARG002 - for those that look
        """Return what the newest rows are read from, to look at them before all others are; "" where nobody knows them."""
        return ""

    @abstractmethod
    def table(self, cursor: Cursor, table: str) -> dict[str, Any]:
        """Return the details of a table."""

    @abstractmethod
    def table_aside(self, table: str, aside: str, details: Details) -> list[str]:
        """Return the statements that set a table aside; a copy: those before it is dropped."""

    @abstractmethod
    def table_back(self, table: str, aside: str, details: Details) -> list[str]:
        """Return the statements that bring a table back, without its foreign keys."""

    def views(self, cursor: Cursor, table: str, column: str) -> list[list[Any]]:  # noqa: ARG002
        """Return the views that DROP .. CASCADE would drop with a table, or a column of it; each as JSON holds it."""
        return []

    def views_aside(self, views: Sequence[Any], aside: str, *, is_table: bool) -> list[str]:  # noqa: ARG002
        """Return the statements that set views aside, after their table, or before their column."""
        return []

    def views_back(self, views: Sequence[Any], aside: str, *, is_table: bool) -> list[str]:  # noqa: ARG002
        """Return the statements that bring views back, before their table, or after their column."""
        return []

    def dangling(self, cursor: Cursor) -> list[str]:  # noqa: ARG002
        """Return the statements that drop what is in the way of rows, as what it needs was destroyed meanwhile."""
        return []

    def place(self, table: str, aside: str, details: Details) -> str:  # noqa: ARG002
        """Return the name by which the rows of a table are found while it is aside."""
        return aside

    @abstractmethod
    def kinds(self, cursor: Cursor, place: str) -> dict[str, str]:
        """Return the columns of a table with their whole types, but those that are generated. place: see place."""

    @abstractmethod
    def like(self, table: str, name: str) -> str:
        """Return the statement that makes a table with the columns of another one, and without its rows."""

    @abstractmethod
    def counts_on(self, cursor: Cursor, table: str, place: str, details: Details) -> list[str]:
        """Return the statements that let a table that was made anew number its rows on from where the kept one is."""

    @abstractmethod
    def released(self, key: ForeignKey) -> str:
        """Return the statement that drops a foreign key; "" where there is none to drop."""

    @abstractmethod
    def required(self, key: ForeignKey) -> str:
        """Return the statement that adds a foreign key; "" where the table's own text holds it."""

    @abstractmethod
    def quoted(self, name: str) -> str:
        """Quote a name."""

    def written(self, sql: str) -> str:
        """Return a statement that writes rows, so that the table can be altered after it in one transaction."""
        return sql

    def keys(self, details: Details) -> list[ForeignKey]:
        """Return the foreign keys that are released."""
        return [ForeignKey(*one) for one in details.get("foreign_keys", [])]

    def lost(self, key: ForeignKey, *, table: str = "", columns: Sequence[str] = (), without: str = "") -> str:
        """Return what follows FROM where rows are counted whose target is gone.

        table, columns: where their values are now. without: the condition of rows of a local key that do not count.
        """
        q, columns = self.quoted, columns or key.columns
        pairs = " AND ".join(f"target.{q(b)} = own.{q(a)}" for a, b in zip(columns, key.target_columns, strict=True))
        there = " AND ".join(f"own.{q(name)} IS NOT NULL" for name in columns)
        but = f" AND NOT (own.{without})" if without and key.local else ""
        found = f"SELECT 1 FROM {q(key.target)} target WHERE {pairs}"
        return f"{q(table or key.table)} own WHERE {there}{but} AND NOT EXISTS ({found})"

    def lost_of_copy(self, key: ForeignKey, aside: str, details: Details) -> str:  # noqa: ARG002
        """Return what follows FROM where values of a copy are counted whose target is gone."""
        return self.lost(key, table=aside, columns=["v"])

    def emptied(self, key: ForeignKey) -> str:
        """Return the statement that takes the value from rows whose target is gone."""
        q = self.quoted
        condition = self.lost(key).partition(" own WHERE ")[2]
        return self.written(f"UPDATE {q(key.table)} AS own SET {q(key.columns[0])} = NULL WHERE {condition}")


def rules_for(vendor: str) -> KeepingRules | None:
    """Return the rules of a kind of database by Django's connection.vendor, None for an unknown one."""
    from handrail.databases import keeping

    try:
        return registry.load(keeping, KeepingRules, vendor)()  # type: ignore[type-abstract]
    except LookupError:
        return None
