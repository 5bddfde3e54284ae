"""Reverses that are safe pass without a word, and leave the catalogue as it was (E09, E10, E11, E28, E30, E35, E39, E39b, E46, E24b)."""

from __future__ import annotations

import django
import pytest

from tests.cases.undoing import THING, Undoing, launcher, on_postgres, undo

__all__ = ["launcher", "undo"]
FIRST = (
    THING.rstrip().removesuffix("]),")
    + """], options={"index_together": {("name", "n")}}),
migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("thing", models.ForeignKey("shop.Thing", models.CASCADE))]),
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("t", models.ForeignKey("shop.Thing", models.CASCADE)),
    ("things", models.ManyToManyField("shop.Thing", related_name="+")),
]),
"""
)
OPERATIONS = (
    'migrations.RenameField("Thing", "n", "number"),',
    'migrations.RenameModel("Thing", "Item"),',
    'migrations.AlterModelTable("Item", "goods"),',
    'migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.item",)),',
    """
    migrations.AddField("Item", "g", models.GeneratedField(
        expression=models.F("number") * 2, output_field=models.IntegerField(), db_persist=STORED)),
    """,
    'migrations.AlterUniqueTogether("Part", {("t", "name")}),',
    'migrations.RenameIndex("Item", new_name="nice_ix", old_fields=("name", "number")),',
)
ROWS = [
    "INSERT INTO goods (name, number) VALUES ('a', 9)",
    "INSERT INTO goods (name, number) VALUES ('b', 2)",
    "INSERT INTO shop_tag (thing_id) VALUES (1)",
    "INSERT INTO shop_part (name, t_id) VALUES ('p', 2)",
    "INSERT INTO shop_part_things (part_id, item_id) VALUES (1, 1)",
]


def test_e09_e10_e11_e28_e30_e39_e46_renames_proxies_computed_values_and_indexes(undo: Undoing):
    undo.up(first=FIRST)
    before = undo.catalogue()
    stored = str(undo.database.vendor != "sqlite")
    undo.write_files(FIRST, *(one.replace("STORED", stored) for one in OPERATIONS))
    undo.migrate()
    for row in ROWS:
        undo.query(row)
    assert undo.query("SELECT name, number, g FROM goods ORDER BY id") == [("a", 9, 18), ("b", 2, 4)]
    assert undo.down() == ""
    assert undo.without_made_up_names() == undo.without_made_up_names(before)
    assert undo.query("SELECT name, n FROM shop_thing ORDER BY id") == [("a", 9), ("b", 2)]
    assert undo.query("SELECT thing_id FROM shop_tag") == [(1,)]
    assert undo.query("SELECT part_id, thing_id FROM shop_part_things") == [(1, 1)]
    assert undo.query("SELECT COUNT(*) FROM handrail_kept") == [(0,)]
    assert "nice_ix" not in {one.name for one in undo.catalogue()}
    undo.migrate()
    assert undo.query("SELECT g FROM goods ORDER BY id") == [(18,), (4,)]


def test_e39_an_index_that_had_its_name_before_keeps_it(undo: Undoing):
    first = THING + 'migrations.AddIndex("Thing", models.Index(fields=["name", "n"], name="nice_ix")),'
    undo.up(first=first)
    before = undo.catalogue()
    undo.write_files(first, 'migrations.RenameIndex("Thing", new_name="nice_ix", old_fields=("name", "n")),')
    undo.migrate()
    assert undo.down() == ""
    assert undo.catalogue() == before
    undo.migrate()


@on_postgres
def test_e39b_an_index_that_is_built_concurrently(undo: Undoing):
    undo.up()
    before = undo.catalogue()
    imports = "from django.contrib.postgres.operations import AddIndexConcurrently"
    undo.write_files(THING, 'AddIndexConcurrently("Thing", models.Index(fields=["n"], name="ix")),', code=imports)
    place = undo.folder / "shop" / "migrations" / "0002_x.py"
    place.write_text(place.read_text().replace("    dependencies", "    atomic = False\n    dependencies"))
    undo.migrate()
    assert "ix" in {one.name for one in undo.catalogue()}
    assert undo.down() == ""
    assert undo.catalogue() == before


@pytest.mark.skipif(django.VERSION < (6, 1), reason="the database cascades since Django 6.1")
def test_e35_the_database_cascades(undo: Undoing):
    undo.up(first=FIRST, rows=["INSERT INTO shop_thing (name, n) VALUES ('a', 1)", "INSERT INTO shop_tag (thing_id) VALUES (1)"])
    before = undo.catalogue()
    undo.write_files(FIRST, 'migrations.AlterField("Tag", "thing", models.ForeignKey("shop.Thing", models.DB_CASCADE)),')
    undo.migrate()
    rules = [one.definition.lower() for one in undo.catalogue() if "on delete cascade" in one.definition.lower()]
    assert len(rules) == 1
    assert undo.down() == ""
    assert undo.without_made_up_names() == undo.without_made_up_names(before)
    assert undo.query("SELECT thing_id FROM shop_tag") == [(1,)]


def test_e24b_e28_permissions_and_content_types_of_other_names_are_told(undo: Undoing):
    apps = ["django.contrib.contenttypes", "django.contrib.auth"]
    (undo.folder / "shop").mkdir()
    (undo.folder / "shop" / "models.py").touch()
    operations = """
    migrations.RenameModel("Thing", "Item"),
    migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.item",)),
    migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
    """
    undo.up(operations, apps=apps)
    types = "SELECT id, model FROM django_content_type WHERE app_label = 'shop' ORDER BY id"
    ids = [id for id, _ in undo.query(types)]
    assert undo.down() == ""
    undo.migrate()
    undo.query("INSERT INTO auth_group (name) VALUES ('editors')")
    granted = "SELECT g.id, p.id FROM auth_group g, auth_permission p WHERE p.codename IN ('add_item', 'view_new')"
    undo.query(f"INSERT INTO auth_group_permissions (group_id, permission_id) {granted}")
    permissions = "" if django.VERSION >= (6, 1) else "; permissions add_item of shop.thing"
    assert undo.down() == f"info[HR514]: stale-content-types: shop.new{permissions}"
    undo.migrate()
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--yes"])
    assert one.end() == 0, one.text
    permissions = "" if django.VERSION >= (6, 1) else "; permissions add_item, change_item, delete_item, view_item of shop.thing"
    assert f"info[HR514]: stale-content-types: shop.new, shop.proxy{permissions}" in " ".join(one.text.split())
    undo.migrate()
    assert [id for id, _ in undo.query(types)] == ids
    assert "item" in {model for _, model in undo.query(types)}


def test_e44_faked_backwards(undo: Undoing):
    add = 'migrations.AddField("Thing", "p", models.IntegerField(default=1)),'
    create = 'migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),'
    undo.up(add + create, "migrations.RunPython(migrations.RunPython.noop),")
    faked = undo.start("--fake", "shop", "0001")
    assert faked.end() == 1, faked.text
    assert " ".join(faked.err.split()) == (
        "warning[HR206]: in-schema-not-recorded: 2/2 operations of shop.0002_x note: shop_new is there note: shop_thing.p is there"
    )
    assert undo.records() == ["0001_initial"]
    undo.query("DROP TABLE shop_new")
    undo.query("ALTER TABLE shop_thing DROP COLUMN p")
    undo.migrate("--fake")
    assert undo.migrate("--fake", "shop", "0001").err == ""
