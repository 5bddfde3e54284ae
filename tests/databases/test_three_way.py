"""A merged value is reached on a database built from nothing, on one that has theirs, and on one that had ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.conflicts.between import between_leaves
from tests.unit.planning.small_project import SmallProject, migration

THING = (
    'migrations.CreateModel("Thing", fields=[("id", models.BigAutoField(primary_key=True)), '
    '("name", models.CharField(max_length=50)), ("x", models.IntegerField(default=0)), ("n", models.IntegerField(default=0))])'
)
THEIRS = """
migrations.AlterField("thing", "name", models.CharField(max_length=100))
migrations.AlterUniqueTogether("thing", {("name", "n")})
"""
OURS = """
migrations.AlterField("thing", "name", models.CharField(max_length=50, null=True))
migrations.AlterUniqueTogether("thing", {("name", "x")})
"""
CODE = """\
import json, sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["shop"], DATABASES={"default": json.loads(sys.argv[1])}, USE_TZ=True)
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", *sys.argv[2].split(), verbosity=0)
with connection.cursor() as cursor:
    for statement in sys.argv[3].splitlines():
        cursor.execute(statement)
    found = connection.introspection.get_table_description(cursor, "shop_thing")
    columns = {one.name: [one.display_size or one.internal_size, one.null_ok] for one in found}
    keys = connection.introspection.get_constraints(cursor, "shop_thing").values()
    uniques = sorted(sorted(one["columns"]) for one in keys if one["unique"] and not one["primary_key"])
    cursor.execute("select name from shop_thing")
    print(json.dumps([columns["name"], uniques, cursor.fetchall()]))
"""


def migrate(root: Path, settings: dict[str, object], target: str = "", sql: str = "") -> list[object]:
    """Migrate in a process of its own; return the column name's length and nullability, the unique keys, and the names."""
    arguments = [sys.executable, "-c", CODE, json.dumps(settings, default=str), target, sql]
    done = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def torn(tmp_path: Path) -> SmallProject:
    files = {
        "shop.0001_initial": migration("", THING),
        "shop.0002_a": migration("shop.0001_initial", THEIRS),
        "shop.0002_b": migration("shop.0001_initial", OURS),
    }
    project = SmallProject(tmp_path, files)
    (tmp_path / "shop/models.py").write_text("")
    return project


def resolve(project: SmallProject) -> None:
    conflicts = list(between_leaves(project.graph, project.snapshot.settings))
    project.write(project.resolve("shop.0002_a", conflicts=conflicts))


MERGED = [[100, True], [["n", "name"], ["name", "x"]]]


def test_built_from_nothing(torn, database):
    resolve(torn)
    assert migrate(torn.root, database.settings)[:2] == MERGED


def test_theirs_is_applied_with_values_that_our_old_definition_would_not_take(torn, database):
    ours = torn.root / "shop/migrations/0002_b.py"
    text = ours.read_text()
    ours.unlink()
    long = "y" * 100
    migrate(torn.root, database.settings, sql=f"insert into shop_thing (name, x, n) values ('{long}', 1, 1)")
    ours.write_text(text)
    resolve(torn)
    assert migrate(torn.root, database.settings) == [*MERGED, [[long]]]


def test_ours_is_applied_and_is_unapplied_with_the_old_files_first(torn, database):
    theirs = torn.root / "shop/migrations/0002_a.py"
    text = theirs.read_text()
    theirs.unlink()
    migrate(torn.root, database.settings, sql="insert into shop_thing (name, x, n) values ('y', 1, 1)")
    migrate(torn.root, database.settings, "shop 0001")
    theirs.write_text(text)
    resolve(torn)
    assert migrate(torn.root, database.settings) == [*MERGED, [["y"]]]
