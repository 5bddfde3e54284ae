"""What is seen while another process holds the lock."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from handrail.cli.waiting import Waiting, waiting_text
from handrail.domain.run import Blocker, LockHolder, moment

HOLDER = LockHolder(
    host="web-1", pid=4711, user="ann", command="migrate", run=12, step="shop.0002_b", commit="1a2b3c4d5e6f", session="99@1"
)
TEXT = "waiting for the lock on default: migrate by ann on web-1 (pid 4711), run 12, shop.0002_b, commit 1a2b3c4"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


def polled(stream: io.StringIO, *moments: float) -> str:
    waiting = Waiting("default", stream)
    for seconds in moments:
        waiting(HOLDER, seconds)
    waiting.done()
    return stream.getvalue()


def test_elsewhere_there_is_one_line_a_minute():
    shown = polled(io.StringIO(), 0.1, 0.6, 1.5, 30, 59.9, 60.1, 61, 119, 120, 250)
    assert shown == f"{TEXT}\n" * 4


def test_nobody_is_told_of_a_short_wait():
    assert polled(io.StringIO(), 0.0, 0.1, 0.4) == ""
    assert polled(Terminal(), 0.0, 0.1, 0.4) == ""


def test_on_a_terminal_there_is_one_live_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "120")
    shown = polled(Terminal(), 0.6, 1.6)
    assert shown == f"\r\x1b[K{TEXT} (1 s)\r\x1b[K{TEXT} (2 s)\r\x1b[K"


def test_the_live_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = polled(Terminal(), 61.0).split("\x1b[K")[1].rstrip("\r")
    assert shown == "waiting for the lock on default: migrate by ann on … (61 s)"
    assert len(shown) < 60


def test_a_holder_that_is_not_known_yet_is_left_out():
    assert waiting_text("other", None) == "waiting for the lock on other"


@pytest.mark.parametrize(
    ("holder", "text"),
    [
        (LockHolder(), "a session"),
        (LockHolder(user="app", host="web-2", session="99@171.5"), "a session by app on web-2 (session 99)"),
        (LockHolder(command="rollback", pid=7), "rollback (pid 7)"),
    ],
)
def test_a_holder_in_words(holder: LockHolder, text: str):
    assert str(holder) == text


def test_a_moment_has_its_date_where_that_is_not_today():
    now = datetime(2026, 3, 4, 12, 0, 1, tzinfo=UTC).astimezone()
    assert moment(now, now) == f"{now:%H:%M:%S}"
    assert moment(now, datetime(2026, 3, 9, 12, tzinfo=UTC)) == f"{now:%Y-%m-%d %H:%M:%S}"


def test_a_blocker_in_words():
    blocker = Blocker(
        session="9", user="app", host="h", state="idle in transaction", age=841.6, query="SELECT ?", lock="X", table="t"
    )
    assert str(blocker) == "session 9 of app on h, idle in transaction for 842 s, holds X on t: SELECT ?"
    assert str(Blocker(session="9")) == "session 9"
    assert str(Blocker(session="9", age=3)) == "session 9, in a transaction for 3 s"
