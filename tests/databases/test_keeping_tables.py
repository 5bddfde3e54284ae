"""A table that a migration drops is kept, in both directions, and comes back with its rows, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.test_keeping_columns import Shop
from tests.git_sandbox import isolate
from tests.servers.base import Database

TAG = (
    'migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9))]),\n'
)
THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(db_index=True, unique=True)),
    ("tag", models.ForeignKey("Tag", SET_NULL, null=True)),
    ("tags", models.ManyToManyField("Tag", related_name="+")),
], options={"indexes": [models.Index(fields=["n", "tag"], name="n_tag")],
    "constraints": [models.CheckConstraint(condition=models.Q(n__gte=0), name="n_positive")]}),
migrations.CreateModel("Part", [("id", models.BigAutoField(primary_key=True))]),
migrations.AddField("Part", "thing", models.ForeignKey("Thing", CASCADE)),
migrations.AddField("Thing", "part", models.ForeignKey("Part", SET_NULL, null=True, related_name="+")),
migrations.CreateModel("Child", [
    ("thing_ptr", models.OneToOneField("Thing", CASCADE, parent_link=True, primary_key=True, serialize=False)),
    ("name", models.CharField(max_length=9)),
], bases=("shop.thing",)),
"""
DROP = """
migrations.DeleteModel("Child"),
migrations.RemoveField("Part", "thing"),
migrations.DeleteModel("Thing"),
migrations.DeleteModel("Part"),
"""
NAMES = ("shop_thing", "shop_part", "shop_child", "shop_thing_tags", "shop_tag")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def fill(shop: Shop) -> None:
    shop.query("INSERT INTO shop_tag (word) VALUES ('a'), ('b'), ('c')")
    shop.query("INSERT INTO shop_thing (n, tag_id) VALUES (1, 1), (2, 2), (9, 3)")
    shop.query("INSERT INTO shop_part (thing_id) VALUES (2)")
    shop.query("UPDATE shop_thing SET part_id = 1 WHERE id = 1")
    shop.query("INSERT INTO shop_thing_tags (thing_id, tag_id) VALUES (1, 1), (3, 2)")
    shop.query("INSERT INTO shop_child (thing_ptr_id, name) VALUES (3, 'nine')")


def content(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    wanted = {
        "shop_thing": "id, n, tag_id, part_id",
        "shop_part": "id, thing_id",
        "shop_thing_tags": "id, thing_id, tag_id",
        "shop_child": "thing_ptr_id, name",
    }
    return {table: shop.query(f"SELECT {columns} FROM {table} ORDER BY 1") for table, columns in wanted.items()}


@pytest.mark.parametrize("way", ["dropped", "reversed"])
def test_down_and_up(tmp_path: Path, database: Database, way: str):
    shop = Shop.make(tmp_path, database, TAG, THING, DROP)
    there, gone = ("0002", "0003") if way == "dropped" else ("0002", "0001")
    shop.to(there)
    fill(shop)
    before, schema = content(shop), shop.schema()
    shop.to(gone)
    assert {status for _, _, status in shop.kept()} == {"kept"}
    assert set(NAMES) & set(shop.schema()) == {"shop_tag"}
    shop.query("INSERT INTO shop_tag (word) VALUES ('d')")
    shop.query("DELETE FROM shop_tag WHERE id = 3")
    shop.to(there)
    after = content(shop)
    assert after["shop_thing"][-1] == (3, 9, None, None)
    assert {**after, "shop_thing": after["shop_thing"][:-1]} == {**before, "shop_thing": before["shop_thing"][:-1]}
    assert shop.schema() == schema
    shop.query("INSERT INTO shop_thing (n) VALUES (10)")
    assert shop.query("SELECT id FROM shop_thing WHERE n = 10")[0][0] == 4
    assert {status for _, _, status in shop.kept()} == {"restored"}


OWNED = """
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField()),
    ("tag", models.ForeignKey("Tag", CASCADE)), ("other", models.ForeignKey("Tag", CASCADE, related_name="+"))]),
migrations.AlterUniqueTogether("thing", {("tag", "n")}),
migrations.AddIndex("thing", models.Index(fields=["other", "n"], name="other_n")),
"""
UNOWNED = """
migrations.AlterUniqueTogether("thing", set()),
migrations.RemoveIndex("thing", "other_n"),
"""


def test_no_index_of_a_foreign_key_is_left_over(tmp_path: Path, database: Database):
    """Where the database lets no index go that a foreign key needs, Django makes another one."""
    shop = Shop.make(tmp_path, database, TAG, OWNED, UNOWNED)
    shop.to("0002")
    owned = shop.schema()
    shop.to("0003")
    unowned = shop.schema()
    shop.to("0002")
    assert shop.schema() == owned
    shop.to("0003")
    assert shop.schema() == unowned
    shop.to("0001")
    shop.to("0002")
    assert shop.schema() == owned
