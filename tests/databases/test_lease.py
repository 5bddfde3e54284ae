"""The lease: the lock where sessions do not hold, and how it is found out that they do not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.lockers import Lockers, lockers
from tests.databases.test_lock import HOST, SERVERS, on, refused, soon
from tests.git_sandbox import isolate
from tests.servers.base import Database
from tests.unit.planning.small_project import migration

__all__ = ["lockers", "on"]
Pooled = tuple[Database, dict[str, Any]]
everywhere = pytest.mark.parametrize("on", SERVERS, indirect=True)


@everywhere
def test_two_owners_exclude_each_other(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    assert first("lease_of()") == "lease"
    first("held.check()")
    found = refused(second, "lease_of(wait=0.3)")
    assert (found.code, found.exit) == ("HR301", 2)
    assert found.notes == [f"migrate by ann on {HOST} (pid {first.process.pid})"]
    first("held.release()")
    assert second("seen()") is None
    second("lease_of()")
    assert (first("held.fence"), second("held.fence")) == (1, 2)
    assert second("held.session") == second("seen()['session']") == "lease/2"


@everywhere
def test_several_that_start_together_make_one_table_and_one_owner(on: Database, lockers: Lockers):
    several = [lockers(on.settings) for _ in range(4)]
    for one in several:
        one.send("(lease_of(wait=30), held.check(), held.fence, held.release())[2]")
    assert sorted(one.answer() for one in several) == [1, 2, 3, 4]
    assert on.query("SELECT count(*), max(fence) FROM handrail_lease") == [(1, 4)]


@everywhere
def test_a_heartbeat_keeps_it(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    for one in (first, second):
        one("speed(heartbeat=0.2, life=1)")
    first("lease_of()")
    assert refused(second, "lease_of(wait=3)").code == "HR301"
    first("held.check()")


@everywhere
def test_a_stale_heartbeat_is_taken_over_and_the_former_owner_notices(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    for one in (first, second):
        one("speed(heartbeat=0.2, life=1)")
    first("lease_of()")
    first.signal(signal.SIGSTOP)
    assert second("lease_of(wait=20)") == "lease"
    assert second("held.fence") == 2
    assert second("told[-1][1]") < 5
    first.signal(signal.SIGCONT)
    found = refused(first, "held.check()")
    assert (found.code, found.exit) == ("HR303", 3)
    assert found.message == (
        "lock-lost: the migration lock of default is gone (another process took the lease when its heartbeat stayed away)"
    )
    first("held.release()")
    second("held.check()")
    soon(lambda: not first("held._heart"), 3)


@everywhere
def test_a_killed_owner_is_waited_for_until_its_time_is_over(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    for one in (first, second):
        one("speed(heartbeat=0.2, life=2)")
    first("lease_of()")
    first.signal(signal.SIGKILL)
    started = time.monotonic()
    second("lease_of(wait=20)")
    assert 1 < time.monotonic() - started < 6


@everywhere
def test_after_a_check_in_a_transaction_nobody_takes_it_before_the_commit(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    second("speed(heartbeat=0.2, life=1)")  # the first one's heartbeat comes every five seconds: stale to the second
    first("lease_of()")
    first("globals().update(block=transaction.atomic()) or block.__enter__()")
    first("held.check()")
    second.send("(lease_of(wait=20), time.monotonic())[1]")
    time.sleep(2.5)
    first("block.__exit__(None, None, None)")
    committed = time.monotonic()
    assert second.answer() >= committed - 0.2
    assert refused(first, "held.check()").code == "HR303"


@everywhere
def test_nobody_waits_in_the_server_for_an_owner_that_has_locked_the_row(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    first("speed(heartbeat=300, life=30)")
    second("speed(heartbeat=0.2, life=1)")
    first("lease_of()")
    first("transaction.atomic().__enter__()")
    first("held.check()")
    time.sleep(1.5)
    started = time.monotonic()
    assert refused(second, "lease_of(wait=0.5)").code == "HR301"
    assert time.monotonic() - started < 3


@everywhere
def test_a_lease_in_the_transaction_of_a_record_is_lost_before_the_record(on: Database, lockers: Lockers):
    first, second = lockers(on.settings), lockers(on.settings)
    second("speed(heartbeat=0.2, life=1)")
    first("lease_of()")
    first("globals().update(block=transaction.atomic()) or block.__enter__()")
    first("sql('SELECT 1')")
    second("lease_of(wait=20)")
    assert refused(first, "held.check()").code == "HR303"


def test_behind_a_pooler_sessions_do_not_hold_and_two_migrators_exclude_each_other(pooled_database: Pooled, lockers: Lockers):
    database, pooled = pooled_database
    first, second = lockers(pooled), lockers(pooled)
    assert first("opened()") is False
    assert first("take()") == "lease"
    assert second("opened()") is False
    assert refused(second, "take(wait=1)").message == "locked: default is being migrated by another process (waited 1 s)"
    first("held.check()")
    first("held.release()")
    assert second("take()") == "lease"
    assert refused(first).code == "HR301"
    own = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    assert database.query(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {own}") == [(0,)]


def test_what_a_session_lock_would_do_behind_a_pooler(pooled_database: Pooled, lockers: Lockers):
    """The reason for all of this: two clients can get one session, and with it one lock."""
    _, pooled = pooled_database
    first, second = lockers(pooled), lockers(pooled)
    taken = [one("sql('SELECT pg_try_advisory_lock(1), pg_backend_pid()')[0]") for one in (first, second)]
    assert taken[0] == taken[1]
    assert taken[0][0] is True


def test_a_session_that_must_not_be_changed_is_left_as_it_is_behind_a_pooler(pooled_database: Pooled, lockers: Lockers):
    _, pooled = pooled_database
    first, other = lockers(pooled), lockers(pooled)
    first("opened()")
    assert {other("sql('SHOW lock_timeout')[0][0]") for _ in range(4)} == {"0"}
    assert {other("sql('SHOW application_name')[0][0]") for _ in range(4)} == {""}


def test_the_direct_way_past_a_pooler_is_taken(pooled_database: Pooled, lockers: Lockers):
    database, pooled = pooled_database
    direct = {"direct": {"default": {"HOST": database.settings["HOST"], "PORT": database.settings["PORT"]}}}
    first, second = lockers(pooled, handrail=direct), lockers(pooled, handrail=direct)
    assert first("opened()") is True
    assert first("take()") == "session"
    assert second("opened()") is True
    assert refused(second).code == "HR301"
    first("held.check()")
    assert first("connection.settings_dict['PORT']") == database.settings["PORT"]


DOUBLE = """\
import time
from django.db import migrations, models

def double(apps, schema_editor):
    for one in apps.get_model("shop", "Thing").objects.using(schema_editor.connection.alias).all():
        time.sleep(0.5)
        one.n *= 2
        one.save()

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(double, migrations.RunPython.noop)]
"""
THING = 'migrations.CreateModel("Thing", fields=[("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=1))])'


def test_c08_two_migrates_behind_a_pooler_apply_every_migration_once(
    pooled_database: Pooled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    isolate(monkeypatch)
    database, pooled = pooled_database
    files = {"shop.0001_initial": migration("", THING)}
    project = LiveProject.begin(tmp_path / "project", database, files, DATABASES={"default": pooled})
    (project.path / "shop/models.py").write_text("")
    project.settings(["handrail", "shop"], DATABASES={"default": pooled})
    project.migrate()
    database.query("INSERT INTO shop_thing (n) VALUES (1)")
    project.put({"shop.0002_double": DOUBLE})
    command = [sys.executable, "manage.py", "migrate", "--no-color"]
    several = [
        subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in several]
    assert [process.returncode for process in several] == [0, 0, 0], said
    assert database.query("SELECT n FROM shop_thing") == [(2,)]
    assert project.recorded() == ["0001_initial", "0002_double"]
    assert sorted("Applying shop.0002_double... OK" in one for one in said) == [False, False, True]
