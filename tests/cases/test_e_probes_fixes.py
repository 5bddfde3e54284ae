"""What a run puts right by itself: pending checks, sequences, views on a table that is rebuilt (E23c, E36c, HR512)."""

from __future__ import annotations

from tests.cases.undoing import THING, Undoing, launcher, on_postgres, on_sqlite, undo

__all__ = ["launcher", "undo"]
PLAIN_KEY = THING.replace("models.BigAutoField(primary_key=True)", "models.IntegerField(primary_key=True)")


def test_e23c_a_key_that_begins_to_count_goes_on_above_those_that_are_there(undo: Undoing):
    undo.up(first=PLAIN_KEY, rows=["INSERT INTO shop_thing (id, name, n) VALUES (1, 'a', 1), (10, 'b', 2)"])
    before = undo.catalogue()
    undo.write_files(PLAIN_KEY, 'migrations.AlterField("Thing", "id", models.BigAutoField(primary_key=True)),')
    undo.migrate()
    undo.query("INSERT INTO shop_thing (name, n) VALUES ('c', 3)")
    assert undo.values("id") == [1, 10, 11]
    assert undo.down() == ""
    assert undo.catalogue() == before
    assert undo.values("name") == ["a", "b", "c"]


PART = """
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("t", models.ForeignKey("shop.Thing", models.CASCADE)),
]),
"""
DATA = """
def up(apps, editor):
    thing = apps.get_model("shop", "Thing").objects.create(name="made", n=1)
    apps.get_model("shop", "Part").objects.create(t=thing)

def down(apps, editor):
    apps.get_model("shop", "Part").objects.all().delete()
    apps.get_model("shop", "Thing").objects.all().delete()

def cycle(apps, editor):  # rows that refer to what comes after them
    Part = apps.get_model("shop", "Part")
    part = Part.objects.create(t_id=50)
    apps.get_model("shop", "Thing").objects.create(id=50, name="late", n=1)
    part.delete()
"""


@on_postgres
def test_hr512_code_and_a_change_of_its_table_in_one_transaction(undo: Undoing):
    undo.up(
        """
        migrations.AddField("Part", "q", models.IntegerField(null=True)),
        migrations.RunPython(up, down),
        migrations.AddField("Part", "p", models.IntegerField(default=0)),
        migrations.AlterField("Part", "p", models.BigIntegerField(null=True)),
        migrations.RunPython(cycle, migrations.RunPython.noop),
        migrations.AddIndex("Part", models.Index(fields=["p"], name="ix")),
        migrations.RunPython(up, down),
        """,
        first=THING + PART,
        code=DATA,
    )
    assert undo.query("SELECT COUNT(*) FROM shop_part") == [(2,)]
    undo.down()
    assert undo.query("SELECT COUNT(*) FROM shop_part") == [(0,)]


@on_sqlite
def test_e36c_views_on_a_table_that_is_rebuilt(undo: Undoing):
    views = [
        "CREATE VIEW v AS SELECT name FROM shop_thing WHERE n > 0",
        "CREATE VIEW w AS SELECT name FROM v",
        "CREATE TRIGGER t INSTEAD OF INSERT ON w BEGIN INSERT INTO shop_thing (name, n) VALUES (new.name, 1); END",
        "CREATE VIEW other AS SELECT 'shop_thing' AS text",
    ]
    undo.up(rows=["INSERT INTO shop_thing (name, n) VALUES ('a', 1)", *views])
    hanging = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY name"
    before = undo.query(hanging)
    undo.write_files(THING, 'migrations.AlterField("Thing", "name", models.CharField(max_length=60, unique=True)),')
    undo.migrate()
    assert undo.query(hanging) == before
    undo.query("INSERT INTO w (name) VALUES ('b')")
    assert undo.query("SELECT name FROM w ORDER BY name") == [("a",), ("b",)]
    undo.down()
    assert undo.query(hanging) == before


EXTENSIONS = "CITextExtension(), UnaccentExtension(), TrigramExtension(),"
IMPORT = "from django.contrib.postgres.operations import CITextExtension, TrigramExtension, UnaccentExtension"


@on_postgres
def test_e26_e26b_extensions_that_were_there_or_are_in_use_stay(undo: Undoing):
    undo.up()
    undo.query("CREATE EXTENSION unaccent")
    undo.write_files(THING, EXTENSIONS, code=IMPORT)
    undo.migrate()
    undo.query("CREATE TABLE outside (v citext)")
    there = "SELECT extname FROM pg_extension WHERE extname IN ('citext', 'unaccent', 'pg_trgm') ORDER BY extname"
    assert undo.query(there) == [("citext",), ("pg_trgm",), ("unaccent",)]
    assert undo.down() == (
        "extension unaccent stays: that shop.0002_x made it is not on record"
        " extension citext stays: it is in use; column v of table outside uses it"
    )
    assert undo.query(there) == [("citext",), ("unaccent",)]
    undo.migrate()
    undo.query("DROP TABLE outside")
    undo.down()
    assert undo.query(there) == [("citext",), ("unaccent",)]


def test_e36c_a_link_table_that_is_a_model_has_no_column_to_rebuild_for(undo: Undoing):
    link = """
    migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel("Link", [
        ("id", models.BigAutoField(primary_key=True)),
        ("a", models.ForeignKey("shop.Thing", models.CASCADE)),
        ("b", models.ForeignKey("shop.Tag", models.CASCADE)),
    ]),
    migrations.AddField("Thing", "tags", models.ManyToManyField("shop.Tag", through="shop.Link")),
    """
    undo.up(link, rows=["INSERT INTO shop_thing (name, n) VALUES ('a', 1)"])
    undo.down()
    assert undo.values("name") == ["a"]
