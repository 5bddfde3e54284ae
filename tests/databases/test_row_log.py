"""The log of the rows that code and SQL write: what every database has to do, with real migrations."""

from __future__ import annotations

from typing import Any

from tests.cases.migrators import GATE, launcher
from tests.cases.shop import Shop, everywhere, on_servers, shop

__all__ = ["launcher", "shop"]
TYPED = """
migrations.CreateModel("Typed", [
    ("id", models.UUIDField(primary_key=True)),
    ("amount", models.DecimalField(max_digits=20, decimal_places=6, null=True)),
    ("data", models.BinaryField(null=True)),
    ("moment", models.DateTimeField(null=True)),
    ("day", models.DateField(null=True)),
    ("other", models.UUIDField(null=True)),
    ("document", models.JSONField(null=True)),
    ("words", models.TextField(null=True)),
    ("number", models.FloatField(null=True)),
    ("flag", models.BooleanField(null=True)),
    ("span", models.DurationField(null=True)),
    ("big", models.BigIntegerField(null=True)),
]),
migrations.RunPython(fill, migrations.RunPython.noop),
migrations.RunPython(change),
"""
TYPES = """
import datetime, decimal, uuid

IDS = [uuid.UUID(int=number) for number in (1, 2, 3)]

def fill(apps, schema_editor):
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    full = dict(
        amount=decimal.Decimal("12345678901234.000001"), data=bytes(range(256)),
        moment=datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=zone), day=datetime.date(1, 1, 1),
        other=uuid.UUID(int=2**127), document={"a": [1.5, None, "\\u00e9"]}, words="one\\ntwo\\r\\n'\\"\\\\ \\u00e9\\U0001f600 %s",
        number=0.1 + 0.2, flag=True, span=datetime.timedelta(days=-1, microseconds=1), big=2**63 - 1,
    )
    Typed = apps.get_model("shop", "Typed")
    Typed.objects.create(id=IDS[0], **full)
    Typed.objects.create(id=IDS[1])
    Typed.objects.create(id=IDS[2], **{**full, "words": "", "data": b"", "document": []})

def change(apps, schema_editor):
    Typed = apps.get_model("shop", "Typed")
    nothing = {field.name: None for field in Typed._meta.fields if not field.primary_key}
    Typed.objects.filter(id=IDS[0]).update(**nothing)
    Typed.objects.filter(id=IDS[1]).update(words="\\n", flag=False, number=1e300, data=b"\\0", amount=0)
    Typed.objects.filter(id=IDS[2]).delete()
"""


@everywhere
def test_values_of_every_type_come_back_as_they_were(shop: Shop):
    shop.write()
    shop.put("0001_initial", TYPED.replace("migrations.RunPython(change),", ""), TYPES)
    shop.migrate()
    before = shop.query("SELECT * FROM shop_typed ORDER BY id")
    if shop.database.vendor == "postgresql":
        shop.query(
            'ALTER TABLE shop_typed ADD COLUMN list text[] DEFAULT \'{a,NULL,"b,c"}\', ADD COLUMN plain json DEFAULT \'{"b": 1,  "a": 2}\''
        )
        before = shop.query("SELECT * FROM shop_typed ORDER BY id")
    shop.put("0002_change", "migrations.RunPython(change),", TYPES)
    shop.migrate()
    changed = shop.query("SELECT * FROM shop_typed ORDER BY id")
    assert len(changed) == 2
    assert changed != before[:2]
    counted = "SELECT k.name, k.rows FROM handrail_kept k WHERE k.rows > 0 ORDER BY 1"
    assert shop.query(counted) == [("0001_initial", 3), ("0002_change", 3)]
    shop.migrate("shop", "0001")
    assert shop.query("SELECT * FROM shop_typed ORDER BY id") == before


MORE = """
migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(unique=True)),
    ("tags", models.ManyToManyField("shop.Tag")),
]),
"""
UNSEEN = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.get(id=1).tags.add(2)
    Thing.objects.get(id=2).delete()
    Thing.objects.filter(id=3).update(n=30)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("UPDATE leg" + "acy SET b = b + 10, v = 'x' WHERE a = 1")
        cursor.execute("DELETE FROM leg" + "acy WHERE a = 2")
        cursor.execute("INSERT INTO leg" + "acy (a, b, v) VALUES (9, 9, NULL)")
        {more}
    Thing.objects.filter(id=3).update(n=31)
"""
EMPTIES = {
    "sqlite": """cursor.execute("REPLACE INTO emptied VALUES (1, 'r')")""",
    "postgresql": """cursor.execute("TRUNCATE emptied")""",
    "mysql": """cursor.execute("REPLACE INTO emptied VALUES (1, 'r')")""",
}
TABLES = ("legacy", "emptied", "shop_thing", "shop_tag", "shop_thing_tags")


def contents(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: shop.query(f"SELECT * FROM {table} ORDER BY 1, 2" if table != "shop_tag" else "SELECT * FROM shop_tag ORDER BY 1")
        for table in TABLES
    }


def with_legacy(shop: Shop) -> None:
    """Begin with tables that no model has, one with a key of two columns."""
    shop.write()
    shop.put("0001_initial", MORE)
    shop.migrate()
    shop.query("INSERT INTO shop_tag (id) VALUES (1), (2)")
    shop.query("INSERT INTO shop_thing (id, n) VALUES (1, 1), (2, 2), (3, 3)")
    shop.query("INSERT INTO shop_thing_tags (id, thing_id, tag_id) VALUES (1, 2, 1), (2, 1, 1)")
    shop.query("CREATE TABLE legacy (a integer NOT NULL, b integer NOT NULL, v varchar(20), PRIMARY KEY (a, b))")
    shop.query("INSERT INTO legacy VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')")
    shop.query("CREATE TABLE emptied (id integer NOT NULL PRIMARY KEY, v varchar(20))")
    shop.query("INSERT INTO emptied VALUES (1, 'a'), (2, 'b')")


@everywhere
def test_what_is_written_unforeseen_is_logged_too(shop: Shop):
    """Link tables, raw SQL, keys of several columns that change, TRUNCATE and REPLACE, rows that change twice."""
    with_legacy(shop)
    before = contents(shop)
    shop.put("0002_change", "migrations.RunPython(change),", UNSEEN.format(more=EMPTIES[shop.database.vendor]))
    shop.migrate()
    assert shop.query("SELECT a, b FROM legacy ORDER BY a, b") == [(1, 11), (1, 12), (9, 9)]
    assert shop.query("SELECT thing_id, tag_id FROM shop_thing_tags ORDER BY 2") == [(1, 1), (1, 2)]
    kept = shop.query("SELECT status FROM handrail_kept WHERE form = 'log'")
    assert [status for (status,) in kept] == ["kept"] * len(TABLES)
    shop.migrate("shop", "0001")
    assert contents(shop) == before
    assert triggers(shop) == []


def triggers(shop: Shop) -> list[tuple[Any, ...]]:
    """The triggers that are left."""
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        "mysql": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    }
    return shop.query(sql[shop.database.vendor])


@everywhere
def test_code_outside_a_transaction(shop: Shop):
    with_legacy(shop)
    before = contents(shop)
    shop.put("0002_change", "migrations.RunPython(change),", UNSEEN.format(more="pass"), atomic=False)
    shop.migrate()
    assert contents(shop) != before
    shop.migrate("shop", "0001")
    assert contents(shop) == before
    assert triggers(shop) == []


GATED = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(n=10)
    gate()
    Thing.objects.filter(id=1).update(n=11)
"""


@on_servers
def test_what_the_application_writes_meanwhile_is_not_logged(shop: Shop):
    """And it is not kept from writing."""
    with_legacy(shop)
    shop.put("0002_change", "migrations.RunPython(change),", GATE + GATED)
    one = shop.start()
    shop.reached(one)
    shop.query("UPDATE shop_thing SET n = 33 WHERE id = 3")
    shop.query("INSERT INTO shop_thing (id, n) VALUES (4, 4)")
    shop.go()
    assert one.end() == 0, one.text
    counted = "SELECT {} FROM handrail_kept WHERE form = 'log' AND aside <> ''"
    rows = shop.query(counted.format("`rows`" if shop.database.vendor == "mysql" else '"rows"'))
    assert rows == [(2,)]
    shop.query("DELETE FROM shop_thing_tags")
    shop.query("DELETE FROM shop_thing WHERE id = 2")
    shop.migrate("shop", "0001")
    assert shop.query("SELECT id, n FROM shop_thing ORDER BY id") == [(1, 1), (3, 33), (4, 4)]


@everywhere
def test_rows_without_a_primary_key_are_not_guessed(shop: Shop):
    shop.begin()
    shop.query("CREATE TABLE bare (v integer)")
    shop.query("INSERT INTO bare VALUES (1), (1), (2)")
    shop.put("0002_change", 'migrations.RunSQL("UPDATE bare SET v = 3 WHERE v = 2"),')
    shop.migrate()
    one = shop.fails("shop", "0001", code=2)
    assert "error[HR517]: no-primary-key: bare\n" in one.err
    assert shop.query("SELECT v FROM bare ORDER BY v") == [(1,), (1,), (3,)]
    assert shop.records() == ["0001_initial", "0002_change"]
