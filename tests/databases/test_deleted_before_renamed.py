"""A run that begins with a migration that deletes a model, and then renames one that it pointed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

THING = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=1))]),'
POINTERS = {
    "a key": '("thing", models.ForeignKey("shop.Thing", models.CASCADE))',
    "many": '("things", models.ManyToManyField("shop.Thing"))',
}
SECOND = """
migrations.DeleteModel("Other"),
migrations.RenameModel("Thing", "Item"),
"""


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "loose"])
@pytest.mark.parametrize("pointer", POINTERS)
def test_it_does_not_look_for_what_is_gone(tmp_path: Path, database: Database, pointer: str, atomic: bool):
    other = f'migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), {POINTERS[pointer]}]),'
    second = migration(SECOND, ("shop", "0002_other"))
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(THING),
        "shop.0002_other": migration(other, ("shop", "0001_initial")),
        "shop.0003_rename": second if atomic else f"{second}\n    atomic = False\n",
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0002")
    before = project.schema()
    project.migrate()
    tables = {name for name in project.schema() if name.startswith("shop")}
    assert tables == {"shop_item"}
    project.handrail("rollback", "shop", "0002", "--yes")
    assert project.schema() == before
    project.migrate()
    assert {name for name in project.schema() if name.startswith("shop")} == {"shop_item"}
