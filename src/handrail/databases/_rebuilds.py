"""What has to be known of a table before Django rebuilds it, on the databases whose features say rebuilds_tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from handrail.databases.base import Cursor


class Attached(NamedTuple):
    """A trigger, an index or a view that is lost with a table, or in the way when it is renamed.

    kind: trigger, index or view. is_own: whether it is one of the table's; else it is a view, or the trigger of something
    else, that names the table or a view on it.
    sql: what makes it again. words: the words in that, folded, without string literals.
    """

    kind: str
    name: str
    is_own: bool
    sql: str
    words: frozenset[str]


class Rebuilds(ABC):
    """Reads what a rebuild could lose; every method but fold takes a cursor or a statement, and changes nothing.

    foreign_key_violations: a SELECT of table, row and target of each row that has no target.
    """

    foreign_key_violations: ClassVar[str]

    @abstractmethod
    def columns(self, cursor: Cursor) -> dict[str, tuple[str, ...]]:
        """Return the columns of every table by its folded name, generated ones too."""

    @abstractmethod
    def columns_of(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """Return the columns of one table, generated ones too; none where it is not there."""

    @abstractmethod
    def attached(self, cursor: Cursor, table: str) -> list[Attached]:
        """Return the triggers and indexes of a table, the views on it, and the triggers that name any of them, oldest first."""

    @abstractmethod
    def index_definition(self, sql: str) -> str:
        """Return what a CREATE INDEX makes, without its name and its table; equal texts are equal indexes."""

    @abstractmethod
    def fold(self, name: str) -> str:
        """Return a name as the database compares it."""

    @abstractmethod
    def counter(self, cursor: Cursor, table: str) -> int | None:
        """Return the last number that a table has given to a row, None where it has given none."""

    @abstractmethod
    def count_on(self, table: str, number: int) -> list[str]:
        """Return the statements that let a rebuilt table go on after a number: its copy knows nothing of rows that are gone."""

    @abstractmethod
    def forgetting(self, cursor: Cursor, *, inserted: bool) -> list[tuple[str, str, str]]:
        """Return the triggers, with their tables and what makes them, that let copies of columns forget rows that are deleted.

        inserted: also those that let them forget the row that had the primary key of a new one.
        """
