"""What becomes of rows that were written after a migration, when it is taken back by its log (F08 to F11)."""

from __future__ import annotations

import pytest

from tests.cases.migrators import Migrator, launcher
from tests.cases.shop import Shop, everywhere, shop

__all__ = ["launcher", "shop"]
PARTS = """
migrations.CreateModel("P", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("code", models.CharField(max_length=20, unique=True)),
    ("p", models.ForeignKey("shop.P", models.SET_NULL, null=True)),
    ("q", models.ForeignKey("shop.P", models.CASCADE, related_name="+")),
]),
"""
CODE = """
def change(apps, schema_editor):
    Thing, P = apps.get_model("shop", "Thing"), apps.get_model("shop", "P")
    P.objects.create(id=99)
    Thing.objects.filter(id=1).update(n=10, code="new")
    Thing.objects.filter(id=2).update(p=None)
    Thing.objects.filter(id=3).delete()
    Thing.objects.filter(id=4).update(q=99)
    Thing.objects.create(id=50, name="made", n=5, code="made", q_id=99)
"""
BEFORE = [(1, "a", 1, "A", 5, 5), (2, "b", 2, "B", 5, 6), (3, "c", 3, "C", None, 6), (4, "d", 4, "D", None, 7)]
CHANGED = "UPDATE shop_thing SET n = 77 WHERE id = 1"


def words(one: Migrator) -> str:
    """What a migrate said, on one line."""
    return " ".join(one.err.split())


def rows(shop: Shop) -> list[tuple[object, ...]]:
    return shop.query("SELECT id, name, n, code, p_id, q_id FROM shop_thing ORDER BY id")


@pytest.fixture
def migrated(shop: Shop) -> Shop:
    """The shop after code has changed, deleted and made rows."""
    shop.write()
    shop.put("0001_initial", PARTS)
    shop.migrate()
    shop.query("INSERT INTO shop_p (id) VALUES (5), (6), (7)")
    for id, name, n, code, p, q in BEFORE:
        shop.query(f"INSERT INTO shop_thing VALUES ({id}, '{name}', {n}, '{code}', {p or 'NULL'}, {q})")
    shop.put("0002_d", "migrations.RunPython(change),", CODE)
    shop.migrate()
    assert rows(shop) == [
        (1, "a", 10, "new", 5, 5),
        (2, "b", 2, "B", None, 6),
        (4, "d", 4, "D", None, 99),
        (50, "made", 5, "made", None, 99),
    ]
    return shop


@everywhere
def test_f08_a_primary_key_that_is_used_again(migrated: Shop):
    """Another row under the key of a changed one, of a deleted one, and of one that was made."""
    migrated.query("DELETE FROM shop_thing WHERE id IN (1, 50)")
    migrated.query(
        "INSERT INTO shop_thing VALUES (1, 'mallory', 8, 'M', NULL, 6), (3, 'new', 9, 'N', 6, 7), (50, 'x', 6, 'X', 7, 7)"
    )
    one = migrated.migrate("shop", "0001")
    assert rows(migrated) == [
        (1, "mallory", 8, "M", None, 6),
        (2, "b", 2, "B", 5, 6),
        (3, "new", 9, "N", 6, 7),
        (4, "d", 4, "D", None, 7),
        (50, "x", 6, "X", 7, 7),
    ]
    assert "2 rows of shop_thing were replaced by others with their primary keys, and stay as they are\n" in one.err
    assert "shop_thing id 1: name before 'a', after 'a', now 'mallory'; n before 1, after 10, now 8; " in one.err
    assert "1 row of shop_thing was deleted, and its primary key is taken, and stays as it is\n" in one.err
    assert migrated.query("SELECT id FROM shop_p ORDER BY id") == [(5,), (6,), (7,)]


@everywhere
def test_f09_a_row_that_was_changed_since(migrated: Shop):
    migrated.query(CHANGED)
    one = migrated.migrate("shop", "0001")
    assert rows(migrated) == [(1, "a", 77, "A", 5, 5), *BEFORE[1:]]
    assert "1 row of shop_thing was changed since, and stays as it is\n" in one.err
    assert "shop_thing id 1: n before 1, after 10, now 77; code before 'A', after 'new', now 'new'\n" in one.err


@everywhere
def test_f09b_a_row_whose_other_columns_were_all_changed(migrated: Shop):
    """It can be another row under the same key: it stays, is shown, and gets what is kept where that is said."""
    migrated.query("UPDATE shop_thing SET name = 'z', n = 8, p_id = 6, q_id = 7 WHERE id = 1")
    what = "1 row of shop_thing was changed since in all other columns, or replaced by another with its primary key"
    one = rollback(migrated, "stop", code=2)
    assert f"error[HR602]: restore-conflict: {what} note: shop_thing id 1: name before 'a', after 'a', now 'z'" in words(one)
    one = rollback(migrated, "restore")
    assert f"{what}, and gets what is kept" in words(one)
    assert rows(migrated) == [(1, "z", 1, "A", 6, 7), *BEFORE[1:]]


def rollback(shop: Shop, policy: str, code: int = 0) -> Migrator:
    """Take the code back, and say what becomes of rows that were changed since."""
    one = shop.launcher.begin(shop.folder, ["handrail", "rollback", "shop", "0001", "--yes", "--changed-rows", policy])
    assert one.end() == code, one.text
    return one


@everywhere
def test_f10_a_target_that_is_gone(migrated: Shop):
    """NULL, and said, where that can be; nothing at all is done where it cannot."""
    migrated.query("UPDATE shop_thing SET q_id = 7 WHERE id = 1")
    migrated.query("UPDATE shop_thing SET p_id = NULL WHERE id = 1")
    migrated.query("DELETE FROM shop_p WHERE id = 5")
    one = migrated.migrate("shop", "0001")
    assert rows(migrated)[1] == (2, "b", 2, "B", None, 6)
    assert "1 row of shop_thing: its p_id names rows of shop_p that are gone, and is NULL now\n" in one.err
    migrated.query("DELETE FROM shop_thing WHERE id > 4")
    migrated.migrate()
    migrated.query("DELETE FROM shop_thing WHERE id IN (1, 2)")
    migrated.query("DELETE FROM shop_p WHERE id = 6")
    before = rows(migrated)
    one = migrated.fails("shop", "0001", code=2)
    conflict = "1 row of shop_thing was not brought back: its q_id names rows of shop_p that are gone"
    assert f"error[HR602]: restore-conflict: {conflict} note: " in words(one)
    assert rows(migrated) == before
    assert migrated.records() == ["0001_initial", "0002_d"]


@everywhere
def test_f11_a_unique_value_that_is_taken(migrated: Shop):
    migrated.query("INSERT INTO shop_thing VALUES (60, 'late', 6, 'C', NULL, 7)")
    before = rows(migrated)
    one = migrated.fails("shop", "0001", code=2)
    conflict = "1 row of shop_thing was not brought back: another row has its code"
    assert f"error[HR602]: restore-conflict: {conflict} note: " in words(one)
    assert "note: shop_thing id 3: name before 'c', after no row, now no row; " in words(one)
    assert rows(migrated) == before
    migrated.query("UPDATE shop_thing SET code = 'L' WHERE id = 60")
    migrated.migrate("shop", "0001")
    assert rows(migrated) == [*BEFORE, (60, "late", 6, "L", None, 7)]


@everywhere
def test_f11_what_others_refer_to_stays(migrated: Shop):
    migrated.query("INSERT INTO shop_thing VALUES (60, 'late', 6, 'L', 99, 7)")
    one = migrated.migrate("shop", "0001")
    assert rows(migrated) == [*BEFORE, (60, "late", 6, "L", 99, 7)]
    assert "1 row of shop_p was inserted, and others refer to it now, and stays as it is\n" in one.err
    assert migrated.query("SELECT id FROM shop_p ORDER BY id") == [(5,), (6,), (7,), (99,)]
