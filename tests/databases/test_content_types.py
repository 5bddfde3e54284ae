"""Content types are renamed with their models, and the operations of a migration are the same ones whenever it runs."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=1)), ("x", models.IntegerField(null=True)),
]),
migrations.RunPython(fill, migrations.RunPython.noop),
"""
FILL = """
def fill(apps, editor):
    apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias).create(n=1)
"""
RENAME = """
migrations.RenameModel("Thing", "Item"),
migrations.RunPython(double, halve, atomic=True),
migrations.RemoveField("Item", "x"),
migrations.AlterModelTable("Item", "items"),
"""
CODE = """
import os
import signal

from django.db import connection
from django.db.models import F

DatabaseSchemaEditor = type(connection.schema_editor())


def double(apps, editor):
    apps.get_model(__name__.split(".")[0], "Item").objects.using(editor.connection.alias).update(n=F("n") * 2)


def halve(apps, editor):
    apps.get_model(__name__.split(".")[0], "Item").objects.using(editor.connection.alias).update(n=F("n") / 2)


def stopping(alter):
    def alter_db_table(editor, model, old, new):
        if os.environ.get("STOP") == new:
            os.kill(os.getpid(), signal.SIGKILL)
        alter(editor, model, old, new)

    return alter_db_table


if "STOP" in os.environ:
    DatabaseSchemaEditor.alter_db_table = stopping(DatabaseSchemaEditor.alter_db_table)
"""
ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, **hints):
        return app_label == "shop"
"""
DONE = [
    "Rename model Thing to Item",
    "Raw Python operation (rename_forward)",
    "Raw Python operation (double)",
    "Remove field x from Item",
]
TYPE = "SELECT model FROM django_content_type WHERE app_label = '{}'"


def begin(path: Path, database: Database, label: str = "shop", *, atomic: bool = True, **settings: object) -> LiveProject:
    second = migration(RENAME, (label, "0001_initial"), code=CODE)
    files = {
        f"{label}/models.py": "from django.db import models\n\n\nclass Item(models.Model):\n    class Meta:\n"
        "        db_table = 'items'\n",
        f"{label}.0001_initial": migration(FIRST, code=FILL),
        f"{label}.0002_rename": second if atomic else f"{second}\n    atomic = False\n",
        f"{label}/routing.py": ROUTER,
    }
    apps = ["handrail", "django.contrib.contenttypes", label]
    return LiveProject.begin(path / "project", database, files, INSTALLED_APPS=apps, **settings)


def stopped(project: LiveProject, table: str, *words: str) -> None:
    """Kill a command before it gives a table that name."""
    assert project.run_anew("manage.py", *words, STOP=table).exit == -signal.SIGKILL


def assert_forward(project: LiveProject, label: str = "shop", model: str = "item") -> None:
    assert project.query("SELECT n FROM items") == [(2,)]
    assert project.query(TYPE.format(label)) == [(model,)]
    assert project.recorded(label) == ["0001_initial", "0002_rename"]


@pytest.mark.parametrize("by", ["migrate", "recover"])
def test_a_stopped_migration_goes_on_where_it_was(tmp_path: Path, database: Database, by: str):
    project = begin(tmp_path, database, atomic=False)
    project.migrate("shop", "0001")
    project.migrate("contenttypes")
    stopped(project, "items", "migrate")
    words = ("migrate",) if by == "migrate" else ("handrail", "recover", "--yes")
    done = project.run("manage.py", *words)
    assert done.exit == 0, done.out + done.err
    assert_forward(project)


def test_what_is_told_of_a_stopped_migration_counts_them(tmp_path: Path, database: Database):
    project = begin(tmp_path, database, atomic=False)
    project.migrate("shop", "0001")
    stopped(project, "items", "migrate")
    told = project.handrail("recover", "--dry-run").json
    assert [one["description"] for one in told["done"]] == DONE
    assert [one["description"] for one in told["undone"]] == ["Rename table for Item to items"]


def test_a_stopped_rollback_goes_on_where_it_was(tmp_path: Path, database: Database):
    project = begin(tmp_path, database, atomic=False)
    project.migrate("shop", "0001")
    project.migrate("contenttypes")
    start = project.schema()
    project.migrate()
    stopped(project, "shop_thing", "handrail", "rollback", "shop", "0001", "--yes")
    done = project.run("manage.py", "handrail", "recover", "--yes")
    assert done.exit == 0, done.out + done.err
    assert project.schema() == start
    assert project.query("SELECT n FROM shop_thing") == [(1,)]
    assert project.query(TYPE.format("shop")) == [("thing",)]
    assert project.recorded("shop") == ["0001_initial"]


@pytest.mark.parametrize("atomic", [True, False])
def test_an_app_that_comes_before_the_content_types(tmp_path: Path, database: Database, atomic: bool):
    project = begin(tmp_path, database, "aaa", atomic=atomic)
    project.migrate()
    assert_forward(project, "aaa")
    project.handrail("rollback", "aaa", "0001", "--yes")
    assert project.query("SELECT n, x FROM aaa_thing") == [(1, None)]
    assert project.query(TYPE.format("aaa")) == [("thing",)]
    project.migrate()
    assert_forward(project, "aaa")


def test_a_database_without_content_types(tmp_path: Path, database: Database):
    project = begin(tmp_path, database, DATABASE_ROUTERS=["shop.routing.Router"])
    project.migrate()
    assert project.query("SELECT n FROM items") == [(2,)]
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.query("SELECT n, x FROM shop_thing") == [(1, None)]
    project.migrate()
    assert project.query("SELECT n FROM items") == [(2,)]
