"""Records of databases that follow renamed files, from the command line: at once, later, back again, and after a kill -9."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.live import LiveProject, Said
from tests.cases.test_history import FIRST, OURS, THING, add, begin
from tests.servers.base import Database
from tests.unit.planning.small_project import migration

BEFORE = ["0001_initial", "0002_b", "0003_c"]
AFTER = ["0001_initial", "0003_b", "0004_c", "0002_a"]
RESOLVE = ("resolve", "--onto", "main")
FOLLOW = ("resolve", "--update-databases", "--yes")


@pytest.fixture
def torn(database: Database, tmp_path: Path) -> LiveProject:
    return applied_and_merged(tmp_path, database)


@pytest.fixture
def torn_on_sqlite(sqlite_database: Database, tmp_path: Path) -> LiveProject:
    return applied_and_merged(tmp_path, sqlite_database)


def applied_and_merged(path: Path, database: Database | dict[str, Database], theirs: str = add("a")) -> LiveProject:
    """Return a project on feature whose two migrations were applied, with rows in them, and which has merged theirs since."""
    project = begin(path, database, {})
    project.git("checkout", "-q", "-b", "feature")
    project.put({"shop.0002_b": OURS, "shop.0003_c": migration("shop.0002_b", add("c", 3))})
    project.commit("ours")
    for alias in project.aliases:
        project.migrate("--database", alias)
    project.query("INSERT INTO shop_thing (name, n, x, b, c) VALUES ('one', 1, 'x', 77, 78), ('two', 1, 'x', 79, 80)")
    project.git("checkout", "-q", "main")
    project.put({"shop.0002_a": migration(FIRST, theirs)})
    project.commit("theirs")
    project.git("checkout", "-q", "feature")
    project.git("merge", "-q", "main", "-m", "merge")
    return project


def is_right(project: LiveProject) -> None:
    """Check that files, records, tables and rows are all as they shall be, that nothing is left to do and nothing to find."""
    assert project.names() == ["0001_initial", "0002_a", "0003_b", "0004_c"]
    assert "No migrations to apply" in project.migrate()
    assert project.recorded() == AFTER
    assert project.query("SELECT a, b, c FROM shop_thing ORDER BY id") == [(1, 77, 78), (1, 79, 80)]
    assert project.handrail("check").messages == []


def is_as_on_a_new_database(project: LiveProject, database: Database) -> None:
    found = project.schema()
    project.use(database.fresh())
    project.migrate()
    assert project.schema() == found
    project.use(database)


def test_at_once(torn: LiveProject, database: Database) -> None:
    dry = torn.handrail(*RESOLVE, "--update-databases", "--dry-run")
    assert (torn.recorded(), torn.names()) == (BEFORE, ["0001_initial", "0002_a", "0002_b", "0003_c"])
    done = torn.handrail(*RESOLVE, "--update-databases", "--yes")
    assert done.json == dry.json
    assert done.json["renamed"] == [
        [["shop", "0002_b"], ["shop", "0003_b"]],
        [["shop", "0003_c"], ["shop", "0004_c"]],
    ]
    assert [line for line in done.err.splitlines() if line.startswith("database")] == [
        "database default: the record shop.0002_b becomes shop.0003_b",
        "database default: the record shop.0003_c becomes shop.0004_c",
        "database default: shop.0002_a is applied, which shop.0004_c needs now",
    ]
    is_right(torn)
    is_as_on_a_new_database(torn, database)


def test_later_and_back_again(torn: LiveProject) -> None:
    files = {path: path.read_bytes() for path in sorted((torn.path / "shop/migrations").glob("*.py"))}
    torn.handrail(*RESOLVE, "--yes")
    assert torn.recorded() == BEFORE
    found = torn.handrail("check", exit=1)
    assert found.messages == [
        "HR202: renamed-after-apply: record shop.0002_b has the content of file shop.0003_b",
        "HR202: renamed-after-apply: record shop.0003_c has the content of file shop.0004_c",
    ]
    command = [one["command"] for one in found.json["findings"]]
    assert command == ["handrail resolve shop --update-databases --database default"] * 2
    torn.handrail(*command[0].split()[1:], "--yes")
    is_right(torn)
    assert torn.handrail(*FOLLOW).json["exit"] == 0

    torn.handrail("undo-edits", "--yes")
    assert {path: path.read_bytes() for path in sorted((torn.path / "shop/migrations").glob("*.py"))} == files
    assert torn.recorded() == [*BEFORE, "0002_a"]
    torn.handrail(*RESOLVE, "--update-databases", "--yes")
    is_right(torn)


KILL = """
import os, signal, sys
from handrail.cli.run import run
import handrail.api.records, handrail.api.resolve, handrail.execution.records
def killed(*arguments, **keywords):
    os.kill(os.getpid(), signal.SIGKILL)
{place} = killed
run(sys.argv[1:])
"""
PLACES = {
    "after the files": "handrail.api.resolve.carry_out_plan",
    "after the inverse is on record": "handrail.execution.records._change",
    "before a file goes": "handrail.execution.edits.remove",
    "after the rows": "handrail.api.records.catch_up",
}


def killed_at(project: LiveProject, place: str, *words: str) -> Said:
    done = project.run("-c", KILL.format(place=PLACES[place]), *words)
    assert done.exit == -signal.SIGKILL, done.out + done.err
    return done


def followed_after_a_kill(torn: LiveProject, place: str) -> None:
    killed_at(torn, place, *RESOLVE, "--update-databases", "--yes")
    assert torn.names() == ["0001_initial", "0002_a", "0003_b", "0004_c"]
    torn.handrail(*FOLLOW)
    is_right(torn)
    torn.handrail("undo-edits", "--yes")
    assert (torn.recorded(), torn.names()) == ([*BEFORE, "0002_a"], ["0001_initial", "0002_a", "0002_b", "0003_c"])


def taken_back_after_a_kill(torn: LiveProject, place: str) -> None:
    killed_at(torn, place, *RESOLVE, "--update-databases", "--yes")
    torn.handrail("undo-edits", "--yes")
    assert (torn.recorded(), torn.names()) == (BEFORE, ["0001_initial", "0002_a", "0002_b", "0003_c"])
    torn.handrail(*RESOLVE, "--update-databases", "--yes")
    is_right(torn)


@pytest.mark.parametrize("place", ["after the files", "after the inverse is on record"])
@pytest.mark.parametrize("ending", [followed_after_a_kill, taken_back_after_a_kill])
def test_killed_before_a_row_changed(torn_on_sqlite: LiveProject, place: str, ending: Callable[[LiveProject, str], None]) -> None:
    ending(torn_on_sqlite, place)


@pytest.mark.parametrize("ending", [followed_after_a_kill, taken_back_after_a_kill])
def test_killed_after_the_rows_changed(torn: LiveProject, ending: Callable[[LiveProject, str], None]) -> None:
    ending(torn, "after the rows")


@pytest.mark.parametrize("place", ["before a file goes", "after the inverse is on record"])
def test_undo_edits_killed_and_done_again(torn_on_sqlite: LiveProject, place: str) -> None:
    torn_on_sqlite.handrail(*RESOLVE, "--update-databases", "--yes")
    killed_at(torn_on_sqlite, place, "undo-edits", "--yes")
    refused = torn_on_sqlite.handrail(*RESOLVE, "--yes", exit=2)
    assert refused.messages == ["HR127: the edits of resolve were not finished"]
    torn_on_sqlite.handrail("undo-edits", "--yes")
    assert torn_on_sqlite.recorded() == [*BEFORE, "0002_a"]
    assert torn_on_sqlite.names() == ["0001_initial", "0002_a", "0002_b", "0003_c"]


def test_what_is_needed_now_fails_and_the_rows_get_their_old_names(database: Database, tmp_path: Path) -> None:
    unique = 'migrations.AlterField("thing", "name", models.CharField(max_length=50, unique=True))'
    torn = applied_and_merged(tmp_path, database, unique)
    torn.query("UPDATE shop_thing SET name = 'same'")
    failed = torn.handrail(*RESOLVE, "--update-databases", "--yes", exit=3)
    (said,) = failed.json["findings"]
    assert said["message"].startswith("not-caught-up: shop.0002_a failed on default (IntegrityError: ")
    assert said["command"] == "handrail resolve --update-databases"
    assert torn.recorded() == BEFORE
    torn.query("UPDATE shop_thing SET name = 'other' WHERE b = 79")
    torn.handrail(*FOLLOW)
    assert torn.recorded() == AFTER
    assert "No migrations to apply" in torn.migrate()


def test_a_record_of_something_that_is_not_there_is_not_renamed(torn_on_sqlite: LiveProject) -> None:
    torn_on_sqlite.query("ALTER TABLE shop_thing DROP COLUMN c")
    refused = torn_on_sqlite.handrail(*RESOLVE, "--update-databases", "--yes", exit=2)
    message = "HR128: the records of default cannot follow: shop.0003_c is recorded, but shop_thing.c is not there"
    assert refused.messages == [message]
    assert refused.only("HR128")["command"] == "handrail explain HR128"
    assert torn_on_sqlite.names() == ["0001_initial", "0002_a", "0002_b", "0003_c"]
    torn_on_sqlite.handrail(*RESOLVE, "--yes")
    later = torn_on_sqlite.handrail(*FOLLOW, exit=2)
    assert later.messages == [message]
    assert later.only("HR128")["command"] == "handrail undo-edits"
    assert torn_on_sqlite.recorded() == BEFORE


def test_where_a_plain_migrate_came_first_nothing_is_renamed(torn_on_sqlite: LiveProject) -> None:
    torn_on_sqlite.handrail(*RESOLVE, "--yes")
    assert torn_on_sqlite.manage("migrate").exit == 0, "SQLite rebuilds the table without the column that is there"
    assert torn_on_sqlite.query("SELECT b, c FROM shop_thing ORDER BY id") == [(2, 3), (2, 3)]
    later = torn_on_sqlite.handrail(*FOLLOW, exit=2)
    assert later.messages == ["HR128: the records of default cannot follow: shop.0002_b and shop.0003_b are both recorded"]


def test_two_databases_one_after_the_other(database: Database, tmp_path: Path) -> None:
    both = {"default": database, "other": database.fresh()}
    torn = applied_and_merged(tmp_path, both)
    torn.handrail(*RESOLVE, "--yes")
    torn.handrail(*FOLLOW, "--database", "default")
    found = torn.handrail("check", exit=1)
    assert {note.split()[1] for one in found.json["findings"] for note in one["notes"]} == {"other", "is"}
    assert torn.handrail("check", "--database", "default").messages == []
    torn.handrail(*FOLLOW)
    assert torn.handrail("check").messages == []
    torn.handrail("undo-edits", "--yes")
    assert [torn.recorded(alias=alias) for alias in both] == [[*BEFORE, "0002_a"]] * 2


def test_a_database_that_cannot_be_reached_changes_no_file(torn_on_sqlite: LiveProject) -> None:
    nowhere = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x"}
    torn_on_sqlite.settings(DATABASES={"default": nowhere})
    refused = torn_on_sqlite.handrail(*RESOLVE, "--update-databases", "--yes", exit=2)
    assert [one["code"] for one in refused.json["findings"]] == ["HR005"]
    assert refused.json["findings"][0]["message"].startswith("database-not-reached: default (connection failed: ")
    assert torn_on_sqlite.names() == ["0001_initial", "0002_a", "0002_b", "0003_c"]


__all__ = ["THING"]
