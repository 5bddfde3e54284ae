"""The journal on every database: what it says, who never sees it, and what happens to it over time."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.stopped_project import FIRST, Stopped, second
from tests.git_sandbox import isolate
from tests.servers.base import Database, Settings

TABLES = [
    "handrail_kept",
    "handrail_lease",
    "handrail_run",
    "handrail_schema",
    "handrail_source",
    "handrail_statement",
    "handrail_step",
    "handrail_tag",
]
MODELS = """
from django.db import models

class Thing(models.Model):
    id = models.BigAutoField(primary_key=True)
    n = models.IntegerField(default=1)
"""
HANDLERS = """
from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

class Shop(AppConfig):
    name = "shop"

    def ready(self):
        post_migrate.connect(after, sender=self)
        pre_migrate.connect(before, sender=self)

def after(**kwargs):
    open("after", "a").write("+")
    if FAILS == "after":
        raise KeyError("EUR")

def before(**kwargs):
    if FAILS == "before":
        raise KeyError("EUR")
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Stopped:
    return make(tmp_path, database)


def make(path: Path, database: Database, **more: object) -> Stopped:
    """Make a project whose models are as its one migration has them; nothing is applied."""
    files = {"shop.0001_initial": FIRST, "shop/models.py": MODELS}
    made = Stopped.begin(path / "project", database, files, **{"INSTALLED_APPS": ["handrail", "shop"], **more})
    assert isinstance(made, Stopped)
    return made


def tables(project: LiveProject) -> list[str]:
    code = "import django; django.setup(); import json; from django.db import connection as c; print(json.dumps(c.introspection.table_names()))"
    found: list[str] = json.loads(project.run("-c", code, DJANGO_SETTINGS_MODULE="project_settings").out)
    return sorted(found)


def runs(project: LiveProject, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.handrail("history", *words).json["runs"]
    return found


LOADED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "project_settings"
import django
django.setup()
from django.core.management import execute_from_command_line
import handrail.sources.journal_models
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def test_nobody_meets_its_tables(database: Database, tmp_path: Path):
    """Not even in a process that has its models loaded, as a migrate that goes on to other commands has."""
    project = make(tmp_path, database, INSTALLED_APPS=["django.contrib.contenttypes", "handrail", "shop"])
    project.migrate()

    def said(*words: str) -> str:
        done = project.run("-c", LOADED, *words)
        assert (done.exit, done.err) == (0, ""), words
        return done.out

    assert project.query("SELECT app_label, model FROM django_content_type WHERE app_label NOT IN ('contenttypes', 'shop')") == []
    assert said("makemigrations", "--check", "--dry-run") == "No changes detected\n"
    assert {one["model"] for one in json.loads(said("dumpdata"))} == {"shop.thing", "contenttypes.contenttype"}
    assert "handrail" not in said("sqlflush") + said("showmigrations")
    said("flush", "--noinput")
    assert project.query("SELECT count(*) FROM shop_thing") == [(0,)]
    assert [one["id"] for one in runs(project)] == [1]
    assert "CREATE TABLE" in said("sqlmigrate", "shop", "0001")
    assert project.handrail("check").json["findings"] == []
    assert project.handrail("check", "--database", "default", "--deploy").json["findings"] == []
    assert [name for name in tables(project) if name.startswith("handrail")] == TABLES


def test_a_later_version_is_refused_by_everything(project: Stopped):
    project.migrate()
    project.query("UPDATE handrail_schema SET version = 4")
    message = "the journal of default has version 4, and this version of Handrail knows 3"
    for words in (["history"], ["tag"], ["tag", "a"], ["recover", "--yes"], ["status"]):
        done = project.run("-m", "handrail", *words, "--format", "json")
        assert (done.exit, done.messages) == (2, [f"HR408: {message}"]), words
    project.put({"shop.0002_more": second()})
    done = project.manage("migrate", "--no-color")
    assert done.exit == 2
    assert "error[HR408]: the journal of default has version 4, and this version of" in done.err
    assert project.recorded() == ["0001_initial"]


UPGRADE = """
import django
django.setup()
from django.db import connection, models
from handrail.execution import journal
from handrail.sources.journal_models import RunRow
called = []
def upgrade(editor):
    called.append(1)
    field = models.IntegerField(default=7)
    field.set_attributes_from_name("extra")
    editor.add_field(RunRow, field)
journal.UPGRADES, journal.VERSION = {3: upgrade}, 4
journal.Journal(connection).ensure()
journal.Journal(connection).ensure()
print(called)
"""


def test_an_older_version_is_brought_up_to_date(project: Stopped):
    project.migrate()
    done = project.run("-c", UPGRADE, DJANGO_SETTINGS_MODULE="project_settings")
    assert (done.out, done.err) == ("[1]\n", "")
    assert project.query("SELECT id, extra FROM handrail_run") == [(1, 7)]
    assert project.query("SELECT version FROM handrail_schema") == [(4,)]
    fresh = project.aliases["default"].fresh()
    project.use(fresh)
    assert project.run("-c", UPGRADE, DJANGO_SETTINGS_MODULE="project_settings").out == "[]\n"
    assert fresh.query("SELECT version FROM handrail_schema") == [(4,)]


AS_IT_WAS = """
import django
django.setup()
from django.db import connection, models
from handrail.sources.journal_models import RunRow, SchemaRow
short = models.CharField(max_length=200)
short.set_attributes_from_name("command")
with connection.schema_editor() as editor:
    editor.alter_field(RunRow, RunRow._meta.get_field("command"), short)
SchemaRow.objects.update(version=2)
"""


def test_commands_are_no_longer_cut_where_version_2_did(project: Stopped):
    project.put({"shop.0002_more": second(atomic=True)})
    project.migrate()
    assert project.run("-c", AS_IT_WAS, DJANGO_SETTINGS_MODULE="project_settings").exit == 0
    words = ["rollback", "shop", "0001", "--path", "./" * 150]
    assert project.run("-m", "handrail", *words, "--yes").exit == 0
    assert project.query("SELECT version FROM handrail_schema") == [(3,)]
    long = " ".join(words)
    assert [one["command"] for one in runs(project)] == [long, "migrate"]
    assert "".join(f"{long[:57]}...".split()) in "".join(project.text("history").split())


def test_tables_that_were_not_all_made_are_made(project: Stopped):
    project.migrate()
    project.query("DELETE FROM handrail_schema")
    project.query("DROP TABLE handrail_tag")
    assert project.text("history") == "default has no journal: no migrate has run there under Handrail\n"
    project.put({"shop.0002_more": second(atomic=True)})
    project.migrate()
    assert [name for name in tables(project) if name.startswith("handrail")] == TABLES
    assert [one["id"] for one in runs(project)] == [2, 1]


def test_moments_are_right_without_time_zones(database: Database, tmp_path: Path):
    project = make(tmp_path, database, USE_TZ=False, TIME_ZONE="Asia/Tokyo")
    project.migrate()
    (run,) = runs(project)
    started, finished = (datetime.fromisoformat(run[name]) for name in ("started", "finished"))
    assert timedelta() <= datetime.now(UTC) - started < timedelta(minutes=2)
    assert timedelta() <= finished - started < timedelta(minutes=2)
    assert project.handrail("status").json["databases"][0]["kept"]["expired"] == 0
    (tag,) = project.handrail("tag", "now").json["tags"]
    (listed,) = project.handrail("tag").json["tags"]
    assert abs(datetime.fromisoformat(tag["made"]) - datetime.fromisoformat(listed["made"])) < timedelta(seconds=5)


@pytest.fixture
def poor(database: Database) -> Iterator[Settings]:
    """The settings of a user who may read and write, and make nothing."""
    name = f"handrail_poor_{secrets.token_hex(4)}"
    if database.vendor == "postgresql":
        database.query(f"CREATE ROLE {name} LOGIN PASSWORD 'poor'")
        database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    else:
        database.query(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'poor'")
        database.query(f"GRANT SELECT, INSERT, UPDATE, DELETE ON `{database.name}`.* TO {name}@'127.0.0.1'")
    yield {**database.settings, "USER": name, "PASSWORD": "poor"}
    database.query(f"DROP ROLE {name}" if database.vendor == "postgresql" else f"DROP USER {name}@'127.0.0.1'")


@pytest.mark.parametrize("server", ["postgresql18", "mariadb"], indirect=True)
def test_a_user_who_may_make_no_tables_is_refused(database: Database, poor: Settings, tmp_path: Path):
    project = make(tmp_path, database)
    project.settings(INSTALLED_APPS=["handrail", "shop"], DATABASES={"default": dict(poor)})
    done = project.manage("migrate", "--no-color")
    assert done.exit == 2
    words = " ".join(done.err.split())
    assert words.startswith("CommandError: error[HR213]: preflight: default does not take the tables of the journal: ")
    assert (
        "permission denied for schema public" if database.vendor == "postgresql" else "CREATE command denied to user"
    ) in words
    assert "help: let the user that migrates create and alter tables there; migrations need that too" in words
    assert "Traceback" not in done.err
    assert tables(project) == []
    done = project.run("-m", "handrail", "tag", "a", "--format", "json")
    assert (done.exit, [one["code"] for one in done.json["findings"]]) == (2, ["HR213"])


def test_d15_a_handler_that_failed_after_everything(project: Stopped):
    project.put({"shop/apps.py": f"FAILS = 'after'\n{HANDLERS}"})
    done = project.manage("migrate", "--no-color")
    assert done.exit == 1
    assert "error[HR406]: post-migrate-failed: shop.apps.after raised KeyError: 'EUR'; the\n    schema is complete\n" in done.err
    assert "  help: put the handler right, and run migrate again: it calls all handlers\n" in done.err
    assert done.err.endswith("KeyError: 'EUR'\n")
    assert project.recorded() == ["0001_initial"]
    (run,) = runs(project)
    assert (run["status"], run["error"], [step["status"] for step in run["steps"]]) == ("failed", "KeyError: 'EUR'", ["done"])
    assert project.handrail("status").json["databases"][0]["unfinished"] is None
    assert (project.path / "after").read_text() == "+"
    project.put({"shop/apps.py": f"FAILS = ''\n{HANDLERS}"})
    assert "No migrations to apply." in project.migrate()
    assert (project.path / "after").read_text() == "++"
    assert [one["status"] for one in runs(project)] == ["failed"]


NOT_BEGUN = {
    "nosuch": "CommandError: No installed app with label 'nosuch'.\n",
    "shop nosuch": "CommandError: Cannot find a migration matching 'nosuch' from app 'shop'.\n",
}


def test_what_runs_no_migration_leaves_no_trace(project: Stopped):
    """Nothing to do, words that mean nothing, several leaf nodes, and what cannot be reversed."""
    for words, said in NOT_BEGUN.items():
        done = project.manage("migrate", "--no-color", *words.split())
        assert (done.exit, done.err) == (1, said), words
    assert tables(project) == []
    assert project.migrate("shop", "zero").endswith("Running migrations:\n  No migrations to apply.\n")
    assert [name for name in tables(project) if name.startswith("handrail")] == []
    project.put({"shop.0002_left": second(atomic=True), "shop.0002_right": second(atomic=True)})
    done = project.manage("migrate", "--no-color")
    assert (done.exit, done.err.partition(":")[0]) == (2, "CommandError")
    assert "error[HR101]: conflict: shop has 2 heads 0002_left, 0002_right" in done.err
    assert [name for name in tables(project) if name.startswith("handrail")] == []
    for name in ("shop.0002_left", "shop.0002_right"):
        project.place(name).unlink()
    project.migrate()
    project.put({"shop.0002_more": second(atomic=True).replace("(up, down,", "(up,")})
    project.migrate("--no-keep")
    assert [one["id"] for one in runs(project)] == [2, 1]
    done = project.manage("migrate", "--no-color", "shop", "0001")
    assert done.exit == 1
    assert "IrreversibleError: " in done.err
    project.migrate()
    assert [one["id"] for one in runs(project)] == [2, 1]


def test_a_handler_that_failed_before_anything(sqlite_database: Database, tmp_path: Path):
    project = make(tmp_path, sqlite_database)
    project.put({"shop/apps.py": f"FAILS = 'before'\n{HANDLERS}"})
    done = project.manage("migrate", "--no-color")
    assert done.exit == 1
    line = "shop.apps.before, a handler of pre_migrate, raised KeyError: 'EUR'; no migration was begun"
    assert done.err.startswith(f"{line}\nTraceback ")
    assert tables(project) == []
