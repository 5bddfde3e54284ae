"""What came of really running two sides in both orders."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey


class Status(StrEnum):
    """How an order ended."""

    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run of both sides on a copy of the common ancestor.

    label: "ours, theirs" or "theirs, ours", each side in a deployment of its own, or "merged": both in one, in Django's order.
    migrations: in the order in which they ran or were to run. failed: the migration that raised, None where none did; error: what
    it raised, "" where status is OK.
    """

    label: str
    status: Status
    migrations: tuple[MigrationKey, ...] = ()
    failed: MigrationKey | None = None
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same after every order.

    table: the table's name, or "" for what belongs to none. kind: table, column, index, constraint, sequence, view, trigger,
    row, and so on. name: of the column, index or constraint; for a row its primary key. found: (label of the order, definition
    or value) pairs, with "" where an order has no such thing.
    """

    table: str
    kind: str
    name: str
    found: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Both orders, run, and what differs afterwards.

    vendor, version: of the database the orders ran on. orders: in the order in which they ran. schema_differences: of the live
    catalogues. name_differences: definitions that are equal but for a name that Django or the database made up. row_differences:
    of the rows, typed, by primary key; at most a few per table. unstable: "table.column" whose values differ from run to run of
    one and the same order (now(), random values), and which are therefore left out. rows: how many rows were made from the models
    before the sides ran. unseeded: models of the sides' apps that had no row then. data: whether a side has code or SQL that may
    change rows. notes: what a reader must know, in words. error: why nothing could be proved, "" where it could.
    """

    vendor: str
    version: str
    orders: tuple[Order, ...] = ()
    schema_differences: tuple[Difference, ...] = ()
    name_differences: tuple[Difference, ...] = ()
    row_differences: tuple[Difference, ...] = ()
    unstable: tuple[str, ...] = ()
    rows: int = 0
    unseeded: tuple[str, ...] = ()
    data: bool = False
    notes: tuple[str, ...] = ()
    error: str = ""

    @property
    def equal(self) -> bool:
        """Say whether every order ran and all ended in the same schema and the same rows.

        Without rows, nothing is proved about code or SQL that changes rows.
        """
        ran = bool(self.orders) and all(order.status is Status.OK for order in self.orders)
        compared = not (self.data and self.unseeded)
        return ran and compared and not self.error and not self.schema_differences and not self.row_differences

    @property
    def ending(self) -> str:
        """How it ended, in a few words."""
        if self.error:
            return f"not run: {self.error}"
        if self.equal:
            return "every order ends in the same schema and the same rows"
        failed = [order.label for order in self.orders if order.status is Status.ERROR]
        if failed:
            return f"fails in the order {' and '.join(failed)}"
        what = [word for word, found in (("schema", self.schema_differences), ("rows", self.row_differences)) if found]
        return f"the orders differ in {' and '.join(what)}" if what else "models without rows, so that nothing is known of them"
