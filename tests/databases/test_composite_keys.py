"""Rows with a primary key of several columns are kept and brought back like others."""

from __future__ import annotations

from pathlib import Path

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Seat", [
    ("pk", models.CompositePrimaryKey("room", "number", blank=True, editable=False, primary_key=True, serialize=False)),
    ("room", models.CharField(max_length=9)), ("number", models.IntegerField()),
    ("name", models.CharField(max_length=50)), ("n", models.IntegerField()), ("gone", models.IntegerField()),
    ("price", models.DecimalField(max_digits=9, decimal_places=4)),
]),
migrations.CreateModel("Row", [
    ("pk", models.CompositePrimaryKey("a", "b", blank=True, editable=False, primary_key=True, serialize=False)),
    ("a", models.IntegerField()), ("b", models.IntegerField()),
]),
"""
SECOND = """
migrations.RemoveField("Seat", "gone"),
migrations.AlterField("Seat", "price", models.DecimalField(max_digits=9, decimal_places=2)),
migrations.RunPython(f),
migrations.AddField("Seat", "new", models.IntegerField(null=True)),
migrations.DeleteModel("Row"),
"""
CODE = """
def f(apps, editor):
    Seat = apps.get_model("shop", "Seat")
    Seat.objects.filter(number=1).update(n=99)
    Seat.objects.filter(number=2).delete()
    Seat.objects.create(room="b", number=9, name="in", n=9, price=1)
"""
COLUMNS = "room, number, name, n, gone, price"


def rows(project: LiveProject, columns: str = COLUMNS) -> list[tuple[str, ...]]:
    found = project.query(f"SELECT {columns} FROM shop_seat ORDER BY room, number")
    return [tuple(map(str, row)) for row in found]


def test_rows_with_composite_keys_go_down_and_up(tmp_path: Path, database: Database):
    files = {"shop/models.py": "", "shop.0001_initial": migration(FIRST)}
    files["shop.0002_step"] = migration(SECOND, ("shop", "0001_initial"), code=CODE)
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    for place in ("'a', 1", "'a', 2", "'b', 1", "'b', 3"):
        project.query(f"INSERT INTO shop_seat ({COLUMNS}) VALUES ({place}, 's', 4, 7, 1.2345)")
    project.query("INSERT INTO shop_row (a, b) VALUES (1, 2), (2, 1)")
    before, schema = rows(project), project.schema()
    project.migrate("shop")
    project.query("UPDATE shop_seat SET new = 5")
    project.query("DELETE FROM shop_seat WHERE room = 'b' AND number = 3")
    up = rows(project, "room, number, name, n, new, price")
    assert [row[:2] for row in up] == [("a", "1"), ("b", "1"), ("b", "9")]
    done = project.run("-m", "handrail", "rollback", "shop", "0001", "--yes", "--fill", "shop_seat.gone=8")
    assert done.exit == 0, done.out + done.err
    assert project.schema() == schema
    assert rows(project) == before[:3]
    assert sorted(project.query("SELECT a, b FROM shop_row")) == [(1, 2), (2, 1)]
    project.migrate("shop")
    assert rows(project, "room, number, name, n, new, price") == up
