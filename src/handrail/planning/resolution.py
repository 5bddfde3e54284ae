"""The answer to a conflict, as a value."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from handrail.domain.conflict import Conflict, Reason
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.edit import Edit
from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey, OperationKey

Renamed = tuple[tuple[MigrationKey, MigrationKey], ...]


class Strategy(StrEnum):
    """How one leaf node is made of several."""

    AUTO = "auto"
    REBASE = "rebase"
    MERGE = "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A reason that no strategy overcomes, with its conflict and, in words, why not."""

    conflict: Conflict
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What resolving would write, or why it writes nothing: with refusals or blocked there are no edits.

    renamed: (old, new) keys of moved migrations, in their new order. aliases: (old, kept) keys of files that go because another
    does the same; a record of the old one stands for the kept one. removed: files that go with no alias. generated: new files.
    dropped: operations that are in no file any more. retargeted: migrations in whose operations names were followed, by their
    old keys. needed: by their old keys, the migrations with new names and all that they need afterwards. leaves: the leaf nodes
    afterwards, of all apps.
    """

    strategy: Strategy
    edits: tuple[Edit, ...] = ()
    renamed: Renamed = ()
    aliases: Renamed = ()
    removed: tuple[MigrationKey, ...] = ()
    generated: tuple[MigrationKey, ...] = ()
    dropped: tuple[OperationKey, ...] = ()
    retargeted: tuple[MigrationKey, ...] = ()
    needed: frozenset[MigrationKey] = frozenset()
    leaves: tuple[MigrationKey, ...] = ()
    notes: tuple[str, ...] = ()
    refusals: tuple[Finding, ...] = ()
    blocked: tuple[Blocked, ...] = ()

    @property
    def keeps_operations(self) -> bool:
        """Whether every file that a record with a new name needs does what it did, so that it says the same as before."""
        return self.needed.isdisjoint((*self.retargeted, *(operation.migration for operation in self.dropped)))

    def without(self, keys: Collection[MigrationKey]) -> Resolution:
        """Return it without what became of the keys: what no record of a database can follow."""
        return replace(
            self,
            renamed=tuple(pair for pair in self.renamed if pair[0] not in keys),
            aliases=tuple(pair for pair in self.aliases if pair[0] not in keys),
            removed=tuple(key for key in self.removed if key not in keys),
        )

    @property
    def is_refused(self) -> bool:
        """Whether nothing may be written."""
        return bool(self.refusals or self.blocked)
