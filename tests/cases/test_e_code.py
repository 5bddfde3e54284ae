"""Rolling back code and SQL: by the author's reverse, checked against the log of rows, or by the log (E16 to E19)."""

from __future__ import annotations

from tests.cases.migrators import launcher
from tests.cases.shop import Shop, everywhere, shop

__all__ = ["launcher", "shop"]
ADD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True)),'
CODE = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(n=1).update(n=10)
    Thing.objects.filter(n=2).delete()
    Thing.objects.create(name="new", n=3)
"""


def rows(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query("SELECT id, name, n, x FROM shop_thing ORDER BY id")


@everywhere
def test_e16_code_without_a_reverse_is_taken_back_by_its_log(shop: Shop):
    shop.begin([("a", 1), ("b", 2)])
    before = rows(shop)
    shop.put("0002_a", ADD.format("a"))
    shop.put("0003_d", "migrations.RunPython(change),", CODE)
    shop.put("0004_b", ADD.format("b"))
    shop.migrate()
    assert rows(shop) == [(1, "a", 10, "x1"), (3, "new", 3, "x")]
    one = shop.migrate("shop", "0001")
    assert shop.records() == ["0001_initial"]
    assert rows(shop) == before
    assert "differ" not in one.text
    two = shop.migrate()
    assert rows(shop) == [(1, "a", 10, "x1"), (3, "new", 3, "x")]
    assert (
        "shop.0003_d: Raw Python operation is not run again: what it had done is back as it was before the rollback" in two.text
    )
    shop.migrate("shop", "0001")
    assert rows(shop) == before
    shop.query("INSERT INTO shop_thing (name, n, x) VALUES ('later', 1, 'x9')")
    three = shop.migrate()
    assert [row[1:] for row in rows(shop)] == [("a", 10, "x1"), ("later", 10, "x9"), ("new", 3, "x")]
    assert "not run again" not in three.text


@everywhere
def test_e17_sql_without_a_reverse_is_taken_back_by_its_log(shop: Shop):
    shop.begin([("a", 1), ("b", 2)])
    before = rows(shop)
    shop.put("0002_d", 'migrations.RunSQL("UPDATE shop_thing SET n = n + 10 WHERE n = 1; DELETE FROM shop_thing WHERE n = 2"),')
    shop.migrate()
    assert rows(shop) == [(1, "a", 11, "x1")]
    shop.query("UPDATE shop_thing SET x = 'later'")
    shop.migrate("shop", "0001")
    assert rows(shop) == [(1, "a", 1, "later"), before[1]]


@everywhere
def test_e18_a_reverse_that_does_nothing_leaves_it_to_the_log(shop: Shop):
    shop.begin([("a", 1), ("b", 2)])
    code = 'from django.db.models import F\n\ndef double(apps, schema_editor):\n    apps.get_model("shop", "Thing").objects.update(n=F("n") * 2)'
    shop.put("0002_d", "migrations.RunPython(double, migrations.RunPython.noop),", code)
    for _ in range(2):
        shop.migrate()
        assert shop.values("n") == [2, 4]
        shop.migrate("shop", "0001")
        assert shop.values("n") == [1, 2]


NAMES = """
def join(apps, schema_editor):
    for thing in apps.get_model("shop", "Thing").objects.all():
        thing.name, thing.x = f"{thing.name} {thing.x}", ""
        thing.save()

def split(apps, schema_editor):
    for thing in apps.get_model("shop", "Thing").objects.all():
        thing.name, _, thing.x = thing.name.partition(" ")
        thing.save()
"""


@everywhere
def test_e18b_a_reverse_that_loses_something_is_reported(shop: Shop):
    shop.begin([])
    shop.query("INSERT INTO shop_thing (name, n, x) VALUES ('Anna Maria', 1, 'de la Cruz'), ('Bo', 2, 'Li')")
    shop.put("0002_d", "migrations.RunPython(join, split),", NAMES)
    shop.migrate()
    one = shop.migrate("shop", "0001")
    assert rows(shop) == [(1, "Anna", 1, "Maria de la Cruz"), (2, "Bo", 2, "Li")]
    assert "1 row of shop_thing differs from what it was\n" in one.err
    assert (
        "shop_thing id 1: name before 'Anna Maria', after 'Anna Maria de la Cruz', now 'Anna'; "
        "x before 'de la Cruz', after '', now 'Maria de la Cruz'\n"
    ) in one.err


@everywhere
def test_e19b_sql_inside_separate_database_and_state(shop: Shop):
    shop.begin([("a", 1), ("b", 2)])
    before = rows(shop)
    parts = 'migrations.RunSQL("UPDATE shop_thing SET n = 9"), migrations.RunSQL("UPDATE shop_thing SET x = name")'
    shop.put("0002_d", f"migrations.SeparateDatabaseAndState(database_operations=[{parts}]),")
    shop.migrate()
    assert rows(shop) == [(1, "a", 9, "a"), (2, "b", 9, "b")]
    shop.migrate("shop", "0001")
    assert rows(shop) == before
