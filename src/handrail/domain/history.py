"""What a live database tells beside the files: records, foreign keys, and what stands in its tables."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey


class Presence(StrEnum):
    """How much of what a migration makes is in a database."""

    PRESENT = "present"
    PARTIAL = "partial"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    """It makes no table and no column, or later operations that cannot be read may have moved them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The commit that a file or a line came with; commit is "" where it is not committed."""

    commit: str = ""
    author: str = ""
    subject: str = ""

    def __str__(self) -> str:
        return f"came with {self.commit[:10]} by {self.author} ({self.subject})" if self.commit else "is not committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a migration makes, and whether it is there. found, lacking: tables, and columns as table.column.

    other: whether it also does what leaves neither a table nor a column behind, of which nothing can be told.
    """

    presence: Presence
    found: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    other: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A migration that is not recorded, and those that are and depend on it, in plan order."""

    parent: MigrationKey
    children: tuple[MigrationKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key as the database has it."""

    table: str
    column: str
    to_table: str
    to_column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} -> {self.to_table}.{self.to_column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwappedModel:
    """A model that a setting has swapped out. setting: AUTH_USER_MODEL. old, new: labels such as auth.User. table: the old one's.

    new_table: that of the model in its place. own_tables: those of the old model's many-to-many fields.
    """

    setting: str
    old: str
    new: str
    table: str
    new_table: str
    own_tables: tuple[str, ...] = ()
