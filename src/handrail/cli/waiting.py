"""What is shown while another process holds the lock."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from handrail.cli.open_line import CLEAR
from handrail.cli.output import is_terminal, terminal_width, write_lines
from handrail.domain.run import Blocker, LockHolder

if TYPE_CHECKING:
    from handrail.execution.runner import Talk

QUIET = 0.5
"""Seconds that nobody is told of: processes that start together take turns within them."""
EVERY = 60.0
"""Seconds between two lines where the output is no terminal."""


class LiveLine:
    """Called once a poll: one live line on a terminal, one line a minute elsewhere, so that logs stay short."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """stream: standard error if none is given."""
        self.stream = stream or sys.stderr
        self.live = is_terminal(self.stream)
        self._next = QUIET
        self._shown = False

    def show(self, text: str, seconds: float) -> None:
        """Say what is waited for. seconds: waited so far."""
        if seconds < self._next:
            return
        if not self.live:
            self._next = (seconds // EVERY + 1) * EVERY
            write_lines([text], self.stream)
            return
        clock = f" ({seconds:.0f} s)"
        room = terminal_width(self.stream) - len(clock) - 1
        line = f"{text if len(text) <= room else f'{text[: room - 1]}…'}{clock}"
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        self.stream.write(CLEAR + line.encode(encoding, "backslashreplace").decode(encoding))
        self.stream.flush()
        self._shown = True

    def done(self) -> None:
        """Take the live line away, if there is one."""
        if self._shown:
            self.stream.write(CLEAR)
            self.stream.flush()
            self._shown = False


class Waiting(LiveLine):
    """What the lock calls while another process holds it."""

    def __init__(self, alias: str, stream: TextIO | None = None) -> None:
        """alias: of the database."""
        super().__init__(stream)
        self.alias = alias

    def __call__(self, holder: LockHolder | None, seconds: float) -> None:
        """Say who holds the lock. seconds: waited so far."""
        self.show(waiting_text(self.alias, holder), seconds)


def waiting_text(alias: str, holder: LockHolder | None) -> str:
    """Return "waiting for the lock on default: migrate by ann on web-1 (pid 4711), since 14:03:22, run 12, shop.0002_b"."""
    return f"waiting for the lock on {alias}{f': {holder}' if holder else ''}"


class Blocking:
    """Called when a statement did not get its lock and is tried again: one line for each session in the way."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """stream: standard error if none is given."""
        self.stream = stream or sys.stderr

    def __call__(self, tries: int, pause: float, blockers: Sequence[Blocker]) -> None:
        """Say who is in the way. tries: how often it failed so far; pause: seconds until the next try."""
        who = f": {blockers[0]}" if blockers else ""
        more = f", and {len(blockers) - 1} more" if len(blockers) > 1 else ""
        write_lines([f"a lock was not free in time{who}{more}; try {tries + 1} in {pause:.1f} s"], self.stream)


def talk_of(alias: str) -> Talk:
    """Return what a run on a database says while it goes on, on standard error."""
    from handrail.execution.runner import Talk

    waiting = Waiting(alias)
    return Talk(waiting=waiting, locked=waiting.done, said=lambda line: write_lines([line], sys.stderr), blocked=Blocking())
