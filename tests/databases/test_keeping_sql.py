"""What SQL of a migration drops is kept, in both directions, and comes back with its values, on every database."""

from __future__ import annotations

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


LOSES = """
migrations.RunSQL(["CREATE TABLE shop_new (id integer)", "DROP TABLE IF EXISTS shop_none"]),
migrations.RunSQL("ALTER TABLE shop_thing ADD COLUMN q integer, DROP COLUMN p"),
"""
REFUSED = (
    "error[HR501]: loses-data: Raw SQL operation drops data of shop_thing (DROP COLUMN): nothing is kept of what this SQL"
    " destroys note: it is an operation of shop.0002_it help: set handrail_keep = False in the migration where these values do not"
    " matter, or run migrate --backup or migrate --no-keep"
)


def test_what_is_not_understood_is_refused_where_there_are_rows(tmp_path: Path, database: Database):
    shop = Shop.make(tmp_path, database, MADE, LOSES)
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 5)")
    refused = shop.manage("migrate", "shop", "0002")
    assert refused.exit != 0
    assert REFUSED in " ".join(refused.err.split())
    assert "shop_new" not in shop.schema()
    assert shop.rows("id, n, p") == [(1, 1, 5)]
    shop.query("DELETE FROM shop_thing")
    assert "HR501" not in shop.manage("migrate", "shop", "0002").err
