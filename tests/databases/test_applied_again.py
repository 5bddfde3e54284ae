"""Code that is applied again after a rollback: not run where nothing has changed, run where its words or a helper's are others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.databases.test_rollback import THING
from tests.servers.base import Database

HELPER = "def add(thing):\n    thing.objects.update(n=thing.objects.get().n + {})\n"
CODE = """
from shop.helper import add

def change(apps, editor):
    add(apps.get_model("shop", "Thing")){}
"""
SAID = "shop.0002_code: Raw Python operation is not run again: what it had done is back as it was before the rollback\n"


def begin(path: Path, database: Database) -> LiveProject:
    """Make a project with a row, and a migration that adds 10 to it by a helper."""
    files = {"shop/models.py": "", "shop/helper.py": HELPER.format(10), "shop.0001_initial": migration(THING)}
    made = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    made.migrate("shop", "0001")
    write(made, "")
    return made


def write(project: LiveProject, more: str) -> None:
    """Write the migration. more: what its code has at its end."""
    code = CODE.format(more)
    project.put({"shop.0002_code": migration("migrations.RunPython(change),", ("shop", "0001_initial"), code=code)})


def down_and_up(project: LiveProject) -> tuple[str, int]:
    """Roll back and migrate; return what was said on standard error, and the value of the row then."""
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.query("SELECT n FROM shop_thing") == [(1,)]
    done = project.manage("migrate", "--no-color", "shop")
    assert done.exit == 0, done.out + done.err
    ((n,),) = project.query("SELECT n FROM shop_thing")
    return done.err, n


def test_code_runs_again_where_its_source_has_changed(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database)
    project.migrate("shop")
    assert project.query("SELECT n FROM shop_thing") == [(11,)]
    assert down_and_up(project) == (SAID, 11)
    project.handrail("rollback", "shop", "0001", "--yes")
    project.put({"shop/helper.py": HELPER.format(20)})
    assert project.migrate("shop") and project.query("SELECT n FROM shop_thing") == [(21,)]
    project.handrail("rollback", "shop", "0001", "--yes")
    write(project, '\n    apps.get_model("shop", "Thing").objects.update(n=33)')
    assert project.migrate("shop") and project.query("SELECT n FROM shop_thing") == [(33,)]
    assert down_and_up(project) == (SAID, 33)


@pytest.mark.parametrize("atomic", [True, pytest.param(False, marks=pytest.mark.large)])
def test_what_was_written_later_into_a_row_that_code_made_comes_back_with_it(
    database: Database, tmp_path: Path, *, atomic: bool
) -> None:
    project = begin(tmp_path, database)
    code = 'def make(apps, editor):\n    apps.get_model("shop", "Thing").objects.create(id=50, n=5, price=1)\n'
    made = migration("migrations.RunPython(make),", ("shop", "0001_initial"), code=code)
    made = made.replace("    dependencies", f"    atomic = {atomic}\n    dependencies", 1)
    fields = """
        migrations.AddField("Thing", "p", models.CharField(max_length=9, null=True)),
        migrations.AddField("Thing", "q", models.CharField(max_length=9, default="none")),
    """
    project.put({"shop.0002_code": made, "shop.0003_fields": migration(fields, ("shop", "0002_code"))})
    project.migrate("shop")
    project.query("UPDATE shop_thing SET p = 'hello', q = 'you' WHERE id = 50")
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.query("SELECT n FROM shop_thing") == [(1,)]
    project.query("INSERT INTO shop_thing (id, n, price) VALUES (51, 6, 1)")
    project.query("DELETE FROM shop_thing WHERE id = 51")
    done = project.manage("migrate", "--no-color", "shop")
    assert (done.exit, done.err) == (0, SAID)
    found = [(1, None, "none"), (5, "hello", "you")]
    assert project.query("SELECT n, p, q FROM shop_thing ORDER BY id") == found
