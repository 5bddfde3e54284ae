"""The lock, as every database has to keep it, between real processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases.lockers import Locker, Lockers, Refused, lockers
from tests.servers.base import Database, make
from tests.servers.plugin import database_names, get_server

__all__ = ["lockers"]
SERVERS = [name for name in database_names() if name != "sqlite"]
POSTGRES = [name for name in SERVERS if name.startswith("postgresql")]
HOST = socket.gethostname()
ENDED = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


@pytest.fixture
def on(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database on the server that the test names."""
    made: list[Database] = []
    server = get_server(request.param)
    try:
        yield make(server, made.append)
    finally:
        for one in made:
            server.drop(one.name)


def refused(locker: Locker, code: str = "take()") -> Refused:
    with pytest.raises(Refused) as found:
        locker(code)
    return found.value


def soon(condition: Callable[[], object], seconds: float) -> float:
    """Wait until something is so, and return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.02)
    return time.monotonic() - started


def can_take(locker: Locker) -> bool:
    try:
        locker("take()")
    except Refused as found:
        assert found.code == "HR301"
        return False
    return True


def end_session(database: Database, locker: Locker) -> None:
    """Have the server end the session that holds the lock, or lose the lock file."""
    if database.vendor == "sqlite":
        Path(f"{database.settings['NAME']}.handrail.lock").unlink()
    else:
        number = locker("held.session").partition("@")[0]
        database.query(ENDED[database.vendor].format(number))


def test_a_second_process_waits_and_has_its_turn(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    assert first("take()") == ("file" if database.vendor == "sqlite" else "session")
    first("held.check()")
    found = refused(second, "take(wait=0.3)")
    assert (found.code, found.exit) == ("HR301", 2)
    assert found.message == "locked: default is being migrated by another process (waited 0 s)"
    assert second("len(told) >= 2 and told[0][1] < 0.2 and told[-1][1] < 0.3")
    second.send("take(wait=20)")
    time.sleep(0.2)
    first("held.release()")
    second.answer()
    second("held.check()")
    assert refused(first).code == "HR301"


def test_two_processes_never_hold_it_at_once(database: Database, lockers: Lockers):
    taken = "[(take(wait=30), sql('SELECT 1'), time.sleep(0.005), log.write(b'+'), log.write(b'-'), held.release()) for _ in range(25)]"
    several = [lockers(database.settings) for _ in range(3)]
    path = Path(several[0]("__import__('tempfile').mkstemp()[1]"))
    try:
        for one in several:
            one(f"globals().update(log=open({str(path)!r}, 'ab', buffering=0)) or None")
            one.send(taken)
        for one in several:
            assert len(one.answer()) == 25
        assert path.read_bytes() == b"+-" * 75
    finally:
        path.unlink()


def test_a_killed_holder_holds_nothing(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    first("take()")
    assert not can_take(second)
    first.signal(signal.SIGKILL)
    assert soon(lambda: can_take(second), 5) < 2


def test_a_frozen_holder_keeps_it_and_is_shown(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    first("opened()")
    first("take()")
    first.signal(signal.SIGSTOP)
    found = refused(second, "take(wait=2.5)")
    assert found.code == "HR301"
    if database.vendor == "mysql":  # without a journal and the performance schema, the server knows no more
        session = first_session(second)
        assert found.notes[0] == f"a session by handrail on 127.0.0.1 (session {session})"
    else:
        assert found.notes[0].startswith(f"migrate by ann on {HOST} (pid {first.process.pid}), since ")
    assert second("told[-1][0]") == found.notes[0]
    first.signal(signal.SIGCONT)
    first("held.check()")


def test_the_journal_says_more_of_the_holder(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    first("take()")
    run = first("begin(commit='1a2b3c4d5e6f')")
    first(f"step({run}, '0002_b')")
    found = refused(second, "take()")
    user = second("__import__('getpass').getuser()")
    start = f"migrate by {user} on {HOST} (pid {first.process.pid}), since "
    assert found.notes[0].startswith(start)
    assert re.fullmatch(rf"\d\d:\d\d:\d\d, run {run}, shop.0002_b, commit 1a2b3c4", found.notes[0].removeprefix(start))
    first("held.release()")
    second("take()")
    assert f"run {run}" not in second("seen()['text']")


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_where_the_process_is_gone_and_its_statement_is_not_that_is_said(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    first("take()")
    run = first("begin()")
    sleep = {"postgresql": "SELECT pg_sleep({})", "mysql": "SELECT SLEEP({})"}[on.vendor]
    first.send(f"sql('{sleep.format(8)}')")
    time.sleep(0.5)
    alive = refused(second)
    assert alive.code == "HR301"
    assert alive.notes[1].startswith("at the server: ")
    assert alive.notes[1].endswith(f" s: {sleep.format('?')}")
    first.signal(signal.SIGKILL)
    found = refused(second, "take(wait=0.5)")
    assert (found.code, found.exit) == ("HR404", 2)
    session = second("seen()['session']").partition("@")[0]
    assert found.message == f"still-running: session {session} of run {run} is still at work on default"
    assert second("take(wait=20)") == "session"


def first_session(locker: Locker) -> str:
    return str(locker("seen()['session']")).partition("@")[0]


def test_a_lock_that_is_gone_is_noticed(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    first("take()")
    first("held.check()")
    end_session(database, first)
    soon(lambda: can_take(second), 5)
    found = refused(first, "held.check()")
    assert (found.code, found.exit) == ("HR303", 3)
    assert found.message.startswith("lock-lost: the migration lock of default is gone (")
    first("held.release()")
    second("held.check()")


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_a_new_session_of_the_same_connection_does_not_hold_it(on: Database, lockers: Lockers):
    first = lockers(on.settings)
    first("take()")
    first("connection.close()")
    assert refused(first, "held.check()").message == (
        "lock-lost: the migration lock of default is gone (the session that held it has ended)"
    )


def test_it_is_noticed_inside_a_transaction(database: Database, lockers: Lockers):
    first = lockers(database.settings)
    first("take()")
    first("transaction.atomic().__enter__()")
    first("held.check()")
    end_session(database, first)
    assert refused(first, "held.check()").code == "HR303"


def test_two_databases_of_one_server_do_not_exclude_each_other(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.fresh().settings)
    first("take()")
    second("take()")
    first("held.check()")
    second("held.check()")


def test_two_aliases_of_one_database_exclude_each_other(database: Database, lockers: Lockers, tmp_path: Path):
    settings = dict(database.settings)
    if database.vendor == "sqlite":
        link = tmp_path / "link.sqlite3"
        link.symlink_to(settings["NAME"])
        settings["NAME"] = f"file:{link}?mode=rw"
        settings["OPTIONS"] = {"uri": True}
    first, second = lockers(database.settings), lockers(database.settings, other=settings)
    first("take()")
    found = refused(second, "take(alias='other')")
    assert found.message == "locked: other is being migrated by another process (waited 0 s)"


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_two_schemas_of_one_database_do_not_exclude_each_other(on: Database, lockers: Lockers):
    on.query("CREATE SCHEMA tenant_a")
    on.query("CREATE SCHEMA tenant_b")
    a, b = ({**on.settings, "OPTIONS": {"options": f"-c search_path=tenant_{name},public"}} for name in "ab")
    first, second, third = lockers(a), lockers(b), lockers(a)
    first("take()")
    second("take()")
    assert refused(third).code == "HR301"


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_long_names_that_differ_at_their_end_are_two_databases(on: Database, lockers: Lockers):
    longest = 63 if on.vendor == "postgresql" else 64
    names = [f"handrail_test_{'x' * (longest - 16)}{end}" for end in ("_a", "_B")]
    assert {len(name) for name in names} == {longest}
    try:
        for name in names:
            on.server.create(name)
        first, second, third = (lockers(on.server.settings(name)) for name in (*names, names[0]))
        first("take()")
        second("take()")
        assert refused(third).code == "HR301"
    finally:
        for locker in lockers.all:
            locker.signal(signal.SIGKILL)
        for name in names:
            on.server.drop(name)


def test_inside_a_transaction_nobody_waits(database: Database, lockers: Lockers):
    first, second = lockers(database.settings), lockers(database.settings)
    first("take()")
    second("transaction.atomic().__enter__()")
    started = time.monotonic()
    assert refused(second, "take(wait=20)").code == "HR301"
    assert time.monotonic() - started < 2


def test_it_can_be_taken_twice_and_given_back_twice_by_one_connection(database: Database, lockers: Lockers):
    """A migration that calls migrate again must not wait for itself."""
    first, second = lockers(database.settings), lockers(database.settings)
    first("take()")
    first("globals().update(outer=held) or take()")
    first("held.release()")
    first("outer.check()")
    assert not can_take(second)
    first("outer.release()")
    assert can_take(second)


def test_a_database_in_memory_needs_no_lock(lockers: Lockers):
    only = lockers({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"})
    assert only("take()") == "none"
    only("held.check()")
    only("held.release()")
    assert only("seen()") is None


def test_the_lock_file_goes_with_the_lock(sqlite_database: Database, lockers: Lockers):
    file = Path(f"{sqlite_database.settings['NAME']}.handrail.lock")
    first = lockers(sqlite_database.settings)
    first("take()")
    assert file.exists()
    assert first("seen()")["pid"] == first.process.pid
    first("held.release()")
    assert not file.exists()
    first("take()")
    first.signal(signal.SIGKILL)
    assert file.exists()
    second = lockers(sqlite_database.settings)
    assert second("seen()") is None
    assert second("take()") == "file"


def test_a_folder_that_cannot_be_written_is_refused(sqlite_database: Database, lockers: Lockers):
    file = Path(f"{sqlite_database.settings['NAME']}.handrail.lock")
    file.mkdir()
    found = refused(lockers(sqlite_database.settings))
    file.rmdir()
    assert (found.code, found.exit) == ("HR213", 2)
    assert found.message == f"preflight: default cannot be locked: {os.path.realpath(file)} cannot be written (Is a directory)"
