"""What is known of runs: who migrates, what was meant, and how far it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import MigrationKey

SHORT = 60
"""Characters of a command on a line that says more than it."""


class RunStatus(StrEnum):
    """How a run stands. running, where nobody holds the lock: it was interrupted."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNWOUND = "unwound"
    RECOVERED = "recovered"


class StepStatus(StrEnum):
    """How a step stands. failed: nothing of it is there. stopped: a part is. unwound: what it had done was taken back.

    unwinding: it is being taken back, and can only be taken back.
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    UNWINDING = "unwinding"
    UNWOUND = "unwound"


class Direction(StrEnum):
    """Which way a migration goes."""

    FORWARD = "forward"
    BACKWARD = "backward"


OPPOSITE = {Direction.FORWARD: Direction.BACKWARD, Direction.BACKWARD: Direction.FORWARD}
"""The way that takes back what a migration did in the other one."""


class OnFailure(StrEnum):
    """What happens to a migration that failed with a part of it done."""

    STOP = "stop"
    UNWIND = "unwind"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHolder:
    """Who holds the lock of a database. session: what the server calls the holder's session, "" for a lock file.

    run: the id of the run, None where it has not begun one. step: the migration it is at, "" between two.
    """

    host: str = ""
    pid: int | None = None
    user: str = ""
    since: datetime | None = None
    command: str = ""
    run: int | None = None
    step: str = ""
    commit: str = ""
    session: str = ""

    def __str__(self) -> str:
        """Say all that is known: "migrate by ann on web-1 (pid 4711), since 14:03:22, run 12, shop.0002_b, commit 1a2b3c4"."""
        whose = f" by {self.user}" if self.user else ""
        where = f" on {self.host}" if self.host else ""
        number = (
            f"pid {self.pid}" if self.pid is not None else f"session {self.session.partition('@')[0]}" if self.session else ""
        )
        parts = [
            f"{self.command or 'a session'}{whose}{where}{f' ({number})' if number else ''}",
            f"since {moment(self.since)}" if self.since else "",
            f"run {self.run}" if self.run is not None else "",
            self.step,
            f"commit {self.commit[:7]}" if self.commit else "",
        ]
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A session that holds a lock which a statement waits for. age: seconds since its transaction began.

    query: its last statement without its literals.
    """

    session: str
    user: str = ""
    host: str = ""
    state: str = ""
    age: float | None = None
    query: str = ""
    lock: str = ""
    table: str = ""

    def __str__(self) -> str:
        """Say who it is and what it did last: "session 4711 of app on web-2, idle in transaction for 42 s: SELECT ..."."""
        whose = f" of {self.user}" if self.user else ""
        where = f" on {self.host}" if self.host else ""
        age = f" for {self.age:.0f} s" if self.age is not None else ""
        state = f", {self.state or 'in a transaction'}{age}" if self.state or age else ""
        lock = f", holds {self.lock}{f' on {self.table}' if self.table else ''}" if self.lock else ""
        return f"session {self.session}{whose}{where}{state}{lock}{f': {self.query}' if self.query else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration applied or unapplied in a run. atomic: one transaction held all of it, its record and the journal's."""

    id: int
    key: MigrationKey
    direction: Direction
    status: StepStatus
    atomic: bool
    faked: bool
    digest: str
    started: datetime
    finished: datetime | None = None
    error: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it is not over."""
        return (self.finished - self.started).total_seconds() if self.finished else None


class Phase(StrEnum):
    """What a statement of a step was for: to get the step done, or to take back what was done of it."""

    RUN = "run"
    UNWIND = "unwind"


class Kind(StrEnum):
    """What a row of the journal's statements stands for."""

    OPERATION = "operation"
    SQL = "sql"


class Mark(StrEnum):
    """How far it came. started: whether it was done is not on record."""

    STARTED = "started"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of a step that is not one transaction, or the mark of an operation.

    operation: its index in the migration. before: the definition of each table that the statement touches, None where there was
    none. reads: [method, arguments, result] of what the schema editor asked the database since the statement before it.
    """

    id: int
    phase: Phase
    operation: int
    kind: Kind
    status: Mark
    sql: str = ""
    before: Mapping[str, str | None] = field(default_factory=dict)
    reads: tuple[Sequence[Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One invocation that changed a database. session: what the server called its session, to look for what it left running.

    from_nothing: no migration was applied before it.
    """

    id: int
    command: str
    status: RunStatus
    started: datetime
    finished: datetime | None
    host: str
    pid: int
    user: str
    commit: str
    session: str
    from_nothing: bool
    on_failure: OnFailure
    error: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def title(self) -> str:
        """The command, short enough for a line that says more."""
        words = " ".join(self.command.split())
        return words if len(words) <= SHORT else f"{words[: SHORT - 3].rstrip()}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A name for what was applied to a database at a moment. run: the last run before it, None where there was none."""

    name: str
    made: datetime
    user: str
    run: int | None
    applied: frozenset[MigrationKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run behaves; the settings HANDRAIL say the same names. lock_wait: seconds. lock_timeout: milliseconds a statement.

    direct: by alias, the settings of DATABASES that lead to the server itself where the others lead to a pooler.
    keep: patterns of what is kept instead of being destroyed, see handrail.domain.kept.is_kept. keep_for: days.
    backups: the folder for them, beside manage.py where it is relative.
    """

    lock_wait: float = 300.0
    lock_timeout: int = 2000
    on_failure: OnFailure = OnFailure.UNWIND
    all_or_nothing: bool = False
    keep: Sequence[str] = ("*",)
    keep_for: float = 30.0
    backups: str = "backups"
    direct: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


def moment(value: datetime, now: datetime | None = None) -> str:
    """Write a moment in the local time zone: the time of day, with the date where that is another one than today's."""
    local, today = value.astimezone(), (now or datetime.now(UTC)).astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M:%S}"
