"""What a session that migrates is told, and what it tells: timeouts, errors, who is in the way, what is left running."""

from __future__ import annotations

import re
import signal
import time
from typing import Any

import pytest

from tests.databases.lockers import Lockers, lockers
from tests.databases.test_lock import ENDED, POSTGRES, SERVERS, can_take, on, refused, soon
from tests.servers.base import Database

__all__ = ["lockers", "on"]
SHORT = {"lock_timeout": 1000}
ALTER = "ALTER TABLE t ADD COLUMN y integer"
OPEN = "(transaction.atomic().__enter__(), sql('SELECT x FROM t WHERE x = 12'), sql('UPDATE t SET x = 13 WHERE x = 12'))"


def table(database: Database) -> None:
    database.query("CREATE TABLE t (x integer)")
    database.query("INSERT INTO t VALUES (12)")


def test_a_lock_that_somebody_holds_is_waited_for_no_longer_than_the_timeout(database: Database, lockers: Lockers):
    table(database)
    holder, blocked = lockers(database.settings), lockers(database.settings, handrail=SHORT)
    holder(OPEN)
    assert blocked("opened()") is True
    started = time.monotonic()
    assert blocked(f"kind_of('{ALTER}')") == "LOCK_TIMEOUT"
    assert 0.9 < time.monotonic() - started < 4


def test_who_is_in_the_way_is_named_without_values(database: Database, lockers: Lockers):
    table(database)
    holder, blocked = lockers(database.settings), lockers(database.settings)
    holder(OPEN)
    found = blocked("str(ask('blockers', ['t'])[0])")
    if database.vendor == "sqlite":
        assert found == f"session unknown, holds a lock on {database.settings['NAME']}"
    elif database.vendor == "postgresql":
        number = holder("sql('SELECT pg_backend_pid()')[0][0]")
        pattern = rf"session {number} of handrail on 127.0.0.1, idle in transaction for \d+ s, holds \w+Lock on t: "
        assert re.match(pattern, found)
        assert found.endswith(": UPDATE t SET x = ? WHERE x = ?")
    else:
        number = holder("sql('SELECT CONNECTION_ID()')[0][0]")
        assert re.fullmatch(rf"session {number} of handrail on 127.0.0.1, idle in transaction for \d+ s", found)


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_only_those_that_hold_the_tables_are_in_the_way(on: Database, lockers: Lockers):
    table(on)
    on.query("CREATE TABLE other (x integer)")
    one, two, blocked = lockers(on.settings), lockers(on.settings), lockers(on.settings)
    one("(transaction.atomic().__enter__(), sql('SELECT x FROM t'))")
    two("(transaction.atomic().__enter__(), sql('SELECT x FROM other'))")
    assert blocked("[[one.table, one.lock, one.query] for one in ask('blockers', ['other'])]") == [
        ["other", "AccessShareLock", "SELECT x FROM other"]
    ]
    assert blocked("[one.table for one in ask('blockers')]") == ["t", "other"]


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_a_deadlock_is_told_from_a_timeout(on: Database, lockers: Lockers):
    table(on)
    on.query("INSERT INTO t VALUES (1)")
    if on.vendor == "mysql":
        on.query("CREATE UNIQUE INDEX i ON t (x)")
    first, second = lockers(on.settings), lockers(on.settings)
    for one, row in ((first, 12), (second, 1)):
        one(f"(transaction.atomic().__enter__(), sql('UPDATE t SET x = x WHERE x = {row}'))")
    first.send("kind_of('UPDATE t SET x = x WHERE x = 1')")
    time.sleep(0.3)
    kinds = {second("kind_of('UPDATE t SET x = x WHERE x = 12')"), first.answer()}
    assert kinds == {"DEADLOCK", None}


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_a_lost_connection_is_known_as_one(on: Database, lockers: Lockers):
    first = lockers(on.settings)
    number = first("ask('session')").partition("@")[0]
    on.query(ENDED[on.vendor].format(number))
    assert first("kind_of('SELECT 1')") == "CONNECTION_LOST"
    assert first("kind_of('SELECT 1')") == "CONNECTION_LOST"


def test_other_errors_are_other_errors(database: Database, lockers: Lockers):
    assert lockers(database.settings)("kind_of('SELECT nothing FROM nowhere')") == "OTHER"


def test_a_full_disk_is_known_as_one(sqlite_database: Database, lockers: Lockers):
    table(sqlite_database)
    first = lockers(sqlite_database.settings)
    first("sql('PRAGMA max_page_count = 3')")
    assert first("kind_of('INSERT INTO t SELECT randomblob(20000)')") == "DISK_FULL"


READ_ONLY: dict[str, tuple[dict[str, Any], str]] = {
    "sqlite": ({"OPTIONS": {"uri": True}}, "the database was opened read-only"),
    "postgresql": (
        {"OPTIONS": {"options": "-c default_transaction_read_only=on"}},
        "its transactions are read-only (default_transaction_read_only)",
    ),
    "mysql": ({"OPTIONS": {"init_command": "SET SESSION TRANSACTION READ ONLY"}}, "the server is read-only (tx_read_only)"),
}


def test_a_database_that_takes_no_writes_is_refused(database: Database, lockers: Lockers):
    table(database)
    change, reason = READ_ONLY[database.vendor]
    settings = {**database.settings, **change}
    if database.vendor == "sqlite":
        settings["NAME"] = f"file:{settings['NAME']}?mode=ro"
    first = lockers(settings)
    found = refused(first, "opened()")
    assert (found.code, found.exit) == ("HR213", 2)
    assert found.message == f"preflight: default cannot be written: {reason}"
    assert first("kind_of('INSERT INTO t VALUES (1)')") == "READ_ONLY"


def test_a_database_that_takes_writes_is_not_refused(database: Database, lockers: Lockers):
    first = lockers(database.settings)
    assert first("ask('read_only')") == ""
    assert first("opened()") is True


def test_a_lock_of_somebody_else_is_no_read_only_database(sqlite_database: Database, lockers: Lockers):
    table(sqlite_database)
    holder = lockers(sqlite_database.settings)
    other = lockers({**sqlite_database.settings, "OPTIONS": {"timeout": 0.2}})
    holder(OPEN)
    assert other("ask('read_only')") == ""


SLEEP = {"postgresql": "SELECT pg_sleep({})", "mysql": "SELECT SLEEP({})"}


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_what_a_dead_client_left_running_is_seen_until_it_is_over(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    session = first("ask('session')")
    assert first(f"ask('still_running', {session!r})") == ""
    first("take()")
    first.send(f"sql('{SLEEP[on.vendor].format(4)}')")
    time.sleep(0.5)
    first.signal(signal.SIGKILL)
    seen = second(f"ask('still_running', {session!r})")
    function = SLEEP[on.vendor].format("?")
    assert re.fullmatch(rf"(active|Query) for \d s: {re.escape(function)}", seen)
    assert not can_take(second)
    code = f"session.refuse_still_running(connection, __import__('types').SimpleNamespace(id=7, session={session!r}))"
    found = refused(second, code)
    assert found.message == f"still-running: session {session.partition('@')[0]} of run 7 is still at work on default"
    soon(lambda: can_take(second), 10)
    assert second(f"ask('still_running', {session!r})") == ""


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_a_session_number_that_is_used_again_is_another_session(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    number, _, start = first("ask('session')").partition("@")
    first.send(f"sql('{SLEEP[on.vendor].format(3)}')")
    time.sleep(0.5)
    assert second(f"ask('still_running', '{number}@{start}')") != ""
    assert second(f"ask('still_running', '{number}@{float(start) - 3600:.0f}')") == ""
    first.answer()


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_c07b_the_statement_of_a_killed_process_is_ended_by_the_server(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    first("opened()")
    first("take()")
    first.send("sql('SELECT pg_sleep(60)')")
    time.sleep(0.5)
    first.signal(signal.SIGKILL)
    assert soon(lambda: can_take(second), 10) < 5


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_c09_an_index_is_built_concurrently_while_others_wait_for_the_lock(on: Database, lockers: Lockers):
    table(on)
    first, second = lockers(on.settings), lockers(on.settings)
    first("opened()")
    first("take()")
    second.send("take(wait=30)")
    time.sleep(0.3)
    for number in range(3):
        first(f"sql('CREATE INDEX CONCURRENTLY i{number} ON t (x)')")
    assert on.query("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid") == [(3,)]
    first("held.release()")
    assert second.answer() == "session"


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_c12_an_idle_session_is_not_ended(on: Database, lockers: Lockers):
    idle = {**on.settings, "OPTIONS": {"options": "-c idle_session_timeout=500 -c idle_in_transaction_session_timeout=500"}}
    first = lockers(idle)
    first("opened()")
    first("take()")
    time.sleep(1)
    first("held.check()")
    first("transaction.atomic().__enter__()")
    first("sql('SELECT 1')")
    time.sleep(1)
    first("held.check()")


@pytest.mark.parametrize("on", ["mariadb"], indirect=True)
def test_c12_an_idle_session_of_mariadb_is_not_ended(on: Database, lockers: Lockers):
    first = lockers({**on.settings, "OPTIONS": {"init_command": "SET SESSION wait_timeout = 1"}})
    first("opened()")
    first("take()")
    time.sleep(2.2)
    first("held.check()")


@pytest.mark.parametrize("on", POSTGRES, indirect=True)
def test_others_see_who_migrates(on: Database, lockers: Lockers):
    first = lockers(on.settings)
    first("opened()")
    own = "datname = current_database() AND application_name LIKE 'handrail%'"
    ((name,),) = on.query(f"SELECT application_name FROM pg_stat_activity WHERE {own}")
    assert name.startswith(f"handrail migrate {first.process.pid} ann@")
    first("prepared.__exit__(None, None, None)")
    assert first("sql('SHOW application_name')") == [[""]]
