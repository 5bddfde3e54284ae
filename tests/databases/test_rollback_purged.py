"""What was purged does not stand in the way of what is kept still."""

from __future__ import annotations

from pathlib import Path

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0)), ("old", models.IntegerField()),
]),
"""
CODE = """
def change(apps, editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(n=1).update(n=9)
    Thing.objects.filter(n=2).delete()
    Thing.objects.create(n=7)
"""


def test_rows_come_back_by_their_log_when_a_column_that_was_aside_is_purged(tmp_path: Path, database: Database):
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(FIRST),
        "shop.0002_remove": migration('migrations.RemoveField("Thing", "old"),', ("shop", "0001_initial")),
        "shop.0003_change": migration("migrations.RunPython(change),", ("shop", "0002_remove"), code=CODE),
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (n, old) VALUES (1, 1), (2, 2), (3, 3)")
    project.migrate("shop", "0002")
    project.migrate()
    project.handrail("purge", "--run", "2", "--yes")
    project.handrail("rollback", "shop", "0002", "--yes")
    assert project.query("SELECT id, n FROM shop_thing ORDER BY id") == [(1, 1), (2, 2), (3, 3)]
    assert project.recorded() == ["0001_initial", "0002_remove"]
    lost = "HR501: loses-data: Remove field old from Thing drops shop_thing.old: its values are not kept"
    refused = project.handrail("rollback", "shop", "0001", "--yes", exit=2)
    assert lost in refused.messages
    (step,) = refused.json["plan"]["steps"]
    assert (step["verdict"], step["reason"]) == (
        "lossy",
        "shop_thing.old: the values that it changed or dropped are not kept any more",
    )


NARROW = """
migrations.AlterField("Thing", "price", models.DecimalField(max_digits=8, decimal_places=1)),
migrations.RunSQL("ALTER TABLE shop_thing DROP COLUMN old", "ALTER TABLE shop_thing ADD COLUMN old integer NULL"),
"""
PRICED = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("price", models.DecimalField(max_digits=8, decimal_places=3)),
    ("old", models.IntegerField(null=True)),
]),
"""


def test_values_that_were_purged_are_not_called_kept(tmp_path: Path, database: Database):
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(PRICED),
        "shop.0002_narrow": migration(NARROW, ("shop", "0001_initial")),
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (price, old) VALUES (1.125, 1), (2.5, 2)")
    project.migrate()
    planned = project.handrail("rollback", "shop", "0001", "--dry-run").json["plan"]["steps"]
    assert planned[0]["verdict"] == "kept"
    project.handrail("purge", "--older-than", "0d", "--yes")
    refused = project.handrail("rollback", "shop", "0001", "--yes", exit=2)
    lost = "HR501: loses-data: Raw SQL operation drops shop_thing.old: its values are not kept"
    assert refused.messages == [lost]
    assert refused.json["findings"][0]["notes"] == [
        "it is an operation of shop.0002_narrow",
        "so does Alter field price on Thing: shop_thing.price, 1 row, and nothing is kept",
    ]


def test_all_rows_get_what_is_said_where_a_column_was_purged(tmp_path: Path, database: Database):
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(FIRST),
        "shop.0002_remove": migration('migrations.RemoveField("Thing", "old"),', ("shop", "0001_initial")),
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (n, old) VALUES (1, 1), (2, 2)")
    project.migrate("shop", "0002")
    project.handrail("purge", "--run", "2", "--yes")
    project.query("INSERT INTO shop_thing (n) VALUES (3)")
    project.handrail("rollback", "shop", "0001", "--yes", "--accept-loss", "--fill", "shop_thing.old=4")
    assert project.query("SELECT n, old FROM shop_thing ORDER BY n") == [(1, 4), (2, 4), (3, 4)]
