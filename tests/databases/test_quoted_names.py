"""Tables whose names are written with quotes, as Django takes them: already quoted, or with quotes in the name on MySQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=1)), ("gone", models.IntegerField(default=2)),
    ("price", models.DecimalField(max_digits=9, decimal_places=4)),
], options={"db_table": NAME}),
migrations.CreateModel("Other", [
    ("id", models.BigAutoField(primary_key=True)), LINKS
], options={"db_table": OTHER}),
"""
SECOND = """
migrations.RemoveField("Thing", "gone"),
migrations.AlterField("Thing", "price", models.DecimalField(max_digits=9, decimal_places=2)),
migrations.RunPython(f),
migrations.AddField("Thing", "new", models.IntegerField(null=True)),
migrations.DeleteModel("Other"),
"""
CODE = """
def f(apps, editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(n=99)
    Thing.objects.filter(id=2).delete()
"""
ALL = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(f"SELECT COLUMNS FROM {connection.ops.quote_name(NAME)} ORDER BY id")
    print([tuple(map(str, row)) for row in cursor.fetchall()])
"""


@pytest.mark.parametrize("mark", ['"', "`"])
def test_tables_with_quoted_names_go_down_and_up(tmp_path: Path, database: Database, mark: str):
    name, other = f"{mark}Odd one{mark}", f"{mark}Odd other{mark}"
    if mark == "`" and database.vendor != "mysql":
        pytest.skip("backticks are no quotes there")
    # Django's names of constraints hold the name of the table, and backticks in them end the name
    links = '("things", models.ManyToManyField("shop.Thing")),' if mark == '"' else ""
    first = FIRST.replace("NAME", repr(name)).replace("OTHER", repr(other)).replace("LINKS", links)
    files = {"shop/models.py": "", "shop.0001_initial": migration(first)}
    files["shop.0002_step"] = migration(SECOND, ("shop", "0001_initial"), code=CODE)
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")

    def rows(columns: str) -> str:
        code = ALL.replace("NAME", repr(name)).replace("COLUMNS", columns)
        return project.run("-c", code, DJANGO_SETTINGS_MODULE="project_settings").out

    quoted = f"`{name}`" if mark == '"' and database.vendor == "mysql" else name
    project.query(f"INSERT INTO {quoted} (id, name, n, gone, price) VALUES (1, 'a', 4, 7, 1.2345), (2, 'b', 4, 8, 1)")
    before, schema = rows("id, name, n, gone, price"), project.schema()
    project.migrate("shop")
    project.query(f"UPDATE {quoted} SET new = 5")
    up = rows("id, name, n, price, new")
    done = project.run("-m", "handrail", "rollback", "shop", "0001", "--yes")
    assert done.exit == 0, done.out + done.err
    assert (rows("id, name, n, gone, price"), project.schema()) == (before, schema)
    project.migrate("shop")
    assert rows("id, name, n, price, new") == up
    assert "99" in up
