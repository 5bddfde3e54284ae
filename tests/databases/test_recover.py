"""handrail recover, after a migrate that was killed, on every database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.databases.stopped_project import REMOVE, Stopped, second
from tests.git_sandbox import isolate
from tests.servers.base import Database

BEFORE, AFTER = (["id", "n"], ["0001_initial"], [1]), (["id", "n", "p", "q"], ["0001_initial", "0002_step"], [2])


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def found(project: Stopped) -> tuple[list[str], list[str], list[int]]:
    return project.columns, project.recorded(), project.n


def extents(answer: dict[str, Any]) -> list[tuple[int, str]]:
    every = [*answer["done"], *answer["undone"], *answer["ambiguous"]]
    assert all(one["migration"] == ["shop", "0002_step"] for one in every)
    return sorted((one["operation"] + 1, one["extent"]) for one in every)


def notes(answer: dict[str, Any], code: str = "HR401") -> list[str]:
    (finding,) = answer["findings"]
    assert finding["code"] == code
    result = finding["notes"]
    assert isinstance(result, list)
    return result


def test_it_goes_on_where_it_stopped(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second())
    project.stop(STOP="up")
    seen = project.text("recover", "--dry-run")
    assert "stopped while applying shop.0002_step\n1. Add field p to Thing: done\n" in seen
    assert "2. Raw Python operation (up): not done\n3. Add field q to Thing: not done\n" in seen
    assert seen.endswith("\nit goes on from there\n")
    assert found(project) == (["id", "n", "p"], ["0001_initial"], [1])
    answer = project.recover()
    assert answer["run"] == 2
    assert extents(answer) == [(1, "done"), (2, "not done"), (3, "not done"), (4, "not done")]
    assert found(project) == AFTER
    assert project.status() == ("recovered", ["done"])
    assert project.text("recover") == "default: nothing is unfinished\n"
    assert project.recover("--back") == {
        "version": 1,
        "command": "recover",
        "exit": 0,
        "findings": [],
        "run": None,
        "done": [],
        "undone": [],
        "ambiguous": [],
    }
    assert found(project) == AFTER


def test_it_takes_back_what_was_done(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second())
    project.stop(STOP="last")
    assert found(project) == (["id", "n", "p", "q"], ["0001_initial"], [2])
    seen = project.text("recover", "--back", "--yes")
    assert "what was done is taken back, the last operation first\n" in seen
    assert "run 2 was interrupted while applying shop.0002_step; what was done of it was taken back\n" in seen
    assert found(project) == BEFORE
    assert project.status() == ("unwound", ["unwound"])


def test_nothing_is_done_without_a_yes(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second())
    project.stop(STOP="last")
    before = found(project), project.query("SELECT * FROM handrail_statement"), project.status()
    seen = project.text("recover", exit=2)
    assert "error[HR003]: not-confirmed: handrail recover changed nothing (the input is not" in seen
    assert (found(project), project.query("SELECT * FROM handrail_statement"), project.status()) == before
    assert project.status() == ("running", ["running"])


def test_an_unapply_goes_on(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second())
    project.migrate("shop")
    project.stop("0001", "--no-keep", STOP="down")
    answer = project.recover("--back", exit=3)
    assert notes(answer) == ["it cannot be taken back: Add field q to Thing: what it dropped is gone"]
    assert extents(answer) == [(1, "not done"), (2, "not done"), (3, "done"), (4, "done")]
    assert "stopped while unapplying shop.0002_step" in project.text("recover", "--dry-run")
    project.recover("--forward")
    assert found(project) == BEFORE


def test_what_an_unapply_has_dropped_comes_back(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second())
    project.migrate("shop")
    database.query("UPDATE shop_thing SET q = 77")
    project.stop("0001", STOP="down")
    assert project.columns == ["id", "n", "p"]
    project.recover("--back")
    assert found(project) == AFTER
    assert project.query("SELECT q FROM shop_thing") == [(77,)]


def test_code_outside_a_transaction_is_asked_about_and_nothing_else(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second(code=False))
    project.stop(STOP="up")
    answer = project.recover(exit=3)
    assert extents(answer) == [(1, "done"), (2, "in doubt"), (3, "not done"), (4, "not done")]
    assert [one["operation"] for one in answer["ambiguous"]] == [1]
    assert answer["findings"][0]["command"] == "handrail history --run 2"
    message = "interrupted-data: shop.0002_step was stopped inside operation 2 of 4 (Raw Python operation)"
    assert answer["findings"][0]["message"] == message
    (first, *others) = notes(answer, "HR402")
    assert re.fullmatch(r"it has written 1 row of shop_thing \(log: hrk_[0-9a-f]{16}\)", first)
    assert others[-3:] == [
        "operation 2 is in doubt: it runs code of the project outside a transaction, and was stopped inside: "
        "what it did is not known",
        "--forward says operation 2 is complete: it goes on after it",
        "--back says nothing of operation 2 is there: what was done before is taken back",
    ]
    assert found(project) == (["id", "n", "p"], ["0001_initial"], [2])
    assert project.status() == ("running", ["running"])


def test_what_is_in_doubt_is_complete(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second(code=False))
    project.stop(STOP="up")
    seen = project.text("recover", "--forward", "--yes")
    assert "as you say, operation 2 is complete: it goes on after it\n" in seen
    assert found(project) == AFTER
    assert project.status() == ("recovered", ["done"])


def test_what_is_in_doubt_is_not_there(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second(code=False))
    project.stop(STOP="up")
    database.query("UPDATE shop_thing SET n = 1")
    seen = project.text("recover", "--back", "--yes")
    assert "as you say, nothing of operation 2 is there: what was done before is taken back\n" in seen
    assert found(project) == BEFORE


def test_what_cannot_be_taken_back_stays_and_goes_on_from_the_answer(tmp_path: Path, database: Database):
    text = second(code=False, first='migrations.RemoveField("Thing", "x")')
    project = Stopped.make(tmp_path, database, text, {"shop.0001_initial": WITH_X})
    project.stop("--no-keep", STOP="up")
    database.query("UPDATE shop_thing SET n = 1")
    reason = "Remove field x from Thing: what it dropped is gone"
    assert f"--back says nothing of operation 2 is there: it stays there, as {reason}" in notes(project.recover(exit=3), "HR402")
    answer = project.recover("--back", exit=3)
    assert notes(answer, "HR402") == [f"what was done before cannot be taken back: {reason}"]
    assert answer["findings"][0]["help"] == "go on from there"
    assert answer["findings"][0]["command"] == "handrail recover --forward"
    assert found(project) == (["id", "n"], ["0001_initial"], [1])
    assert notes(project.recover("--back", exit=3)) == [f"it cannot be taken back: {reason}"]
    project.recover()
    assert found(project) == (["id", "n", "q"], ["0001_initial", "0002_step"], [2])


WITH_X = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("n", models.IntegerField(default=1)),
            ("x", models.IntegerField(default=1)),
        ]),
        migrations.RunSQL("INSERT INTO shop_thing (n, x) VALUES (1, 1)", "DELETE FROM shop_thing"),
    ]
"""


@pytest.mark.parametrize(("way", "changed"), [("--back", 1), ("--forward", 2)])
def test_a_reverse_that_was_stopped_is_asked_about_too(tmp_path: Path, database: Database, way: str, changed: int):
    project = Stopped.make(tmp_path, database, second(code=False))
    project.stop(FAIL="last", STOP="down")
    database.query(f"UPDATE shop_thing SET n = {changed}")
    assert notes(project.recover(exit=3), "HR402")[-2:] == [
        "--forward says nothing of operation 2 was taken back: it is taken back again",
        "--back says nothing of operation 2 is there any more",
    ]
    project.recover(way)
    assert found(project) == BEFORE
    assert project.status() == ("unwound", ["unwound"])


def test_what_is_being_taken_back_goes_no_other_way(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second())
    project.stop(FAIL="last", STOP="down")
    assert notes(project.recover("--forward", exit=3)) == ["it is being taken back, and can only be taken back"]
    project.recover()
    assert found(project) == BEFORE


def test_a_migration_that_was_one_transaction_is_closed(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, second(atomic=True))
    project.stop(STOP="up")
    if database.vendor == "mysql":
        assert extents(project.recover("--dry-run")) == [(1, "done"), (2, "not done"), (3, "not done"), (4, "not done")]
        return
    line = "run 2 would be closed; nothing of shop.0002_step is left\n"
    assert project.text("recover", "--dry-run").startswith(line)
    assert project.status() == ("running", ["running"])
    line = "run 2 was interrupted while applying shop.0002_step; nothing of it was left\n"
    assert project.text("recover").startswith(line)
    assert project.status() == ("recovered", ["failed"])
    assert found(project) == BEFORE
    triggers = {"sqlite": "sqlite_master WHERE type = 'trigger'", "postgresql": "pg_trigger WHERE NOT tgisinternal"}
    assert project.query(f"SELECT COUNT(*) FROM {triggers[database.vendor]}") == [(0,)]


def test_a_failure_on_the_way_leaves_it_where_it_is(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second())
    project.stop(STOP="last")
    done = project.run("-m", "handrail", "recover", "--yes", "--format", "json", FAIL="last")
    assert done.exit == 3
    assert notes(done.json) == ["ValueError: it fails"]
    assert project.status()[1] == ["stopped"]
    assert found(project) == (["id", "n", "p", "q"], ["0001_initial"], [2])
    project.recover("--forward")
    assert found(project) == AFTER


def test_a_failure_on_the_way_back_leaves_it_where_it_is(tmp_path: Path, sqlite_database: Database):
    """Where no log of rows takes the place of the reverse."""
    project = Stopped.make(tmp_path, sqlite_database, second().replace("    atomic", "    handrail_keep = False\n    atomic", 1))
    project.stop(STOP="last")
    done = project.run("-m", "handrail", "recover", "--back", "--yes", "--format", "json", FAIL="down")
    assert done.exit == 3
    (note,) = notes(done.json)
    assert note.startswith("ValueError: it fails (")
    assert f"{project.place('shop.0002_step')}:" in note
    assert project.status() == ("running", ["unwinding"])
    project.recover()
    assert found(project) == BEFORE


def test_a_changed_file_is_refused_and_the_kept_text_named(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second())
    project.stop(STOP="up")
    place = project.place("shop.0002_step")
    place.write_text(second(first=REMOVE))
    ((digest,),) = sqlite_database.query("SELECT digest FROM handrail_source WHERE path LIKE '%0002_step.py'")
    kept = f"its text of then is kept: SELECT text FROM handrail_source WHERE digest = '{digest}'"
    assert notes(project.recover(exit=3)) == ["the file of shop.0002_step has changed since", kept]
    assert found(project) == (["id", "n", "p"], ["0001_initial"], [1])


def test_a_file_that_is_gone_comes_from_what_is_kept(tmp_path: Path, sqlite_database: Database):
    """Of both ways; not where the text is none that this project has signed."""
    project = Stopped.make(tmp_path, sqlite_database, second())
    place = project.place("shop.0002_step")
    project.stop(STOP="up")
    place.unlink()
    sqlite_database.query("UPDATE handrail_source SET signature = '-' || signature")
    answer = project.recover("--back", exit=3)
    forged = "a text of it is kept in handrail_source, but not as this project's SECRET_KEY has signed it: do not trust it"
    assert notes(answer) == ["there is no file of shop.0002_step any more", forged]
    assert answer["findings"][0]["message"] == "interrupted: shop.0002_step stopped after operation 1"
    sqlite_database.query("UPDATE handrail_source SET signature = substr(signature, 2)")
    refused = project.run("manage.py", "migrate", "--no-color")
    assert refused.exit == 3
    assert "  help: recover with the text that is kept of it, or bring the file back\n" in refused.err
    line = "the file of shop.0002_step is not here: its text comes from handrail_source\n\nwhat was done is taken back"
    assert line in project.text("recover", "--back", "--dry-run")
    project.recover("--back")
    assert found(project) == BEFORE
    place.write_text(second())
    project.stop(STOP="up")
    place.unlink()
    project.recover()
    assert found(project) == AFTER


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
@pytest.mark.parametrize(("way", "columns"), [("--forward", ["id", "n", "other", "q"]), ("--back", ["id", "n", "other"])])
def test_a_statement_in_doubt_is_asked_about(tmp_path: Path, database: Database, way: str, columns: list[str]):
    project = Stopped.make(tmp_path, database, second())
    project.stop(STOP="up")
    database.query("DELETE FROM handrail_statement WHERE kind = 'operation'")
    database.query("UPDATE handrail_statement SET status = 'started'")
    database.query("ALTER TABLE shop_thing DROP COLUMN p, ADD COLUMN other integer NULL")
    answer = project.recover(exit=3)
    assert extents(answer) == [(1, "in doubt"), (2, "not done"), (3, "not done"), (4, "not done")]
    assert [one["status"] for one in answer["ambiguous"][0]["statements"]] == ["ambiguous"]
    assert notes(answer)[-4:] == [
        "operation 1 is in doubt: the tables are neither as they were before this statement nor as it leaves them",
        "the statement: ALTER TABLE `shop_thing` ADD COLUMN `p` integer NULL",
        "--forward says the statement is complete: it goes on after it",
        "--back says nothing of the statement is there: what was done before is taken back",
    ]
    project.recover(way)
    assert project.columns == columns


def test_another_database_is_named_in_the_next_command(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second(code=False))
    project.stop(STOP="up")
    project.aliases = {"default": sqlite_database.fresh(), "other": sqlite_database}
    project.settings(INSTALLED_APPS=["handrail", "shop"])
    assert project.text("recover") == "default: nothing is unfinished\n"
    answer = project.recover("--database", "other", exit=3)
    assert answer["findings"][0]["command"] == "handrail history --run 2 --database other"
    assert "run 2 is unfinished; next: handrail recover --database other" in project.text("history", "--all-databases")
    refused = project.text("recover", "--all-databases", exit=2)
    assert "error[HR001]: usage: recover is about one database" in refused


def test_manage_py_does_the_same(tmp_path: Path, sqlite_database: Database):
    project = Stopped.make(tmp_path, sqlite_database, second())
    project.stop(STOP="up")
    done = project.manage("handrail", "recover", "--yes")
    assert (done.exit, done.err) == (0, "")
    assert found(project) == AFTER
