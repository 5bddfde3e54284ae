"""When handrail check looks at databases, what it leaves alone there, and what it says where it cannot look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.cases.test_history import DOUBLE, FIRST, THING, add, begin
from tests.servers.base import Database
from tests.unit.planning.small_project import migration


@pytest.fixture
def project(sqlite_database: Database, tmp_path: Path) -> LiveProject:
    return begin(tmp_path, sqlite_database, {"shop.0002_p": migration(FIRST, add("p"))})


def said(project: LiveProject, *words: str, exit: int = 0) -> str:
    done = project.run("-m", "handrail", "check", *words)
    assert done.exit == exit, done.out + done.err
    return done.out if exit == 0 else done.err or done.out


def lose_the_record(project: LiveProject) -> None:
    project.migrate()
    project.query("DELETE FROM django_migrations WHERE name = '0001_initial'")


def test_a_clean_database_is_named(project: LiveProject) -> None:
    project.migrate()
    assert said(project) == "databases compared with the files: default\nno findings\n"


def test_static_leaves_databases_out(project: LiveProject) -> None:
    lose_the_record(project)
    assert said(project, "--static") == "no findings\n"
    assert project.handrail("check", exit=1).only("HR201")["severity"] == "error"


def test_manage_py_handrail_looks_as_well(project: LiveProject) -> None:
    lose_the_record(project)
    project.settings(["shop", "handrail"])
    done = project.manage("handrail", "check", "--format", "json")
    assert (done.exit, [one["code"] for one in done.json["findings"]]) == (1, ["HR201"])


def test_without_settings_databases_are_left_out(project: LiveProject) -> None:
    (project.path / "manage.py").unlink()
    reason = "no DJANGO_SETTINGS_MODULE, and no manage.py that names one"
    assert said(project) == f"databases left out: {reason}\nno findings\n"
    refused = project.handrail("check", "--database", "default", exit=2)
    assert refused.messages == [f"HR004: no-settings: {reason}"]


def test_settings_that_cannot_be_imported_are_a_refusal_beside_what_the_files_tell(project: LiveProject) -> None:
    project.put({"shop.0002_q": migration(FIRST, add("q"))})
    (project.path / "project_settings.py").write_text("import nothing_of_that_name\n")
    refused = project.handrail("check", exit=2)
    assert refused.messages == [
        "HR101: conflict: shop has 2 heads 0002_p and 0002_q from common ancestor 0001_initial",
        "HR004: no-settings: project_settings cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name'",
    ]


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        ("django.db.backends.postgresql", "database-not-reached: default (connection failed: "),
        ("django.db.backends.mysql", "database-not-reached: default ((2002, "),
        ("nowhere.of_that_name", "database-not-reached: default ('nowhere.of_that_name' isn't an available database backend"),
    ],
)
def test_a_database_that_cannot_be_reached_is_a_refusal(project: LiveProject, engine: str, why: str) -> None:
    lose_the_record(project)
    nowhere = {"ENGINE": engine, "HOST": "127.0.0.1", "PORT": "1", "NAME": "x"}
    project.settings(DATABASES={"default": nowhere, "other": dict(project.aliases["default"].settings)})
    refused = project.handrail("check", exit=2)
    codes = [one["code"] for one in refused.json["findings"]]
    assert codes == ["HR201", "HR005"]
    assert refused.json["findings"][1]["message"].startswith(why)
    assert project.handrail("check", "--database", "other", exit=1).only("HR201")
    unknown = project.handrail("check", "--database", "replica", exit=2)
    assert unknown.messages == ["HR004: no-settings: the settings have no database replica, but default, other"]


def test_a_database_file_that_is_not_there_is_not_made(project: LiveProject) -> None:
    place = project.path / "new.db"
    project.settings(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(place)}})
    assert said(project) == "databases compared with the files: default\nno findings\n"
    assert not place.exists()


def test_a_broken_migration_of_one_app_does_not_hide_the_gap_of_another(project: LiveProject) -> None:
    lose_the_record(project)
    project.put({"blog.0001_initial": "class Migration(\n"})
    project.settings(["shop", "blog"])
    found = project.handrail("check", exit=1)
    assert [one["code"] for one in found.json["findings"]] == ["HR212", "HR201"]


def test_an_unreadable_file_is_not_taken_for_a_lost_one(project: LiveProject) -> None:
    project.migrate()
    project.put({"shop.0003_p": migration(FIRST, add("p"))})
    text = project.place("shop.0002_p").read_text()
    project.place("shop.0002_p").write_text(f"<<<<<<< ours\n{text}")
    found = project.handrail("check", exit=1)
    assert {one["code"] for one in found.json["findings"]} == {"HR212"}


def test_a_name_that_was_never_committed_is_known_from_the_edits_on_record(project: LiveProject) -> None:
    project.put({"shop.0003_b": migration("shop.0002_p", add("b"))})
    project.migrate()
    project.put({"shop.0003_a": migration("shop.0002_p", add("a")), "blog.0001_initial": migration("", THING)})
    project.git("add", "shop/migrations/0003_a.py", "blog")
    project.git("commit", "-q", "-m", "theirs")
    project.handrail("resolve", "--yes")
    assert "0004_b" in project.names()
    project.put({"blog.0002_a": migration("blog.0001_initial", add("a"))})
    project.git("add", "blog")
    project.git("commit", "-q", "-m", "theirs in blog")
    project.put({"blog.0002_b": migration("blog.0001_initial", add("b"))})
    project.handrail("resolve", "--yes")
    assert project.handrail("check", exit=1).messages == [
        "HR202: renamed-after-apply: record shop.0003_b has the content of file shop.0004_b"
    ]


def test_a_deleted_migration_and_one_that_does_nothing_are_no_renames(project: LiveProject) -> None:
    project.put({"shop.0003_none": migration("shop.0002_p")})
    project.commit("nothing")
    project.migrate()
    for name in ("0002_p", "0003_none"):
        project.place(f"shop.{name}").unlink()
    project.put({"shop.0002_other": migration(FIRST, add("other")), "shop.0003_merge": migration("shop.0002_other")})
    assert project.handrail("check").messages == []


def test_a_rename_that_says_what_it_replaces_is_right(project: LiveProject) -> None:
    project.migrate()
    project.git("mv", "shop/migrations/0002_p.py", "shop/migrations/0002_price.py")
    project.put({"shop.0002_price": migration(FIRST, add("p"), extra='    replaces = [("shop", "0002_p")]\n')})
    assert project.handrail("check").messages == []
    assert "No migrations to apply" in project.migrate()


def test_a_squash_with_its_files_gone_is_right(project: LiveProject) -> None:
    project.migrate()
    replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_p")]\n'
    for name in (FIRST, "shop.0002_p"):
        project.place(name).unlink()
    project.put(
        {
            "shop.0001_squashed": migration("", f"{THING}\n{add('p')}", extra=replaces),
            "shop.0003_q": migration("shop.0001_squashed", add("q")),
        }
    )
    assert project.handrail("check").messages == []
    project.migrate()
    project.query("DELETE FROM django_migrations WHERE name = '0001_squashed'")
    assert project.handrail("check").messages == []
    assert "No migrations to apply" in project.migrate()


def test_a_lost_record_of_code_says_that_the_schema_cannot_tell(project: LiveProject) -> None:
    project.put({"shop.0003_dbl": DOUBLE.format(needs="0002_p"), "shop.0004_q": migration("shop.0003_dbl", add("q"))})
    project.migrate()
    project.query("DELETE FROM django_migrations WHERE name = '0003_dbl'")
    gap = project.handrail("check", exit=1).only("HR201")
    assert gap["message"] == "record-gap: shop.0004_q recorded, shop.0003_dbl not; schema of shop.0003_dbl is unknown"


def test_the_apps_of_django_itself_are_in_order(project: LiveProject) -> None:
    names = ("admin", "auth", "contenttypes", "sessions", "messages", "sites")
    project.settings([*(f"django.contrib.{name}" for name in names), "shop"], TEMPLATES=[], MIDDLEWARE=[])
    project.migrate("--skip-checks")
    assert project.handrail("check").messages == []
