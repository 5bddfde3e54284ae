"""What is known of single statements; to add a kind of database, add a file with one subclass of StatementRules.

The file's name is Django's connection.vendor. Statements come as Django's schema editors write them, and as people write them in
RunSQL. Nothing here changes a database: definitions are read through the cursor that is given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from handrail import registry
from handrail.databases.base import Cursor

Definitions = Mapping[str, str | None]
"""Objects by name, with their definitions as text; None where there is no such object.

A table's key is its name as the statement says it ("shop_order", "other.shop_order"); others say what they are: "view v".
"""


class Manner(StrEnum):
    """How a statement may run.

    transaction: in a transaction, together with its mark. alone: it commits by itself, or must not be in a transaction; what it
    did is judged by definitions. unknown: what it does cannot be told from its text.
    """

    TRANSACTION = "transaction"
    ALONE = "alone"
    UNKNOWN = "unknown"


class Judgement(StrEnum):
    """Whether a statement was done. ambiguous: the definitions cannot say, or somebody else changed them too."""

    DONE = "done"
    NOT_DONE = "not done"
    AMBIGUOUS = "ambiguous"


class Restoring(NamedTuple):
    """How definitions are brought back to what they were before a statement.

    statements: in their order; they hold no placeholders, so they are executed with no parameters at all (None). must_be_empty:
    tables that are dropped, so they must have no rows. impossible: why it cannot be done, "" where it can.
    """

    statements: tuple[str, ...] = ()
    must_be_empty: tuple[str, ...] = ()
    impossible: str = ""


class StatementRules(ABC):
    """What one kind of database does with statements. Every method takes one statement as it is sent to the server."""

    @abstractmethod
    def manner(self, sql: str) -> Manner:
        """Return how a statement may run."""

    @abstractmethod
    def snapshot(self, cursor: Cursor, sql: str) -> dict[str, str | None]:
        """Return the definitions of all that the statement could change; {} where its manner is not alone."""

    @abstractmethod
    def judge(self, sql: str, before: Definitions, live: Definitions) -> Judgement:
        """Say whether a statement was done, by snapshots of before it began and of now.

        Not done where nothing changed and the statement can be repeated; done where all its own changes are there, and
        no others.
        """

    def clearing(self, cursor: Cursor, sql: str) -> list[str]:  # noqa: ARG002
        """Return the statements that drop what a broken try left in the way of the statement; [] where nothing is."""
        return []

    def broken_index(self, clearing: str) -> str:  # noqa: ARG002
        """Return the name of the index that a statement of clearing drops, "" where it drops none."""
        return ""

    def holding(self, table: str) -> tuple[str, str]:  # noqa: ARG002
        """Return what keeps others from writing a table while it is altered, and what lets them again; "" where nothing does."""
        return "", ""

    @abstractmethod
    def restoring(self, sql: str, before: Definitions, live: Definitions) -> Restoring:
        """Return what brings the definitions from live back to before, for a statement whose manner is alone.

        It is computed from live, so it can be computed and run again after it was stopped half-way.
        """


def rules_for(vendor: str) -> StatementRules:
    """Return the rules of a kind of database by Django's connection.vendor; raise LookupError for an unknown one."""
    from handrail.databases import statements

    return registry.load(statements, StatementRules, vendor)()  # type: ignore[type-abstract]
