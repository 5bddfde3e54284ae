"""What is kept instead of being destroyed, and how it is brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction


class KeptKind(StrEnum):
    """What a person calls it: a column (all its values, or those that an alteration changed), a table, or changed rows."""

    COLUMN = "column"
    TABLE = "table"
    ROWS = "rows"


class Form(StrEnum):
    """How it is kept.

    aside: the column or table itself, under another name. copy: its values, in a table of their own. changes: the values that an
    alteration changed, before and after it, by primary key. log: every row that code or SQL wrote, before and after.
    """

    ASIDE = "aside"
    COPY = "copy"
    CHANGES = "changes"
    LOG = "log"


class KeptStatus(StrEnum):
    """How it stands. keeping, restoring, purging: meant, and where tables commit one by one perhaps half done."""

    KEEPING = "keeping"
    KEPT = "kept"
    RESTORING = "restoring"
    RESTORED = "restored"
    PURGING = "purging"
    PURGED = "purged"


class ChangedRows(StrEnum):
    """What becomes of rows that were changed since, in the columns that are brought back.

    keep: they stay as they are now. restore: they get what is kept. stop: nothing is done at all.
    """

    KEEP = "keep"
    RESTORE = "restore"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thing that is kept. key, direction, operation: what would have destroyed it; operation is -1 where it is not known.

    table, column: what it was called then; column is "" for tables and logs. aside: what holds it now: a column, table or schema.
    details: what else it takes to bring it back, as its form has it. rows: how many are kept, None where they were not counted.
    """

    id: int
    run: int
    step: int
    key: MigrationKey
    direction: Direction
    operation: int
    kind: KeptKind
    form: Form
    status: KeptStatus
    table: str
    column: str
    aside: str
    details: Mapping[str, Any]
    rows: int | None
    made: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How kept data is brought back. fill: by "table.column", what rows get that were inserted since, where it is needed.

    accept_loss: whether to go on where something cannot be kept or brought back. rows: whether the log of rows takes the place of
    the author's reverse code or SQL where that fails, or leaves rows other than they were.
    """

    changed_rows: ChangedRows = ChangedRows.KEEP
    fill: Mapping[str, str] = field(default_factory=dict)
    accept_loss: bool = False
    rows: bool = False


def is_kept(patterns: Sequence[str], table: str, column: str = "") -> bool:
    """Say whether a table, or a column of it, is kept: the last pattern that matches says so, and without one nothing is.

    A pattern is one of fnmatch over "table" or "table.column", whatever their case; with "!" before it, what it matches is not
    kept. A pattern for a table is one for its columns too.
    """
    names = [table.lower(), f"{table}.{column}".lower()] if column else [table.lower()]
    matching = [one for one in patterns if any(fnmatchcase(name, one.removeprefix("!").lower()) for name in names)]
    return bool(matching) and not matching[-1].startswith("!")


def is_all_kept(patterns: Sequence[str]) -> bool:
    """Say whether nothing at all is left out, whatever tables and columns there are."""
    return "*" in patterns and not any(one.startswith("!") for one in patterns)
