"""handrail status and handrail lock, on every database, while somebody migrates and after."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.lockers import Lockers, lockers
from tests.databases.test_lock import HOST, SERVERS, on
from tests.git_sandbox import isolate
from tests.servers.base import Database
from tests.unit.planning.small_project import migration

__all__ = ["lockers", "on"]
THING = 'migrations.CreateModel("Thing", fields=[("id", models.BigAutoField(primary_key=True))])'
FIRST = {"shop.0001_initial": migration("", THING)}


def add(name: str, after: str = "shop.0001_initial") -> str:
    return migration(after, f'migrations.AddField("thing", "{name}", models.IntegerField(default=0))')


def begin(path: Path, database: Database, **more: str) -> LiveProject:
    project = LiveProject.begin(path / "project", database, FIRST | {f"shop.{name}": text for name, text in more.items()})
    (project.path / "shop/models.py").write_text("")
    return project


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def project(database: Database, tmp_path: Path) -> LiveProject:
    return begin(tmp_path, database, **{"0002_p": add("p")})


@pytest.fixture
def small(sqlite_database: Database, tmp_path: Path) -> LiveProject:
    return begin(tmp_path, sqlite_database, **{"0002_p": add("p")})


def only(project: LiveProject, *words: str, exit: int = 0) -> dict[str, Any]:
    (found,) = project.handrail("status", *words, exit=exit).json["databases"]
    assert isinstance(found, dict)
    return found


def text(project: LiveProject, *words: str) -> str:
    done = project.run("-m", "handrail", *words)
    return done.out + done.err


def test_before_and_after_migrate(project: LiveProject, database: Database) -> None:
    before = only(project)
    assert (before["alias"], before["vendor"]) == ("default", database.vendor)
    assert (
        before["version"].split(" ")[0] == {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}[database.vendor]
    )
    assert (before["pending"], before["applied"]) == ([["shop", "0001_initial"], ["shop", "0002_p"]], 0)
    assert (before["lock"], before["unfinished"], before["kept"]["things"]) == (None, None, 0)
    project.migrate("shop", "0001")
    after = only(project)
    assert (after["pending"], after["applied"]) == ([["shop", "0002_p"]], 1)
    project.migrate()
    done = only(project)
    assert (done["pending"], done["applied"]) == ([], 2)
    said = text(project, "status")
    assert said == f"default: {done['version']}, 2 applied, none pending\n  lock: nobody migrates\n"


def test_who_holds_the_lock_is_shown(project: LiveProject, database: Database, lockers: Lockers) -> None:
    holder = lockers(database.settings)
    holder("opened()")
    holder("take()")
    shown = project.handrail("lock").json["lock"]
    assert only(project)["lock"] == shown
    if database.vendor == "mysql":
        assert (shown["host"], shown["user"], shown["pid"]) == ("127.0.0.1", "handrail", None)
        assert "nobody holds" not in text(project, "lock")
    else:
        assert (shown["host"], shown["user"], shown["pid"], shown["command"]) == (HOST, "ann", holder.process.pid, "migrate")
        said = text(project, "lock")
        assert said.startswith(f"the migration lock of default: migrate by ann on {HOST} (pid {holder.process.pid}), since ")
    refused = project.handrail("lock", "--release", exit=2)
    why = "a process keeps its file locked" if database.vendor == "sqlite" else "the server keeps its session"
    assert refused.messages == [f"HR306: not-released: the migration lock of default is held ({why})"]
    holder("held.check()")
    holder("held.release()")
    assert project.handrail("lock").json["lock"] is None
    assert text(project, "lock", "--release") == "nobody holds the migration lock of default\nthere is nothing to release\n"


def test_a_lock_file_that_a_killed_process_left_is_removed(
    small: LiveProject, sqlite_database: Database, lockers: Lockers
) -> None:
    file = Path(f"{sqlite_database.settings['NAME']}.handrail.lock")
    holder = lockers(sqlite_database.settings)
    holder("take()")
    holder.signal(signal.SIGKILL)
    assert text(small, "lock", "--release", "--dry-run") == f"would be released: the lock file {file}, which nobody has locked\n"
    assert file.exists()
    assert small.handrail("lock", "--release").json["released"] is True
    assert not file.exists()


@pytest.mark.parametrize("on", SERVERS, indirect=True)
def test_a_lease_is_released_when_its_heartbeat_is_over_and_its_process_gone(
    on: Database, tmp_path: Path, lockers: Lockers
) -> None:
    project = begin(tmp_path, on)
    holder = lockers(on.settings)
    holder("speed(heartbeat=300, life=30)")
    holder("lease_of()")
    fresh = project.handrail("lock", "--release", exit=2)
    assert fresh.messages == ["HR306: not-released: the migration lock of default is held (its heartbeat is fresh)"]
    assert project.handrail("lock").json["lock"]["session"] == "lease/1"
    on.query("UPDATE handrail_lease SET heartbeat = '2020-01-01 00:00:00'")
    lives = project.handrail("lock", "--release", exit=2)
    why = "its process lives on this host, though without a heartbeat"
    assert lives.messages == [f"HR306: not-released: the migration lock of default is held ({why})"]
    holder.signal(signal.SIGKILL)
    said = text(project, "lock", "--release")
    assert said == f"released: the lease of migrate by ann on {HOST} (pid {holder.process.pid}), whose heartbeat is over\n"
    assert on.query("SELECT owner FROM handrail_lease") == [("",)]


def test_one_broken_app_stops_nothing_but_the_answer_about_it(small: LiveProject) -> None:
    small.put({"other.0001_initial": "this is no Python", "third.0001_initial": migration("third.0000_gone", "")})
    for app in ("other", "third"):
        (small.path / app / "models.py").write_text("")
    small.settings(["shop", "other", "third"])
    done = small.handrail("status", exit=1)
    assert done.json["databases"][0]["pending"] == [["shop", "0001_initial"], ["shop", "0002_p"]]
    first, second = sorted(done.messages)
    assert first == "HR116: missing-dependency: third.0001_initial depends on third.0000_gone, which no file here has"
    assert second == "HR212: unreadable: other/migrations/0001_initial.py:1 syntax error: invalid syntax"


def test_a_conflict_is_named_and_stops_nothing(small: LiveProject) -> None:
    small.migrate()
    small.put({"shop.0002_q": add("q")})
    done = small.handrail("status", exit=1)
    assert done.messages == ["HR101: conflict: shop has 2 heads 0002_p, 0002_q from common ancestor shop.0001_initial"]
    assert done.json["databases"][0]["pending"] == [["shop", "0002_q"]]


def test_a_database_that_is_not_there_is_not_made(small: LiveProject, sqlite_database: Database) -> None:
    Path(sqlite_database.settings["NAME"]).unlink()
    found = only(small)
    assert (found["version"], found["applied"], len(found["pending"]), found["lock"]) == ("", 0, 2, None)
    assert text(small, "status").startswith("default: not there yet, 0 applied, 2 pending\n  pending: shop.0001_initial and ")
    assert small.handrail("lock", "--release").json == {
        "version": 1,
        "command": "lock",
        "exit": 0,
        "findings": [],
        "lock": None,
        "released": False,
    }
    assert not Path(sqlite_database.settings["NAME"]).exists()


def test_a_database_that_cannot_be_reached_is_a_refusal_beside_the_others(small: LiveProject) -> None:
    place = small.path / "project_settings.py"
    broken = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x"}
    place.write_text(f"{place.read_text()}\nDATABASES['far'] = {broken!r}\n")
    done = small.handrail("status", exit=2)
    assert [one["alias"] for one in done.json["databases"]] == ["default"]
    assert [message.partition(" (")[0] for message in done.messages] == ["HR005: database-not-reached: far"]
    assert small.handrail("status", "--database", "default").messages == []


def test_waiting_ends_when_the_time_is_over(small: LiveProject) -> None:
    started = time.monotonic()
    done = small.run("-m", "handrail", "status", "--wait", "2.5")
    assert 2.5 < time.monotonic() - started < 6
    assert done.exit == 1
    assert done.out.splitlines()[-1] == "not ready after 2 s"
    assert done.err == "waiting for default: 2 pending\n"


@pytest.fixture
def waiting(project: LiveProject) -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "-m", "handrail", "status", "--wait", "60", "--format", "json"]
    process = subprocess.Popen(arguments, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_waiting_ends_when_nobody_migrates_and_nothing_is_pending(
    project: LiveProject, database: Database, lockers: Lockers, waiting: subprocess.Popen[str]
) -> None:
    holder = lockers(database.settings)
    holder("take()")
    project.migrate()
    time.sleep(3)
    assert waiting.poll() is None
    holder("held.release()")
    out, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 0
    assert '"pending": []' in out


def test_after_migrations_there_is_nothing_to_wait_for(small: LiveProject) -> None:
    small.migrate()
    started = time.monotonic()
    assert only(small, "--wait", "60")["pending"] == []
    assert time.monotonic() - started < 5


def test_lock_is_about_one_database(small: LiveProject) -> None:
    refused = small.handrail("lock", "--all-databases", exit=2)
    assert refused.messages == ["HR001: usage: lock is about one database"]
