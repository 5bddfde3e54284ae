"""handrail kept and handrail purge, on every database: what migrations would have destroyed is listed, and destroyed when asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.git_sandbox import isolate
from tests.servers.base import Database

FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("n", models.IntegerField(default=1)),
            ("x", models.CharField(max_length=20, default="none")),
            ("email", models.CharField(max_length=50, null=True)),
        ]),
        migrations.CreateModel("Old", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("secret", models.CharField(max_length=20)),
        ]),
    ]
"""
SECOND = """
from django.db import migrations

def count_up(apps, editor):
    apps.get_model("shop", "Thing").objects.filter(n=2).update(n=3)

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]{more}
    operations = [{operations}]
"""
CODE = "migrations.RunPython(count_up, migrations.RunPython.noop)"
DROPS = f'migrations.RemoveField("Thing", "x"), migrations.DeleteModel("Old"), {CODE}'
TWO_TABLES = """migrations.RunSQL(["UPDATE shop_thing SET n = 9", "UPDATE shop_old SET secret = 'blue'"], "SELECT 1")"""
NO_EMAIL = 'migrations.RemoveField("Thing", "email")'


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def make(path: Path, database: Database, operations: str = DROPS, more: str = "", **settings: Any) -> LiveProject:
    """Make a project with rows, before the migration that destroys something."""
    files = {
        "shop.0001_initial": FIRST,
        "shop.0002_drop": SECOND.format(operations=operations, more=more),
        "shop/models.py": "",
    }
    project = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"], **settings)
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (n, x, email) VALUES (1, 'one', 'a@example.com'), (2, 'two', NULL)")
    project.query("INSERT INTO shop_old (secret) VALUES ('red')")
    return project


def kept(project: LiveProject, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = project.handrail("kept", *words).json["kept"]
    return found


def names(project: LiveProject) -> list[str]:
    """Return the names of everything in the database that is aside."""
    found = project.run(
        "-c",
        "import django, json; django.setup()\n"
        "from django.db import connection\n"
        "from handrail.databases.purging.base import purging_for\n"
        "with connection.cursor() as cursor:\n"
        "    print(json.dumps(purging_for(connection.vendor).names(cursor)))",
        DJANGO_SETTINGS_MODULE="project_settings",
    )
    assert found.exit == 0, found.err
    return [name for name in json.loads(found.out) if name.startswith("hrk_")]


def test_a_data_migration_of_several_tables_is_one(database: Database, tmp_path: Path):
    project = make(tmp_path, database, TWO_TABLES)
    project.migrate("shop")
    assert sorted(one["table"] for one in kept(project)) == ["shop_old", "shop_thing"]
    assert "  kept: 1 data migration\n" in project.run("-m", "handrail", "status").out


def test_what_is_kept_is_listed_until_it_is_purged(database: Database, tmp_path: Path):
    project = make(tmp_path, database)
    assert project.run("-m", "handrail", "kept").out == "default: nothing is kept\n"
    project.migrate("shop")
    found = {(one["kind"], one["table"], one["column"]): one for one in kept(project)}
    column, table, rows = (("column", "shop_thing", "x"), ("table", "shop_old", None), ("rows", "shop_thing", None))
    assert set(found) == {column, table, rows}
    assert (found[column]["rows"], found[table]["rows"]) == (2, 1)
    one = found[column]
    wanted = {"run": 2, "migration": ["shop", "0002_drop"], "direction": "forward", "status": "kept", "database": "default"}
    assert {key: one[key] for key in wanted} == wanted
    assert datetime.fromisoformat(one["expires"]) - datetime.fromisoformat(one["made"]) == timedelta(days=30)
    (status,) = project.handrail("status").json["databases"]
    expires = min(each["expires"] for each in found.values())
    assert status["kept"] == {"things": 3, "columns": 1, "tables": 1, "rows": 1, "expired": 0, "next_expires": expires}
    assert "  kept: 1 column, 1 table, 1 data migration\n" in project.run("-m", "handrail", "status").out

    assert project.run("-m", "handrail", "purge", "--yes").out == "default: nothing to purge\n"
    project.query("UPDATE handrail_kept SET expires = '2020-01-01 00:00:00' WHERE kind = 'column'")
    project.query("UPDATE handrail_kept SET status = 'purging' WHERE kind = 'table'")  # as a purge that was stopped leaves it
    planned = project.handrail("purge", "--dry-run").json["kept"]
    assert sorted((each["table"], each["status"]) for each in planned) == [("shop_old", "purging"), ("shop_thing", "kept")]
    unasked = project.handrail("purge", "--run", "2", exit=2)
    assert unasked.messages == ["HR003: not-confirmed: handrail purge changed nothing (the input is not a terminal)"]
    done = project.run("-m", "handrail", "purge", "--yes")
    assert done.out.endswith("2 kept things on default destroyed\n"), done.out + done.err
    assert [(each["kind"], each["table"]) for each in kept(project)] == [("rows", "shop_thing")]
    assert len(project.handrail("purge", "--older-than", "0d", "--run", "2", "--yes").json["kept"]) == 1
    assert (kept(project), names(project)) == ([], [])

    (run,) = project.handrail("history", "--run", "2").json["runs"]
    assert {(each["table"], each["column"], each["status"]) for each in run["steps"][0]["kept"]} == {
        ("shop_thing", "x", "purged"),
        ("shop_old", None, "purged"),
        ("shop_thing", None, "purged"),
    }
    assert "\n  kept shop_old: purged " in project.run("-m", "handrail", "history", "--run", "2").out
    assert project.handrail("purge", "--run", "9", exit=2).messages == ["HR410: no-run: default has no run 9"]


def test_a_column_is_found_in_a_table_that_is_aside_itself(database: Database, tmp_path: Path):
    third = 'migrations.DeleteModel("Thing")'
    project = make(tmp_path, database, 'migrations.RemoveField("Thing", "x")')
    project.put({"shop.0003_gone": SECOND.format(operations=third, more="").replace("0001_initial", "0002_drop")})
    project.migrate("shop")
    project.query("UPDATE handrail_kept SET expires = '2020-01-01 00:00:00' WHERE kind = 'column'")
    said = project.manage("migrate", "shop", "--no-color")
    assert said.exit == 0
    assert len(project.handrail("purge", "--yes").json["kept"]) == 1
    assert [(one["kind"], one["table"]) for one in kept(project)] == [("table", "shop_thing")]
    project.migrate("shop", "0002")
    assert project.query("SELECT n, email FROM shop_thing ORDER BY id") == [(1, "a@example.com"), (2, None)]
    assert names(project) == []


def test_what_others_have_built_on_it_stays(database: Database, tmp_path: Path):
    project = make(tmp_path, database, 'migrations.RemoveField("Thing", "x"), migrations.DeleteModel("Old")')
    project.migrate("shop")
    places = [name for name in names(project) if len(name) == 20]
    columns = [name for name in places if project.aliases["default"].vendor == "postgresql" and is_column(project, name)]
    if not columns:
        pytest.skip("columns that views use can be dropped")
    project.query(f"CREATE VIEW report AS SELECT id, {columns[0]} FROM shop_thing")
    done = project.handrail("purge", "--older-than", "0d", "--yes", exit=3)
    (message,) = done.messages
    name = [one["id"] for one in kept(project)]
    assert message.startswith(f"HR610: not-purged: {name[0]} (shop_thing.x) on default: cannot drop column {columns[0]}")
    assert [(one["column"], one["status"]) for one in kept(project)] == [("x", "kept")]
    assert project.query("SELECT count(*) FROM report") == [(2,)]


def is_column(project: LiveProject, name: str) -> bool:
    rows = project.query(f"SELECT 1 FROM information_schema.columns WHERE table_name = 'shop_thing' AND column_name = '{name}'")
    return bool(rows)


def test_migrate_says_that_something_has_expired(sqlite_database: Database, tmp_path: Path):
    project = make(tmp_path, sqlite_database)
    project.migrate("shop")
    project.query("UPDATE handrail_kept SET expires = '2020-01-01 00:00:00'")
    line = "3 kept things have expired; see handrail purge\n"
    assert line not in project.manage("migrate").err
    project.put({"shop.0003_more": SECOND.format(operations="", more="").replace("0001_initial", "0002_drop")})
    done = project.manage("migrate")
    assert (done.exit, done.err) == (0, line)
    assert (
        "  kept: 1 column, 1 table, 1 data migration, 3 expired: see handrail purge\n"
        in project.run("-m", "handrail", "status").out
    )
    assert len(kept(project)) == 3


@pytest.mark.parametrize(
    ("more", "options", "settings", "why"),
    [
        ("", ["--no-keep"], {}, "keeping is switched off"),
        ("", [], {"HANDRAIL": {"keep": False}}, "keeping is switched off"),
        ("\n    handrail_keep = False", [], {}, "handrail_keep is False"),
        ("", [], {"HANDRAIL": {"keep": ["*", "!shop_thing.email"]}}, 'HANDRAIL["keep"] leaves it out'),
    ],
)
def test_what_must_not_be_kept_is_destroyed(
    sqlite_database: Database, tmp_path: Path, more: str, options: list[str], settings: dict[str, Any], why: str
):
    project = make(tmp_path, sqlite_database, NO_EMAIL, more, **settings)
    done = project.manage("migrate", "--no-color", *options)
    assert done.exit == 0
    assert done.err == f"shop.0002_drop keeps nothing of shop_thing.email: {why}\n"
    assert (kept(project), names(project)) == ([], [])
    project.migrate("shop", "0001")
    assert project.query("SELECT email FROM shop_thing") == [(None,), (None,)]


def test_a_table_with_a_column_that_must_not_be_kept_is_not_kept(sqlite_database: Database, tmp_path: Path):
    setting = {"HANDRAIL": {"keep": ["*", "!*.secret"], "keep_for": 1}}
    project = make(tmp_path, sqlite_database, DROPS, **setting)
    done = project.manage("migrate", "--no-color")
    assert done.err == 'shop.0002_drop keeps nothing of shop_old.secret: HANDRAIL["keep"] leaves it out\n'
    found = kept(project)
    assert [(one["kind"], one["table"]) for one in found] == [("column", "shop_thing"), ("rows", "shop_thing")]
    made, expires = (datetime.fromisoformat(found[0][key]) for key in ("made", "expires"))
    assert expires - made == timedelta(days=1)
