"""Trying again what did not get its lock, with a clock that stands in for the real one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from handrail.databases.sqlite import SQLite
from handrail.domain.run import Blocker
from handrail.errors.hr302 import Blocked
from handrail.execution.retry import BASE, MOST, Clock, retrying

BLOCKER = Blocker(session="9", user="app")


def locked() -> sqlite3.OperationalError:
    """Return the error that SQLite gives for a lock that somebody else holds."""
    holder, other = (sqlite3.connect("file:retry?mode=memory&cache=shared", uri=True, isolation_level=None) for _ in range(2))
    try:
        holder.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error
    finally:
        holder.close()
        other.close()
    raise AssertionError("no lock was in the way")


class Time:
    """A clock that goes on only when something sleeps; every pause is the longest that could be drawn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep, draw=lambda least, most: most)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def run(time: Time, attempt: Callable[[], str], told: list[tuple[int, float, tuple[Blocker, ...]]], budget: float = 60) -> str:
    return retrying(
        attempt,
        backend=SQLite(),
        budget=budget,
        what="shop.0002_b",
        alias="default",
        blocked=lambda *facts: told.append(facts),
        blockers=lambda: (BLOCKER,),
        clock=time.clock,
    )


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def test_it_is_tried_until_it_works_with_pauses_that_grow():
    time, told = Time(), []
    assert run(time, failing(9, locked()), told, budget=100) == "done"
    assert time.pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0])
    assert told == [(number, pause, (BLOCKER,)) for number, pause in enumerate(time.pauses, 1)]


def test_pauses_are_drawn_between_none_and_the_longest():
    drawn: list[tuple[float, float]] = []
    clock = Clock(now=lambda: 0.0, sleep=lambda _: None, draw=lambda least, most: drawn.append((least, most)) or 0.0)
    retrying(failing(2, locked()), backend=SQLite(), budget=1, what="", alias="", blocked=lambda *_: None, clock=clock)
    assert drawn == [(0, BASE), (0, BASE * 2)]
    assert MOST == 10.0


def test_at_the_end_of_the_budget_it_is_refused_and_not_tried_again():
    time, told, tries = Time(), [], []
    error = locked()

    def attempt() -> str:
        tries.append(time.now)
        time.now += 2
        raise error

    with pytest.raises(Blocked) as refused:
        run(time, attempt, told, budget=9)
    found = refused.value.finding
    assert found.message == "queue: shop.0002_b did not get its lock on default (4 tries in 9 s)"
    assert found.notes == ("session 9 of app", str(error))
    assert refused.value.exit_code == 2
    assert tries == pytest.approx([0, 2.1, 4.3, 6.7])
    assert len(told) == 3


def test_other_errors_are_not_tried_again():
    time, told = Time(), []
    with pytest.raises(ValueError, match="of the code"):
        run(time, failing(1, ValueError("of the code")), told)
    assert (time.pauses, told) == ([], [])


def test_an_error_that_came_while_a_lock_was_handled_is_another_one():
    time, told = Time(), []

    def attempt() -> str:
        try:
            raise locked()
        except sqlite3.OperationalError:
            raise ValueError("of the code")  # noqa: B904  (the context alone is what this is about)

    with pytest.raises(ValueError, match="of the code"):
        run(time, attempt, told)
    assert told == []
