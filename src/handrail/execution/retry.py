"""Trying again what did not get its lock: with pauses that grow and differ, for so long and no longer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from handrail.databases.base import Backend
from handrail.domain.database import ErrorKind
from handrail.domain.dataclasses import dataclass
from handrail.domain.run import Blocker
from handrail.errors.hr302 import Blocked

T = TypeVar("T")
BASE, MOST = 0.1, 10.0
"""Seconds of the first pause and of the longest, at the most; how long one is, is drawn between none and that (full jitter)."""
WORTH_IT = frozenset({ErrorKind.LOCK_TIMEOUT, ErrorKind.DEADLOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What waits, and how; tests have their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform


CLOCK = Clock()


def retrying(
    attempt: Callable[[], T],
    *,
    backend: Backend,
    budget: float,
    what: str,
    alias: str,
    blocked: Callable[[int, float, tuple[Blocker, ...]], None],
    blockers: Callable[[], tuple[Blocker, ...]] = tuple,
    clock: Clock = CLOCK,
) -> T:
    """Call attempt, and again as long as it ends in a lock timeout or a deadlock, until budget (seconds) is over.

    attempt: runs under a lock timeout, and leaves no transaction open when it fails. what: the migration or statement, for
    the message. blockers: asked after every failure; blocked: told the number of the failure, the pause in seconds, and who is in
    the way. Raises Blocked at the end of the budget, and whatever else attempt raises.
    """
    started, tries = clock.now(), 0
    while True:
        try:
            return attempt()
        except Exception as error:
            if backend.error_kind(error) not in WORTH_IT:
                raise
            tries += 1
            seen = blockers()
            spent = clock.now() - started
            pause = clock.draw(0, min(BASE * 2 ** min(tries - 1, 32), MOST))
            if spent + pause >= budget:
                reason = " ".join(str(error).split())
                raise Blocked(what=what, alias=alias, tries=tries, seconds=spent, blockers=seen, reason=reason) from error
            blocked(tries, pause, seen)
        clock.sleep(pause)
