"""The first run on a database keeps nothing of a plain column without rows, and everything else as ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import handrail.databases
from handrail import registry
from handrail.databases.base import Backend
from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField()), ("name", models.CharField(max_length=9, default="a")),
]),
migrations.CreateModel("Old", [
    ("id", models.BigAutoField(primary_key=True)), ("thing", models.ForeignKey("shop.Thing", models.CASCADE)),
]),
"""
REMOVE = """
migrations.RemoveField("Thing", "n"),
"""
FILL = """
def fill(apps, editor):
    apps.get_model("shop", "Thing").objects.using(editor.connection.alias).create(n=5)
"""
FILLING = "migrations.RunPython(fill, migrations.RunPython.noop),"
DROPS = """
def drop(apps, editor):
    editor.remove_field(apps.get_model("shop", "Thing"), apps.get_model("shop", "Thing")._meta.get_field("n"))


def make(apps, editor):
    editor.add_field(apps.get_model("shop", "Thing"), apps.get_model("shop", "Thing")._meta.get_field("n"))
"""
DROPPING = 'migrations.SeparateDatabaseAndState([migrations.RunPython(drop, make)], [migrations.RemoveField("Thing", "n")]),'


def begun(path: Path, database: Database, first: str = FIRST, step: str = REMOVE, code: str = "") -> LiveProject:
    """Return a project of which all was applied by one migrate."""
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(first, code=FILL if "fill" in first else ""),
        "shop.0002_step": migration(step, ("shop", "0001_initial"), code=code),
    }
    project = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate()
    return project


def kept(project: LiveProject) -> list[tuple[str, str]]:
    found = project.handrail("kept").json["kept"]
    return sorted((one["table"], one["column"] or "") for one in found)


def planned(project: LiveProject) -> tuple[str, str]:
    (step,) = project.handrail("rollback", "shop", "0001", "--dry-run").json["plan"]["steps"]
    return step["verdict"], step["reason"]


@pytest.fixture
def rolls_back(database: Database) -> bool:
    """Whether a step is one transaction: elsewhere all is kept, so that a step that is stopped can be taken back."""
    found: Any = registry.load(handrail.databases, Backend, database.vendor)  # type: ignore[type-abstract]
    return bool(found.features.transactional_ddl)


def test_nothing_is_aside_and_a_rollback_loses_nothing(tmp_path: Path, database: Database, rolls_back: bool):
    project = begun(tmp_path, database)
    aside = [("shop_thing", "n")]
    assert kept(project) == ([] if rolls_back else aside)
    lossless = ("lossless", "shop_thing.n comes back: nothing was in it")
    assert planned(project) == (lossless if rolls_back else ("kept", "shop_thing.n comes back"))
    project.handrail("rollback", "shop", "0001", "--yes")
    back = project.schema()
    project.migrate()
    assert kept(project) == aside  # it is not the first run any more
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.schema() == back


def test_tables_and_keys_are_aside(tmp_path: Path, database: Database):
    project = begun(tmp_path, database, step='migrations.RemoveField("Old", "thing"),')
    assert kept(project) == [("shop_old", "thing_id")]
    project = begun(tmp_path / "table", database.fresh(), step='migrations.DeleteModel("Old"),')
    assert kept(project) == [("shop_old", "")]


def test_rows_that_came_since_need_a_value(tmp_path: Path, database: Database):
    project = begun(tmp_path, database)
    project.query("INSERT INTO shop_thing (name) VALUES ('since')")
    refused = project.handrail("rollback", "shop", "0001", "--yes", exit=2)
    assert refused.codes == ["HR503"]
    assert project.recorded() == ["0001_initial", "0002_step"]
    project.handrail("rollback", "shop", "0001", "--yes", "--fill", "shop_thing.n=3")
    assert project.query("SELECT n, name FROM shop_thing") == [(3, "since")]
    assert project.recorded() == ["0001_initial"]


def test_what_a_migration_of_the_first_run_wrote_is_kept(tmp_path: Path, database: Database, rolls_back: bool):
    project = begun(tmp_path, database, first=FIRST + FILLING)
    assert ("shop_thing", "n") in kept(project)
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.query("SELECT n FROM shop_thing") == [(5,)]


def test_what_code_drops_is_kept(tmp_path: Path, database: Database):
    project = begun(tmp_path, database, step=DROPPING, code=DROPS)
    assert ("shop_thing", "n") in kept(project)
    project.handrail("rollback", "shop", "0001", "--yes")
    assert [name for name, *_ in project.schema()["shop_thing"]["columns"]] == ["id", "n", "name"]
