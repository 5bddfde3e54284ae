"""What altering a column does to its values; to add a kind of database, add a file with one subclass of ValueRules.

The file's name is Django's connection.vendor. Types come as Django's fields write them, values as SQL: quoted columns, or
expressions. Everything is returned as SQL but for what prepare makes for the session; nothing else is executed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from handrail import registry
from handrail.databases.base import Cursor

Details = dict[str, Any]
"""What a side table needs to know of the columns that it copies, as JSON has it."""
WAS, BECAME, BACK, OTHERS, FITS, VERDICT = "was", "became", "back", "others", "fits", "verdict"
"""Columns of a side table, after those of the primary key (k1, k2, ...).

was: the value before the alteration; became: the value after it. back: that one changed back. others: a digest of eight
characters for each other column of the row. fits: 0 where the value did not fit. verdict: what becomes of a row when it is
brought back.
"""


class Side(NamedTuple):
    """A side table, and the column whose values it has. Names are not quoted; keys: of the primary key; column: before.

    old, new: the types before and after. details: what columns has read.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    column: str
    old: str
    new: str
    details: Details


class ValueRules(ABC):
    """What one kind of database does to values."""

    calls_own: ClassVar[bool] = False
    """Whether its conditions call what prepare makes, also where nothing is guarded."""
    copies_first: ClassVar[bool] = False
    """Whether what a value becomes is computed in the side table before the alteration, as others may write in between."""

    @abstractmethod
    def widens(self, old: str, new: str) -> bool:
        """Say whether every value of the old type is the same one in the new type, and comes back the same; in doubt, not."""

    @abstractmethod
    def prepare(self, cursor: Cursor, old: str, new: str) -> None:
        """Make what misfits, changes and becomes need in this session, where it may be made."""

    @abstractmethod
    def misfits(self, value: str, old: str, new: str, check: str) -> str:
        """Return the condition for values that the new type cannot take; "" where there are none, or it cannot be told.

        check: the condition of the new column, "" without one; its value is written as CHECKED.
        """

    @abstractmethod
    def changes(self, value: str, old: str, new: str) -> str:
        """Return the condition for values that are others after they were changed to the new type and back; "" if none can tell.

        For values that do not fit it is true, or an error, which a savepoint has to hold.
        """

    def guarded(self, condition: str, value: str) -> str:  # noqa: ARG002
        """Return a condition that raises no error for values that do not fit; prepare has been called."""
        return condition

    def copied(self, value: str, old: str, new: str) -> str:
        """Return the condition for values that are to be copied: it holds for all that change."""
        return self.changes(value, old, new) or f"{value} IS NOT NULL"

    def becomes(self, value: str, new: str) -> str:  # noqa: ARG002
        """Return what a value is to be after the alteration where the database leaves it as it is; "" elsewhere."""
        return ""

    @abstractmethod
    def cut(self, value: str, old: str, new: str) -> str:
        """Return the part of a value that fits, "" where there is no such part."""

    @abstractmethod
    def same(self, one: str, other: str, type: str) -> str:
        """Return the condition for two values of a type to be exactly the same, also NULL."""

    @abstractmethod
    def digest(self, value: str) -> str:
        """Return eight characters that stand for a value."""

    def joined(self, texts: Sequence[str]) -> str:
        """Return texts one after the other."""
        return " || ".join(texts) or "''"

    @abstractmethod
    def columns(self, cursor: Cursor, table: str, names: Sequence[str]) -> Details:
        """Read what create needs to know of the columns of a table. table, names: not quoted."""

    @abstractmethod
    def create(self, side: Side) -> list[str]:
        """Return the statements that make a side table."""

    @abstractmethod
    def update(self, side: Side, target: str, column: str, value: str, where: str) -> str:
        """Return an UPDATE of one column of the table (target "t") or the side table ("s"), by the rows of the other one.

        value, where: SQL in which the two are called t and s.
        """

    def on(self, side: Side) -> str:
        """Return the condition for a row of the table (t) and one of the side table (s) to be of one primary key."""
        pairs = zip(side.keys, keys_of(len(side.keys)), strict=True)
        return " AND ".join(f"t.{self.quoted(key)} = s.{name}" for key, name in pairs)

    def lock(self, table: str) -> list[str]:  # noqa: ARG002
        """Return what keeps others from writing until the alteration is done; [] where nothing does."""
        return []

    def settle(self) -> list[str]:
        """Return what lets a table be altered after its keys were written in the same transaction."""
        return []

    def strict(self) -> tuple[str, str]:
        """Return what makes the session refuse what does not fit, and what reads how to set it back; "" where it always does."""
        return "", ""

    def quoted(self, name: str) -> str:
        """Quote a name."""
        return '"{}"'.format(name.replace('"', '""'))


CHECKED = "hrk_value"
"""How the condition of a column names its value."""


def keys_of(count: int) -> list[str]:
    """Return what a side table calls the columns of a primary key."""
    return [f"k{number + 1}" for number in range(count)]


def either(*conditions: str) -> str:
    """Join conditions, without those that never hold; "" where none is left."""
    found = [one for one in conditions if one]
    return " OR ".join(f"({one})" for one in found)


def rules_for(vendor: str) -> ValueRules | None:
    """Return the rules of a kind of database by Django's connection.vendor; None for an unknown one."""
    from handrail.databases import values

    try:
        return registry.load(values, ValueRules, vendor)()  # type: ignore[type-abstract]
    except LookupError:
        return None


def update_from(rules: ValueRules, side: Side, target: str, column: str, value: str, where: str) -> str:
    """Return ValueRules.update as UPDATE .. FROM."""
    table, other = f"{rules.quoted(side.table)} AS t", f"{rules.quoted(side.name)} AS s"
    one, other = (table, other) if target == "t" else (other, table)
    return f"UPDATE {one} SET {column} = {value} FROM {other} WHERE {rules.on(side)} AND ({where})"
