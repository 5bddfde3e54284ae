"""How the rows that one session writes are logged; to add a kind of database, add a file with one subclass of RowLogRules.

The file's name is Django's connection.vendor. Nothing here writes: statements are returned, and have no placeholders, so they are
executed with no parameters at all (None). A log is a table of its own. It has the columns of the table that it is about, with
exactly their types; triggers fill it, and look first whether the session that writes is the one that migrates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from handrail import registry
from handrail.databases.base import Cursor
from handrail.domain.dataclasses import dataclass, replace

ORDER = "hrk_s"
"""The column of a log that has the order of its entries."""
IMAGE = "hrk_i"
"""What an image of a row is: 0 a row that went away or was changed, as it was before; 1 a row that came, as it was then.

The order of an image says it too: it is even for 0, and odd for 1.
"""
ASSIGNED = "hrk_c"
"""The column of a log by sets that says which columns an entry has after the change, as bits by number; NULL for all of them."""

SAMPLE = 10_000
"""How many rows are looked at after a statement, whether they have become what was foreseen."""


class Column(NamedTuple):
    """A column that can be written. kind: its type, as the database calls it; definition: with length and character set."""

    name: str
    kind: str
    definition: str = ""


class Reference(NamedTuple):
    """A foreign key of one column: table and column that refer, and those that are referred to."""

    table: str
    column: str
    target: str
    target_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLog:
    """The log of one table. columns: those that are logged; key: of its primary key, () where it has none.

    name: of the log, and of what fills it. token: what a session says that writes for this log. copied: whether it has no
    triggers, but a copy of the table, which is compared with the table afterwards. sets: whether it has no triggers, but the rows
    that a statement is about to write, copied by its own condition. numbers: of the columns as the log counts them, () where it
    has these and no others.
    """

    table: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    token: str
    copied: bool = False
    sets: bool = False
    numbers: tuple[int, ...] = ()

    @property
    def has_triggers(self) -> bool:
        """Whether triggers fill it."""
        return not (self.copied or self.sets)

    @property
    def places(self) -> tuple[int, ...]:
        """The numbers of the columns in the log."""
        return self.numbers or tuple(range(len(self.columns)))

    def without(self, gone: Collection[str]) -> RowLog:
        """Return it without some columns, which are read no more."""
        stay = [number for number, column in enumerate(self.columns) if column.name not in gone]
        columns, places = tuple(self.columns[number] for number in stay), tuple(self.places[number] for number in stay)
        return replace(self, columns=columns, numbers=places)


class SetWrite(NamedTuple):
    """A statement that is understood. assigned: columns and what they get, as SQL; where: its condition, "" for none.

    deletes: whether the rows go; nothing is assigned then.
    """

    table: str
    assigned: tuple[tuple[str, str], ...]
    where: str
    deletes: bool


class RowLogRules(ABC):
    """What one kind of database can do about it."""

    ahead: ClassVar[bool]
    """Whether triggers lock a table against the application, so that they are made in a short transaction of their own."""
    commits: ClassVar[bool]
    """Whether making tables and triggers commits what was done before."""
    dialect: ClassVar[str]
    """What sqlglot calls it."""
    mark: ClassVar[str] = '"'
    """What names are quoted with."""

    def quote(self, name: str) -> str:
        """Return a name as it stands in a statement."""
        return f"{self.mark}{name.replace(self.mark, self.mark * 2)}{self.mark}"

    def names(self, names: Iterable[str], of: str = "") -> str:
        """Return names for a list in a statement. of: what stands in front of each."""
        return ", ".join(f"{of}{self.quote(name)}" for name in names)

    @abstractmethod
    def columns(self, cursor: Cursor, table: str) -> tuple[Column, ...]:
        """Return the columns of a table but those that are generated; () where there is no such table."""

    @abstractmethod
    def key(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """Return the columns of a table's primary key."""

    @abstractmethod
    def nullable(self, cursor: Cursor, table: str) -> set[str]:
        """Return the columns that can be NULL."""

    @abstractmethod
    def reached_from(self, cursor: Cursor, table: str) -> set[str]:
        """Return the tables that triggers of others may write when rows of a table are written, where nothing else shows that."""

    @abstractmethod
    def references_to(self, cursor: Cursor, table: str) -> list[Reference]:
        """Return the foreign keys that refer to a table."""

    @abstractmethod
    def uniques(self, cursor: Cursor, table: str) -> list[tuple[str, ...]]:
        """Return the columns of each unique constraint and index that holds for all rows, without the primary key's."""

    @abstractmethod
    def log(self, one: RowLog) -> str:
        """Return what makes the table of a log."""

    @abstractmethod
    def triggers(self, one: RowLog) -> list[str]:
        """Return what lets writes of the session fill a log."""

    @abstractmethod
    def no_triggers(self, one: RowLog) -> list[str]:
        """Return what drops the triggers of a log, also where some are gone."""

    @abstractmethod
    def leftovers(self, cursor: Cursor) -> list[tuple[str, str]]:
        """Return what drops the triggers that a run left behind, with their table."""

    @abstractmethod
    def say_token(self, token: str, *, local: bool) -> str:
        """Return what makes the session the one that a log is for; "" for none. local: until the end of the transaction.

        "" where triggers belong to their connection.
        """

    def counting(self, one: RowLog) -> str:
        """Return the SELECT of how many times a row was inserted, updated or deleted; of a copy: how many rows are others."""
        return f"SELECT count(*) FROM {self.quote(one.name)}"

    @abstractmethod
    def images(self, one: RowLog) -> str:
        """Return the SELECT of all images in a log, with ORDER and IMAGE."""

    @abstractmethod
    def net(self, one: RowLog) -> str:
        """Return the SELECT of what a log comes to, one row for each primary key.

        k, b, a, n with the number of the column: key, before, after and now (NULL as yet); had, has: whether there was a row
        before and after; live and v: 0.
        """

    def spans(self, one: RowLog) -> str:
        """Return the SELECT of the first and the last image of each primary key, by their order: hrk_f and hrk_l."""
        keys = self.names(one.key)
        return f"SELECT {keys}, min({ORDER}) AS hrk_f, max({ORDER}) AS hrk_l FROM ({self.images(one)}) AS x GROUP BY {keys}"

    def net_columns(self, one: RowLog, before: Sequence[str], after: Sequence[str]) -> str:
        """Return the columns of net. before, after: where the first and last image have those of the log, by their number."""
        names = [column.name for column in one.columns]
        parts = [f"g.{self.quote(name)} AS k{names.index(name)}" for name in one.key]
        parts += ["1 - g.hrk_f % 2 AS had", "g.hrk_l % 2 AS has", "0 AS live", "0 AS v"]
        for number in range(len(names)):
            parts.append(f"CASE WHEN g.hrk_f % 2 = 0 THEN {before[number]} END AS b{number}")
            parts.append(f"CASE WHEN g.hrk_l % 2 = 1 THEN {after[number]} END AS a{number}")
            parts.append(f"CASE WHEN g.hrk_f < 0 THEN {before[number]} END AS n{number}")
        return ", ".join(parts)

    def all_rows(self, one: RowLog) -> str:
        """Return what logs every row of a table as gone: before a statement that empties it and fires no trigger."""
        raise NotImplementedError

    @abstractmethod
    def same(self, one: str, other: str, kind: str) -> str:
        """Return the condition that two values of a type are the same to the last byte; NULL is the same as NULL."""

    @abstractmethod
    def update(self, table: str, source: str, on: str, values: Sequence[tuple[str, str]]) -> str:
        """Return an UPDATE of a table, called t, from a source, called w. values: columns, and what they get."""

    def delete(self, table: str, key: Sequence[tuple[str, str]], source: str, condition: str) -> str:
        """Return a DELETE of the rows of a table that a source, called w, has. key: columns of the table, and of the source."""
        found = f"SELECT {', '.join(of for _, of in key)} FROM {source} AS w WHERE {condition}"
        return f"DELETE FROM {self.quote(table)} WHERE ({self.names(name for name, _ in key)}) IN ({found})"

    def insert(self, table: str, columns: Sequence[str], select: str) -> str:
        """Return an INSERT that gives a table its rows with the primary keys that they had."""
        return f"INSERT INTO {self.quote(table)} ({self.names(columns)}) {select}"

    def scratch(self, name: str, key: Sequence[str], select: str) -> list[str]:
        """Return what makes a table of this session from a SELECT, with an index. key: its columns."""
        return [
            f"DROP TABLE IF EXISTS {self.quote(name)}",
            f"CREATE TEMPORARY TABLE {self.quote(name)} AS {select}",
            f"CREATE UNIQUE INDEX {self.quote(f'{name}_k')} ON {self.quote(name)} ({', '.join(key)})",
        ]

    def no_scratch(self, name: str) -> str:
        """Return what drops such a table."""
        return f"DROP TABLE {self.quote(name)}"

    def locking(self, table: str, source: str, on: str) -> str:
        """Return what keeps others from changing the rows of a table, t, that a source, w, has; "" where nobody can."""
        return f"SELECT count(*) FROM (SELECT 1 FROM {self.quote(table)} AS t JOIN {source} AS w ON {on} FOR UPDATE) AS x"

    def untriggered(self, cursor: Cursor) -> tuple[set[str], set[str]]:  # noqa: ARG002 - for those that have any
        """Return the tables that take no triggers, and those in which the database keeps what is in them."""
        return set(), set()

    def may_log(self, cursor: Cursor, table: str) -> bool | None:  # noqa: ARG002 - for those that have users
        """Say whether the user may make triggers on a table, None where the catalogue does not say it."""
        return True

    def trying(self, table: str) -> str:
        """Return a statement that fails in any case: as not_allowed says where the user must not make triggers on a table."""
        raise NotImplementedError

    def not_copied(self, cursor: Cursor, table: str) -> str:  # noqa: ARG002 - for those that have users
        """Say why a table cannot be copied and compared by this user while nobody else writes it; "" where it can."""
        return ""

    def steadying(self, cursor: Cursor) -> tuple[str, str]:  # noqa: ARG002 - for those that need it
        """Return what lets transactions that begin afterwards hold a table that is copied, and what takes that back."""
        return "", ""

    def is_steady(self, cursor: Cursor) -> bool:  # noqa: ARG002 - for those that need it
        """Say whether the transaction that has begun holds what it copies."""
        return True

    def copying(self, one: RowLog) -> list[str]:
        """Return what keeps others from writing a table until the end of the transaction, and copies it into its log.

        The last statement is the one that copies.
        """
        raise NotImplementedError

    def comparing(self, one: RowLog) -> list[str]:
        """Return what leaves in a log, of a copy of its table, what the transaction has done to the table since."""
        raise NotImplementedError

    def takes_sets(self, cursor: Cursor, one: RowLog) -> bool:  # noqa: ARG002 - for those that need it
        """Say whether rows of a table can be logged by the statements that write them: nothing else acts on the rows then."""
        return False

    def understood(self, sql: str, one: RowLog, *, has_params: bool) -> SetWrite | None:  # noqa: ARG002 - for those that need it
        """Return what a statement does, None where that is not certain. has_params: or % stands for itself."""
        return None

    def copying_set(self, one: RowLog, write: SetWrite) -> str:
        """Return what locks the rows that a statement is going to write, and copies them into the log with what becomes of them.

        It takes the parameters of the statement.
        """
        raise NotImplementedError

    def fitting(self, one: RowLog, write: SetWrite, last: int) -> str:
        """Return what counts, of the first SAMPLE entries after the last one, those whose rows have become what they say."""
        raise NotImplementedError

    def found_by(self, cursor: Any, *, deletes: bool) -> int | None:  # noqa: ARG002 - for those where it matters
        """Return how many rows the last statement of a cursor has found, None where it has warned, or nobody says it."""
        return int(cursor.rowcount)

    def acted_on(self, cursor: Cursor, table: str) -> set[str]:  # noqa: ARG002 - for those that have any
        """Return the tables that foreign keys change when rows of a table are deleted, where no trigger sees that."""
        return set()

    def followed(self, cursor: Cursor, table: str) -> dict[str, set[str]]:  # noqa: ARG002 - for those that have any
        """Return the columns of a table that foreign keys of others follow when they are updated, where no trigger sees that."""
        return {}

    def written(self, cursor: Cursor) -> dict[str, int] | None:  # noqa: ARG002 - for those that count
        """Return how many rows this transaction has written of each table so far, None where the server does not count that.

        Tables that the search path does not find are called by schema and name.
        """
        return None

    def holds(self, cursor: Cursor, table: str) -> bool:  # noqa: ARG002 - for those that lock
        """Say whether this transaction has locked a table already, so that a trigger on it is in nobody's way."""
        return not self.ahead

    def not_allowed(self, error: BaseException) -> bool:  # noqa: ARG002 - for those that have users
        """Say whether an error means that the user must not make tables or triggers there."""
        return False

    def unchecked(self) -> tuple[str, str]:
        """Return what keeps foreign keys from being checked row by row, and what lets them be checked again."""
        return "", ""


def row_logs_for(vendor: str) -> RowLogRules:
    """Return the rules of a kind of database by Django's connection.vendor; raise LookupError for an unknown one."""
    from handrail.databases import row_logs

    return registry.load(row_logs, RowLogRules, vendor)()  # type: ignore[type-abstract]


def rows_of(cursor: Cursor, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows; MySQL 8 gives some of its catalogue as bytes."""
    cursor.execute(sql, params)
    return [tuple(value.decode() if isinstance(value, bytes) else value for value in row) for row in cursor.fetchall()]
