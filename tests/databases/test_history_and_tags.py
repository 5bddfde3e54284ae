"""handrail history and handrail tag, on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases.lockers import Lockers, lockers
from tests.databases.stopped_project import Stopped, second
from tests.git_sandbox import isolate
from tests.servers.base import Database

__all__ = ["lockers"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Stopped:
    return Stopped.make(tmp_path, database, second())


@pytest.fixture
def small(sqlite_database: Database, tmp_path: Path) -> Stopped:
    return Stopped.make(tmp_path, sqlite_database, second())


def runs(project: Stopped, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.handrail("history", *words).json["runs"]
    return found


def test_runs_are_shown_the_latest_first(project: Stopped):
    project.migrate("shop")
    assert project.manage("migrate", "shop", "0001", "--fake").exit == 1
    faked, applied, first = runs(project)
    assert [one["id"] for one in (faked, applied, first)] == [3, 2, 1]
    assert [one["command"] for one in (faked, applied, first)] == [
        "migrate shop 0001 --fake",
        "migrate shop",
        "migrate shop 0001",
    ]
    assert {key: applied[key] for key in ("database", "status", "interrupted", "error", "commit")} == {
        "database": "default",
        "status": "done",
        "interrupted": False,
        "error": "",
        "commit": project.git("rev-parse", "HEAD"),
    }
    (step,) = applied["steps"]
    assert 0 <= step.pop("seconds") < 60
    expected = {"migration": ["shop", "0002_step"], "direction": "forward", "status": "done", "faked": False, "error": ""}
    assert step == {**expected, "atomic": False}
    assert [(step["faked"], step["direction"]) for step in faked["steps"]] == [(True, "backward")]
    assert datetime.now(UTC) - datetime.fromisoformat(applied["started"]) < timedelta(minutes=2)
    assert datetime.fromisoformat(applied["started"]) <= datetime.fromisoformat(applied["finished"])


def test_one_run_is_shown_with_its_statements(project: Stopped):
    project.stop(STOP="up")
    (run,) = runs(project, "--run", "2")
    assert (run["status"], run["interrupted"], run["finished"]) == ("running", True, None)
    statements = run["steps"][0]["statements"]
    if project.aliases["default"].vendor == "mysql":
        sql = "ALTER TABLE `shop_thing` ADD COLUMN `p` integer NULL"
        assert [(one["kind"], one["sql"]) for one in statements] == [("sql", sql), ("operation", "")]
        assert f"\n  {sql}: done\n  operation 1: done\n" in project.text("history", "--run", "2")
    assert statements[-1] == {"operation": 0, "kind": "operation", "phase": "run", "status": "done", "sql": ""}
    seen = project.text("history", "--run", "2")
    assert seen.startswith("run 2 on default: migrate shop by ")
    assert "\napplying shop.0002_step: running\n" in seen
    assert seen.endswith("\nrun 2 is unfinished; next: handrail recover\n")


def test_the_table_fits(small: Stopped):
    small.stop(STOP="up")
    head, latest, *rest = small.text("history", "--limit", "1").splitlines()
    assert head.split() == ["run", "when", "status", "steps", "seconds", "commit", "command,", "by"]
    assert all(len(line) <= 80 for line in (head, latest, *rest))
    assert latest.split()[0] == "2"
    assert latest.split()[3:7] == ["interrupted", "0", "of", "1"]
    assert rest[-2:] == ["default: 1 earlier; --limit N shows more", "run 2 is unfinished; next: handrail recover"]
    refused = small.text("history", "--limit", "0", exit=2)
    assert "error[HR001]: usage: argument --limit: 0 is not 1 or more" in refused


def test_without_a_journal_it_says_so_and_makes_nothing(database: Database, tmp_path: Path):
    project = Stopped.begin(tmp_path / "project", database, {"shop/models.py": ""}, INSTALLED_APPS=["handrail"])
    for words in (["history"], ["history", "--run", "1"]):
        done = project.run("-m", "handrail", *words)
        line = "default has no journal: no migrate has run there under Handrail\n"
        assert (done.exit, done.out, done.err) == (0, line, "")
    assert project.run("-m", "handrail", "tag").out == "default: no tag was made\n"
    assert project.run("-m", "handrail", "recover").out == "default: nothing is unfinished\n"
    assert project.schema() == {}


def test_a_file_that_is_not_there_is_not_made(small: Stopped):
    place = Path(str(small.aliases["default"].settings["NAME"]))
    place.unlink()
    assert small.text("history") == "default has no journal: no migrate has run there under Handrail\n"
    for words in (("recover",), ("kept",), ("purge", "--yes"), ("tag", "a"), ("backup", "create"), ("rollback", "--last-run")):
        assert "error[HR005]: database-not-reached: default (there is no such file)" in small.text(*words, exit=2)
    assert not place.exists()


def test_a_run_that_is_not_on_record_is_refused(small: Stopped):
    done = small.handrail("history", "--run", "9", exit=2)
    assert done.messages == ["HR410: no-run: default has no run 9"]
    assert done.only("HR410")["command"] == "handrail history"


def test_a_state_is_named_once(project: Stopped):
    (first,) = project.handrail("tag", "release-1").json["tags"]
    assert (first["name"], first["run"], first["applied"]) == ("release-1", 1, [["shop", "0001_initial"]])
    ((name, applied),) = project.query("SELECT name, applied FROM handrail_tag")
    assert (name, applied) == ("release-1", '[["shop", "0001_initial"]]')
    assert project.text("tag", "release-1").endswith(", with this state\n")
    project.migrate("shop")
    done = project.handrail("tag", "release-1", exit=2)
    (message,) = done.messages
    assert message.startswith("HR411: tag-taken: release-1 was made ")
    assert message.endswith(", with 1 migrations fewer and 0 more applied than now")
    assert project.text("tag", "b", "--dry-run") == "b would name the state of default: 2 applied migrations\n"
    assert project.text("tag", "a") == "a names the state of default: 2 applied migrations\n"
    assert [(tag["name"], tag["run"]) for tag in project.handrail("tag").json["tags"]] == [("release-1", 1), ("a", 2)]
    assert project.text("tag").splitlines()[0].split() == ["tag", "made", "run", "applied", "by"]
    assert project.migrate("shop", "0001")
    assert project.text("tag", "release-1").endswith(", with this state\n")


@pytest.mark.parametrize("name", ["", "a b", "-a", "é", "a" * 151, "a;b"])
def test_a_name_has_plain_letters(small: Stopped, name: str):
    done = small.run("-m", "handrail", "tag", "--format", "json", "--", name)
    assert done.exit == 2
    assert done.messages == [
        f'HR001: usage: "{name}" is no name for a tag: up to 150 letters and digits of ASCII, and . _ + / - inside'
    ]
    assert small.query("SELECT name FROM handrail_tag") == []


def test_a_state_between_two_is_not_named(small: Stopped):
    small.stop(STOP="up")
    done = small.handrail("tag", "a", exit=3)
    assert done.messages == ["HR401: interrupted: shop.0002_step stopped after operation 1"]
    assert done.only("HR401")["notes"] == ["the database is between two states, and a tag names one"]
    assert small.query("SELECT name FROM handrail_tag") == []


def test_nothing_is_named_or_recovered_while_somebody_migrates(small: Stopped, lockers: Lockers):
    small.stop(STOP="up")
    small.settings(INSTALLED_APPS=["handrail", "shop"], HANDRAIL={"lock_wait": 0.2})
    holder = lockers(small.aliases["default"].settings)
    holder("take()")
    for words in (["tag", "a"], ["recover", "--yes"]):
        assert [one[:5] for one in small.handrail(*words, exit=2).messages] == ["HR301"]
    assert small.status() == ("running", ["running"])
    holder("held.release()")
    assert small.recover()["run"] == 2
