"""What code of a migration drops by itself is kept, in both directions, and comes back with its values, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.git_sandbox import isolate
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField()), ("p", models.IntegerField(null=True)),
    ("q", models.CharField(max_length=9)), ("r", models.IntegerField(null=True)),
]),
migrations.CreateModel("X", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9))]),
migrations.CreateModel("Y", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9))]),
"""
CODE = """
def by_cursor(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE shop_own (id integer)")
        cursor.execute("/* it */ ALTER TABLE shop_thing DROP COLUMN p")
        cursor.execute("DROP TABLE shop_x")
        cursor.execute("DROP TABLE shop_own")

def made_again(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_thing ADD COLUMN p integer NULL")
        cursor.execute("UPDATE shop_thing SET p = 70 WHERE n = 3")
    editor.create_model(apps.get_model("shop", "X"))

def by_editor(apps, editor):
    thing = apps.get_model("shop", "Thing")
    editor.remove_field(thing, thing._meta.get_field("r"))
    editor.delete_model(apps.get_model("shop", "Y"))

def by_editor_again(apps, editor):
    thing = apps.get_model("shop", "Thing")
    editor.add_field(thing, thing._meta.get_field("r"))
    editor.create_model(apps.get_model("shop", "Y"))
"""
CODE += """
def make(apps, editor):
    editor.execute("ALTER TABLE shop_thing ADD COLUMN z integer NULL")
    editor.execute("CREATE TABLE shop_w (id integer NOT NULL PRIMARY KEY)")

def unmake(apps, editor):
    editor.execute("ALTER TABLE shop_thing DROP COLUMN z")
    editor.execute("DROP TABLE shop_w")
"""
SECOND = """
migrations.RunPython(make, unmake, atomic=False),
migrations.RunPython(by_cursor, made_again, atomic=False),
migrations.RunPython(by_editor, by_editor_again, atomic=False),
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def begin(path: Path, database: Database, operations: str, code: str, *, atomic: bool = True) -> LiveProject:
    """Make a project with rows of before the code, which has not run."""
    second = migration(operations, ("shop", "0001_it"), code=code)
    if not atomic:
        second = second.replace("    dependencies", "    atomic = False\n    dependencies")
    files = {"shop/models.py": "", "shop.0001_it": migration(FIRST), "shop.0002_it": second}
    project = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (n, p, q, r) VALUES (1, 5, 'a', 8), (2, NULL, 'b', NULL), (3, 7, 'c', 9)")
    project.query("INSERT INTO shop_x (word) VALUES ('a'), ('b')")
    project.query("INSERT INTO shop_y (word) VALUES ('c')")
    return project


def rows(project: LiveProject, columns: str, table: str = "shop_thing") -> list[tuple[object, ...]]:
    return project.query(f"SELECT {columns} FROM {table} ORDER BY id")


def kept(project: LiveProject) -> list[tuple[str, str]]:
    """Return what is set aside, and not yet back."""
    found = project.handrail("kept").json["kept"]
    return sorted((one["table"], one["kind"]) for one in found if one["kind"] != "rows")


def test_what_code_drops_comes_back_when_code_makes_it_again(tmp_path: Path, database: Database):
    project = begin(tmp_path, database, SECOND, CODE, atomic=False)
    schema, things = project.schema(), rows(project, "id, n, p, q, r")
    project.migrate()
    assert kept(project) == [("shop_thing", "column"), ("shop_thing", "column"), ("shop_x", "table"), ("shop_y", "table")]
    project.query("INSERT INTO shop_thing (n, q, z) VALUES (4, 'd', 44)")
    project.query("INSERT INTO shop_w (id) VALUES (6)")
    done = project.run("-m", "handrail", "rollback", "shop", "0001", "--yes")
    assert done.exit == 0, done.out + done.err
    assert rows(project, "id, n, p, q, r") == [*things[:2], (3, 3, 70, "c", 9), (4, 4, None, "d", None)]
    assert rows(project, "id, word", "shop_x") == [(1, "a"), (2, "b")]
    assert rows(project, "id, word", "shop_y") == [(1, "c")]
    assert project.schema() == schema
    assert kept(project) == [("shop_thing", "column"), ("shop_w", "table")]
    project.query("INSERT INTO shop_x (word) VALUES ('c')")
    assert rows(project, "id", "shop_x") == [(1,), (2,), (3,)]
    project.migrate()
    assert (rows(project, "id, z")[2:], rows(project, "id", "shop_w")) == ([(3, None), (4, 44)], [(6,)])


ALONE = """
def change(apps, editor):
    things = apps.get_model("shop", "Thing").objects
    things.filter(n=1).update(q="z")
    with editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_thing DROP COLUMN p")
        cursor.execute("DROP TABLE shop_x")
"""


def test_code_without_a_reverse_that_drops_is_taken_back(tmp_path: Path, database: Database):
    project = begin(tmp_path, database, "migrations.RunPython(change),", ALONE)
    schema, things = project.schema(), rows(project, "id, n, p, q, r")
    project.migrate()
    assert rows(project, "n, q")[0] == (1, "z")
    project.query("INSERT INTO shop_thing (n, q) VALUES (4, 'd')")
    done = project.run("-m", "handrail", "rollback", "shop", "0001", "--yes")
    assert done.exit == 0, done.out + done.err
    assert rows(project, "id, n, p, q, r") == [*things, (4, 4, None, "d", None)]
    assert (project.schema(), kept(project)) == (schema, [])
    project.migrate()
    assert kept(project) == [("shop_thing", "column"), ("shop_x", "table")]
    assert "shop_x" not in project.schema()
    project.handrail("purge", "--older-than", "0d", "--yes")
    refused = project.handrail("rollback", "shop", "0001", "--yes", exit=2)
    assert "HR502" in refused.codes


LOSES = {
    "sqlite": ("ALTER TABLE shop_bare DROP COLUMN p", "values of shop_bare.p (no primary key tells its rows apart)"),
    "postgresql": ("DROP SCHEMA other CASCADE", "data of other.bare"),
    "mysql": ("ALTER TABLE shop_bare MODIFY p varchar(2)", "values of shop_bare.p (no primary key tells its rows apart)"),
}
DESTROY = """
def destroy(apps, editor):
    apps.get_model("shop", "Thing").objects.update(n=9)
    editor.connection.cursor().execute({0!r})
"""


def test_what_code_destroys_in_another_way_is_refused_before_it_does(tmp_path: Path, database: Database):
    sql, what = LOSES[database.vendor]
    project = begin(tmp_path, database, "migrations.RunPython(destroy),", DESTROY.format(sql))
    bare = "shop_bare" if database.vendor != "postgresql" else "other.bare"
    if bare != "shop_bare":
        project.query("CREATE SCHEMA other")
    project.query(f"CREATE TABLE {bare} (n integer, p varchar(9))")
    project.query(f"INSERT INTO {bare} (n, p) VALUES (1, 'ab')")
    before = rows(project, "id, n, p, q, r"), project.schema()
    refused = project.manage("migrate", "shop")
    said = " ".join(refused.err.split())
    assert f"error[HR501]: loses-data: Raw Python operation drops {what}: nothing is kept of what this SQL destroys" in said
    assert (rows(project, "id, n, p, q, r"), project.schema()) == before
    assert project.query(f"SELECT n, p FROM {bare}") == [(1, "ab")]
    assert project.recorded() == ["0001_it"]
    done = project.manage("migrate", "shop", "--no-keep")
    assert done.exit == 0, done.err
