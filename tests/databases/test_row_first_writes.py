"""SQLite says what a statement is about to write, so a table gets its log when it is first written, and no other one does."""

from __future__ import annotations

import pytest

from tests.cases.migrators import launcher
from tests.cases.shop import Shop, shop

__all__ = ["launcher", "shop"]
MODELS = """
migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField()), ("tags", models.ManyToManyField("shop.Tag")),
]),
"""
CODE = """
from django.db import transaction

def change(apps, schema_editor):
    Tag, Thing = apps.get_model("shop", "Tag"), apps.get_model("shop", "Thing")
    for thing in Thing.objects.order_by("id").iterator(chunk_size=1):
        thing.n += 100
        thing.save()
    try:
        with transaction.atomic():
            Tag.objects.create(id=7)
            raise ValueError("the log of the table goes with this")
    except ValueError:
        Tag.objects.create(id=8)
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO legacy VALUES (%s, 'came')", ([number] for number in (5, 6, 7)))
    schema_editor.connection.connection.execute("UPDATE past SET v = v || '!'")
    if Thing.objects.filter(id=9).delete() != (0, {}):
        raise AssertionError("nothing was to be deleted")
"""
BEFORE = {
    "shop_tag": [(1,)],
    "shop_thing": [(1, 1), (2, 2), (3, 3)],
    "shop_thing_tags": [(1, 1, 1)],
    "legacy": [(1, "a")],
    "audit": [],
    "past": [(1, "p")],
}
AFTER = {
    "shop_tag": [(1,), (8,)],
    "shop_thing": [(1, 101), (2, 102), (3, 103)],
    "shop_thing_tags": [(1, 1, 1)],
    "legacy": [(1, "a"), (5, "came"), (6, "came"), (7, "came")],
    "audit": [(5,), (6,), (7,)],
    "past": [(1, "p!")],
}


def contents(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    return {table: shop.query(f"SELECT * FROM {table} ORDER BY 1") for table in BEFORE}


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_what_is_first_written_is_logged_and_nothing_else(shop: Shop):
    """In loops over open cursors, in savepoints that are taken back, by triggers of others, and past Django's cursors."""
    shop.write()
    shop.put("0001_initial", MODELS)
    shop.migrate()
    for sql in (
        "INSERT INTO shop_tag VALUES (1)",
        "INSERT INTO shop_thing VALUES (1, 1), (2, 2), (3, 3)",
        "INSERT INTO shop_thing_tags VALUES (1, 1, 1)",
        "CREATE TABLE legacy (a integer PRIMARY KEY, v text)",
        "INSERT INTO legacy VALUES (1, 'a')",
        "CREATE TABLE audit (a integer PRIMARY KEY)",
        "CREATE TRIGGER told AFTER INSERT ON legacy BEGIN INSERT INTO audit VALUES (NEW.a); END",
        "CREATE TABLE past (a integer PRIMARY KEY, v text)",
        "INSERT INTO past VALUES (1, 'p')",
    ):
        shop.query(sql)
    shop.put("0002_change", "migrations.RunPython(change),", CODE)
    shop.migrate()
    assert contents(shop) == AFTER
    logged = shop.query("SELECT \"table\", status, rows FROM handrail_kept WHERE form = 'log' AND aside <> '' ORDER BY 1")
    assert logged == [
        ("audit", "kept", 3),
        ("legacy", "kept", 3),
        ("past", "kept", 1),
        ("shop_tag", "kept", 1),
        ("shop_thing", "kept", 3),
    ]
    assert len(shop.query("SELECT name FROM sqlite_master WHERE name LIKE 'hrk_%' AND type = 'table'")) == len(logged)
    shop.migrate("shop", "0001")
    assert contents(shop) == BEFORE
