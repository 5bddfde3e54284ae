"""What SQL of a migration drops is kept, in both directions, and comes back with its values, on every database."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.databases.test_keeping_columns import Shop
from tests.git_sandbox import isolate
from tests.servers.base import Database

MADE = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField()),
    ("p", models.IntegerField(null=True)),
]),
migrations.CreateModel("X", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9, db_index=True))]),
"""
DROP = """
migrations.RunSQL("DROP TABLE shop_x; DROP TABLE IF EXISTS shop_none"),
migrations.SeparateDatabaseAndState(database_operations=[
    migrations.RunSQL("/* it */ ALTER TABLE shop_thing DROP COLUMN p; UPDATE shop_thing SET n = n + 1",
                      "UPDATE shop_thing SET n = n - 1; ALTER TABLE shop_thing ADD COLUMN p integer NULL"),
]),
"""
MAKE = """
migrations.RunSQL(["CREATE TABLE shop_y (id integer NOT NULL PRIMARY KEY, word varchar(9))", "CREATE INDEX y_word ON shop_y (word)"],
                  "DROP TABLE shop_y"),
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def kept(shop: Shop) -> list[tuple[str, str, str]]:
    columns = {"shop_x": "", "shop_y": "", "shop_thing": "p"}
    return [one for one in shop.kept() if columns.get(one[0]) == one[1]]


def test_what_sql_drops_comes_back(tmp_path: Path, database: Database):
    shop = Shop.make(tmp_path, database, MADE, DROP, MAKE)
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 5), (2, NULL), (3, 7)")
    shop.query("INSERT INTO shop_x (word) VALUES ('a'), ('b')")
    schema, things, words = shop.schema(), shop.rows("id, n, p"), shop.rows("id, word", "shop_x")
    shop.to("0003")
    shop.query("INSERT INTO shop_y (id, word) VALUES (4, 'y')")
    made = shop.schema()["shop_y"]
    assert "shop_x" not in shop.schema()
    assert kept(shop) == [("shop_x", "", "kept"), ("shop_thing", "p", "kept")]
    shop.to("0001")
    assert kept(shop) == [("shop_x", "", "restored"), ("shop_thing", "p", "restored"), ("shop_y", "", "kept")]
    assert shop.schema() == schema
    assert (shop.rows("id, n, p"), shop.rows("id, word", "shop_x")) == (things, words)
    shop.to("0003")
    assert shop.rows("id, word", "shop_y") == [(4, "y")]
    assert shop.schema()["shop_y"] == made


BARE = 'migrations.RunSQL("CREATE TABLE shop_bare (n integer, p varchar(9))", "DROP TABLE shop_bare"),'
NEW = 'migrations.RunSQL("CREATE TABLE shop_new (id integer)", "DROP TABLE shop_new"),'
LOSES = {
    "sqlite": "ALTER TABLE shop_bare DROP COLUMN p",
    "postgresql": "ALTER TABLE shop_bare ALTER COLUMN p TYPE varchar(2)",
    "mysql": "ALTER TABLE shop_bare MODIFY p varchar(2)",
}
REFUSED = (
    "error[HR501]: loses-data: Raw SQL operation drops values of shop_bare.p (no primary key tells its rows apart): nothing is kept"
    " of what this SQL destroys note: it is an operation of shop.0003_it help: set handrail_keep = False in the migration where"
    " these values do not matter, or run migrate --backup or migrate --no-keep"
)


def test_what_cannot_be_kept_is_refused_before_the_plan_begins(tmp_path: Path, database: Database):
    shop = Shop.make(tmp_path, database, MADE + BARE, NEW, f"migrations.RunSQL({LOSES[database.vendor]!r}),")
    shop.to("0001")
    shop.query("INSERT INTO shop_bare (n, p) VALUES (1, 'a')")
    refused = shop.manage("migrate", "shop", "0003")
    assert refused.exit == 2
    assert REFUSED in " ".join(refused.err.split())
    assert "shop_new" not in shop.schema()
    assert shop.query("SELECT n, p FROM shop_bare") == [(1, "a")]
    shop.query("DELETE FROM shop_bare")
    assert "HR501" not in shop.manage("migrate", "shop", "0003").err


TYPED = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField()),
    ("p", models.CharField(max_length=20)),
    ("d", models.DecimalField(max_digits=8, decimal_places=3)),
    ("o", models.IntegerField()),
]),
"""
NARROWER = {
    "postgresql": (
        "ALTER TABLE shop_thing ALTER p TYPE varchar(40), ALTER COLUMN d SET DATA TYPE numeric(8, 1), DROP o, ADD COLUMN z int",
        "ALTER TABLE shop_thing ALTER p TYPE varchar(20), ALTER d TYPE numeric(8, 3), DROP z, ADD COLUMN o int NOT NULL",
    ),
    "mysql": (
        "ALTER TABLE shop_thing MODIFY p varchar(40) NOT NULL, CHANGE d `D2` decimal(8, 1) NOT NULL, DROP o, ADD COLUMN z int",
        "ALTER TABLE shop_thing MODIFY p varchar(20) NOT NULL, CHANGE D2 d decimal(8, 3) NOT NULL, DROP z,"
        " ADD COLUMN o integer NOT NULL",
    ),
}
CHANGED = "1 row was changed since and stays as it is (3: before 7.777, after 7.8, now 9)"


def test_values_that_change_with_their_type_come_back(tmp_path: Path, database: Database):
    if database.vendor not in NARROWER:
        pytest.skip("it alters no types")
    there, back = NARROWER[database.vendor]
    shop = Shop.make(tmp_path, database, TYPED, f"migrations.RunSQL({there!r}, {back!r}),")
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p, d, o) VALUES (1, 'a', 1.125, 5), (2, 'b', 1.1, 6), (3, 'c', 7.777, 7)")
    schema = shop.schema()
    shop.to("0002")
    name = "D2" if database.vendor == "mysql" else "d"
    assert [row[0] for row in shop.rows(name)] == [Decimal("1.1"), Decimal("1.1"), Decimal("7.8")]
    assert [one for one in shop.kept() if one[0]] == [("shop_thing", "o", "kept"), ("shop_thing", "d", "kept")]
    shop.query(f"UPDATE shop_thing SET {name} = 9 WHERE id = 3")
    shop.query(f"INSERT INTO shop_thing (n, p, {name}, z) VALUES (4, 'd', 4, 44)")
    refused = shop.handrail("rollback", "shop", "0001", "--dry-run", exit=2)
    assert refused.messages == ["HR503: no-value: shop_thing.o NOT NULL without default, 1 row"]
    fill = ("--fill", "shop_thing.o=8")
    planned = " ".join(shop.run("-m", "handrail", "rollback", "shop", "0001", "--dry-run", *fill).out.split())
    assert "shop_thing.z is set aside" in planned
    assert "shop_thing.o, values of shop_thing.d come back" in planned
    done = shop.run("-m", "handrail", "rollback", "shop", "0001", "--yes", *fill)
    assert done.exit == 0, done.out + done.err
    assert f"shop_thing.d: {CHANGED}" in done.out + done.err
    assert shop.schema() == schema
    were = [(1, 1, "a", Decimal("1.125"), 5), (2, 2, "b", Decimal("1.100"), 6), (3, 3, "c", Decimal("9.000"), 7)]
    assert shop.rows("id, n, p, d, o") == [*were, (4, 4, "d", Decimal("4.000"), 8)]
    shop.to("0002")
    assert shop.rows(f"id, {name}, z")[2:] == [(3, Decimal("9.0"), None), (4, Decimal("4.0"), 44)]


def test_a_type_that_takes_every_value_keeps_nothing_and_asks_nothing(tmp_path: Path, database: Database):
    if database.vendor not in NARROWER:
        pytest.skip("it alters no types")
    wider = "MODIFY p varchar(9)" if database.vendor == "mysql" else "ALTER COLUMN p TYPE text USING p::text"
    shop = Shop.make(tmp_path, database, BARE, f"migrations.RunSQL('ALTER TABLE shop_bare {wider}'),")
    shop.to("0001")
    shop.query("INSERT INTO shop_bare (n, p) VALUES (1, 'a')")
    shop.to("0002")
    assert shop.query("SELECT n, p FROM shop_bare") == [(1, "a")]
    assert [one for one in shop.kept() if one[0]] == []


RENAMES = {
    "sqlite": ["ALTER TABLE shop_x RENAME TO shop_z"],
    "postgresql": [
        'ALTER TABLE public."shop_x" RENAME TO shop_z',
        "ALTER TABLE IF EXISTS shop_x_id_seq RENAME TO shop_Z_seq; ALTER INDEX IF EXISTS shop_none RENAME TO shop_x_pkey",
        "ALTER INDEX shop_thing_pkey RENAME TO things; ALTER TABLE shop_thing RENAME CONSTRAINT things TO all_things",
    ],
    "mysql": ["ALTER TABLE shop_x RENAME TO shop_z"],
}
NOTHING = {"postgresql": 'migrations.RunSQL("ALTER INDEX IF EXISTS shop_none RENAME TO shop_one"),'}
MORE = {
    "sqlite": "ALTER TABLE shop_z RENAME TO shop_w; CREATE TABLE more (id integer)",
    "postgresql": 'ALTER INDEX shop_x_pkey RENAME TO w; ALTER INDEX IF EXISTS "W" RENAME TO v',
    "mysql": "ALTER TABLE shop_z RENAME TO shop_w",
}
"""What is more than to rename, or would have to be asked about in the middle."""


def test_sql_that_only_renames_is_taken_back(tmp_path: Path, database: Database):
    renames, more = (f"migrations.RunSQL({sql[database.vendor]!r})," for sql in (RENAMES, MORE))
    shop = Shop.make(tmp_path, database, MADE, renames + NOTHING.get(database.vendor, ""), more)
    shop.to("0001")
    shop.query("INSERT INTO shop_x (word) VALUES ('a'), ('b')")
    schema, words = shop.schema(), shop.rows("id, word", "shop_x")
    shop.to("0002")
    renamed = shop.schema()
    assert "shop_x" not in renamed
    if database.vendor == "mysql":  # nothing that commits by itself is on record together with what it did
        assert shop.handrail("rollback", "shop", "0001", "--yes", exit=2).codes == ["HR502"]
        return
    shop.query("INSERT INTO shop_z (word) VALUES ('c')")
    done = shop.run("-m", "handrail", "rollback", "shop", "0001", "--yes")
    assert done.exit == 0, done.out + done.err
    assert "shop.0002_it kept what it renamed gets its old name again" in " ".join(done.out.split())
    assert (shop.schema(), shop.rows("id, word", "shop_x")) == (schema, [*words, (3, "c")])
    shop.to("0003")
    assert shop.handrail("rollback", "shop", "0002", "--yes", exit=2).codes == ["HR502"]
    assert (shop.schema()["shop_thing"], "shop_x" in shop.schema()) == (renamed["shop_thing"], False)


FILLED = """
migrations.RunSQL(
    "CREATE TABLE one (id integer PRIMARY KEY, x integer); INSERT INTO one VALUES (7, 8); INSERT INTO one VALUES (8, 8)",
    "DROP TABLE one",
),
migrations.RunSQL(
    ["CREATE TABLE two (x integer, y varchar(9))", ("INSERT INTO two VALUES (%s, %s)", [7, "it's"]), "UPDATE two SET x = x + 1"],
    "DROP TABLE two",
),
"""
SEARCHED = """
migrations.RunSQL("CREATE VIRTUAL TABLE three USING fts5(body); INSERT INTO three (rowid, body) VALUES (7, 'a word')", "DROP TABLE three"),
"""


def test_tables_that_sql_makes_and_fills_come_back_with_their_rows_once(tmp_path: Path, database: Database):
    is_searched = database.vendor == "sqlite"
    filled = FILLED + SEARCHED * is_searched
    shop = Shop.make(tmp_path, database, MADE, filled)
    shop.to("0002")
    shop.query("INSERT INTO one VALUES (9, 9)")
    shop.query("UPDATE two SET y = 'new'")

    def rows():
        searched = [shop.query("SELECT rowid, body FROM three WHERE three MATCH 'word'")] if is_searched else []
        return [sorted(shop.query("SELECT id, x FROM one")), shop.query("SELECT x, y FROM two"), *searched]

    before = rows()
    assert before == [[(7, 8), (8, 8), (9, 9)], [(8, "new")], *[[(7, "a word")]] * is_searched]
    shop.to("0001")
    assert "one" not in shop.schema()
    shop.to("0002")
    assert rows() == before
    shop.to("0001")
    path = next((shop.path / "shop" / "migrations").glob("0002*.py"))
    path.write_text(path.read_text().replace("VALUES (8, 8)", "VALUES (10, 10)"))
    shop.to("0002")
    assert rows() == [[*before[0], (10, 10)], *before[1:]]
