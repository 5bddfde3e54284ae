"""What each kind of database says of what an operation would meet; to add one, add a file with one subclass of ProbingRules.

The file's name is Django's connection.vendor. Everything here reads: through Ask, which runs one SELECT.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from handrail import registry

Ask = Callable[[str, Sequence[Any]], "list[tuple[Any, ...]] | None"]
"""Runs one SELECT with parameters, and returns its rows; None where they could not be had in time."""


class Dependent(NamedTuple):
    """Something that no migration need know, and that uses a table.

    kind: view, materialized view, rule, foreign key, generated column, trigger, function or policy. owner: the table that it
    belongs to, "" where it belongs to none. columns: those of the used table that it uses; None: it uses the table as a whole.
    definition: in the database's words, or what makes it again.
    """

    kind: str
    name: str
    owner: str
    columns: frozenset[str] | None
    definition: str

    def __str__(self) -> str:
        """Say what it is: "view v", "trigger t of shop_thing"."""
        return f"{self.kind} {self.name}{f' of {self.owner}' if self.owner else ''}"


class ProbingRules(ABC):
    """One kind of database. limits: statements that bound what follows in a transaction; {ms} is the time it may take.

    is_mariadb: whether it is MariaDB, which Django calls MySQL too. fixes_type: kinds of Dependent that keep it from altering
    the type of a column that they use.
    """

    limits: ClassVar[Sequence[str]] = ()
    fixes_type: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *, is_mariadb: bool = False) -> None:
        self.is_mariadb = is_mariadb

    def limited(self, sql: str, seconds: int) -> str:  # noqa: ARG002
        """Return a SELECT that ends by itself when it takes too long, where one statement can say so."""
        return sql

    def is_late(self, error: BaseException) -> bool:  # noqa: ARG002
        """Say whether an error means that a SELECT took longer than it may, or waited too long for a lock."""
        return False

    @abstractmethod
    def dependents(self, ask: Ask, table: str) -> list[Dependent]:
        """Return what uses a table, without its own indexes, constraints, and its triggers where these name no column."""

    def hidden(self, ask: Ask, table: str) -> list[str]:  # noqa: ARG002
        """Say what could use a table and is hidden from the user, in words."""
        return []

    def default_collation(self, ask: Ask, table: str) -> str:  # noqa: ARG002
        """Return the collation of a column of a table for which none is stated, "" where none need be named."""
        return ""


def rules_for(connection: Any) -> ProbingRules:
    """Return the rules for Django's connection; raise LookupError for an unknown kind of database."""
    from handrail.databases import probing

    rules = registry.load(probing, ProbingRules, connection.vendor)  # type: ignore[type-abstract]
    return rules(is_mariadb=getattr(connection, "mysql_is_mariadb", False))


def words(text: str) -> set[str]:
    """Return the words of a definition in lower case."""
    return set(re.findall(r"\w+", text.lower()))


def merged(found: Iterable[tuple[str, str, str, str | None, str]]) -> list[Dependent]:
    """Join rows of kind, name, owner, column and definition to one Dependent for each thing, sorted."""
    columns: dict[tuple[str, str, str, str], set[str]] = {}
    for kind, name, owner, column, definition in found:
        columns.setdefault((kind, name, owner, definition), set()).update([column] if column else [])
    return sorted(
        Dependent(kind, name, owner, frozenset(used) or None, definition)
        for (kind, name, owner, definition), used in columns.items()
    )


def named_in(text: str, columns: Collection[str]) -> frozenset[str]:
    """Return the columns that a text names as words."""
    there = words(text)
    return frozenset(column for column in columns if column.lower() in there)
