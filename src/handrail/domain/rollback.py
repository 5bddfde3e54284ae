"""Taking migrations back: what is wanted, in which order it goes, and whether anything is lost by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction

ZERO = "zero"
"""What stands for the name of a migration where all of an app is meant, as in Django's migrate."""


class Verdict(StrEnum):
    """Whether a step can be taken back. kept: lossless while the kept data lives. impossible: it cannot be run at all.

    unknown: what its rows are was asked, and there was no answer in time, so that it may fail.
    """

    LOSSLESS = "lossless"
    KEPT = "kept"
    UNKNOWN = "unknown"
    LOSSY = "lossy"
    IMPOSSIBLE = "impossible"


SEVERITY = tuple(Verdict)
"""Verdicts, the best first."""


BRIEF = 3
"""Reasons that a line of the plan has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of one operation. operation: its place in the migration. described: in Django's words.

    reason: in words, "" where there is nothing to say. locks: such as "ACCESS EXCLUSIVE on shop_thing". rows: how many are
    concerned, None where they were not counted. loses: the table, or table.column, whose values are lost. does_nothing: whether
    its reverse is one that does nothing. is_counted: False where rows were to be counted, and there was no answer in time.
    """

    operation: int
    described: str
    verdict: Verdict
    reason: str = ""
    locks: tuple[str, ...] = ()
    rows: int | None = None
    loses: str = ""
    does_nothing: bool = False
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackStep:
    """One migration that is taken back. faked: only its record goes. source: where its file comes from, "" where it is here."""

    key: MigrationKey
    judgements: tuple[Judgement, ...] = ()
    faked: bool = False
    source: str = ""

    @property
    def direction(self) -> Direction:
        """Which way it goes."""
        return Direction.BACKWARD

    @property
    def verdict(self) -> Verdict:
        """The worst of its operations."""
        return max((one.verdict for one in self.judgements), key=SEVERITY.index, default=Verdict.LOSSLESS)

    @property
    def reason(self) -> str:
        """Why the verdict is what it is: what is said of the operations that have it."""
        return "; ".join(self._reasons)

    @property
    def brief(self) -> str:
        """The reason, as far as a line of a table has room for it."""
        rest = len(self._reasons) - BRIEF
        return "; ".join(self._reasons[:BRIEF]) + (f"; and {rest} more" if rest > 0 else "")

    @property
    def _reasons(self) -> list[str]:
        if self.faked:
            return ["it was recorded without being run; only its record is taken back"]
        return list(dict.fromkeys(one.reason for one in self.judgements if one.verdict is self.verdict and one.reason))

    @property
    def locks(self) -> tuple[str, ...]:
        """The locks that its operations take, each once."""
        return tuple(dict.fromkeys(lock for one in self.judgements for lock in one.locks))

    @property
    def rows(self) -> int | None:
        """How many rows are concerned, None where nothing was counted."""
        counted = [one.rows for one in self.judgements if one.rows is not None]
        return sum(counted) if counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """What is taken back, in this order. target: the state that it leads to, in words.

    others: apps that were not asked for and lose migrations too. stays: migrations of the asked apps beside the target that stay
    applied (the other side of a merge). lacking: what the target has and this database has not, which is not applied here.
    opened: squashed migrations that are taken back through the files that they replace.
    """

    target: str
    steps: tuple[RollbackStep, ...]
    others: tuple[str, ...] = ()
    stays: tuple[MigrationKey, ...] = ()
    lacking: tuple[MigrationKey, ...] = ()
    opened: tuple[MigrationKey, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of its steps."""
        return max((step.verdict for step in self.steps), key=SEVERITY.index, default=Verdict.LOSSLESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRow:
    """A row of django_migrations. order: grows with every migration that is recorded. moment: when, in UTC."""

    key: MigrationKey
    order: int
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The state that is asked for. undo: what has to go, before anything that depends on it is added.

    target: in words. apps: those that were asked for, None where the target says by itself which are concerned. limit: whether
    nothing of other apps is meant. aims: by app, the migration that is to be the last one applied.
    """

    target: str
    undo: frozenset[MigrationKey]
    apps: frozenset[str] | None = None
    aims: Mapping[str, MigrationKey] = field(default_factory=dict)
    lacking: frozenset[MigrationKey] = frozenset()


def apps_of(keys: Iterable[MigrationKey]) -> tuple[str, ...]:
    """Return the app labels of migrations, sorted."""
    return tuple(sorted({key.app_label for key in keys}))
