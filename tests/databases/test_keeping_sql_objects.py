"""What hangs on a table or column that SQL drops, or rebuilds, is there again when that is taken back, on every database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.databases.test_keeping_columns import Shop
from tests.git_sandbox import isolate
from tests.servers.base import Database

ROLE = "hrk_test_reader"
MADE = """
migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(db_comment="how many")),
    ("p", models.CharField(max_length=20, db_comment="what it is")),
], options={"db_table_comment": "all things"}),
migrations.CreateModel("Pair", [
    ("pk", models.CompositePrimaryKey("a", "b")),
    ("a", models.IntegerField()),
    ("b", models.IntegerField(db_comment="the second")),
    ("word", models.CharField(max_length=9, unique=True)),
    ("other", models.ForeignKey("Other", models.CASCADE, null=True)),
], options={"db_table_comment": "all pairs"}),
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("thing", models.ForeignKey("Thing", models.CASCADE, null=True)),
]),
"""
BY_SQL = """
migrations.RunSQL("ALTER TABLE shop_thing DROP COLUMN p", migrations.RunSQL.noop),
migrations.RunSQL("DROP TABLE shop_part; DROP TABLE shop_pair"),
migrations.RunSQL("DROP TABLE shop_thing{cascade}"),
"""
BY_MODEL = """
migrations.RemoveField("Thing", "p"),
migrations.DeleteModel("Part"),
migrations.DeleteModel("Pair"),
migrations.DeleteModel("Thing"),
"""
GRANTS = ["GRANT SELECT ON {0} TO {1}", "GRANT UPDATE (p) ON {0} TO {1}", "GRANT INSERT ON {2} TO {1}"]
CATALOGUE = {
    "postgresql": """SELECT c.relname, c.relacl::text, obj_description(c.oid), a.attname, a.attacl::text, col_description(c.oid, a.attnum),
        pg_get_serial_sequence(c.oid::regclass::text, a.attname), a.attidentity
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relname LIKE 'shop%' AND c.relkind = 'r' ORDER BY 1, 4""",
    "mysql": """SELECT c.table_name, t.table_comment, t.auto_increment, c.column_name, c.column_comment, c.column_key, c.extra,
        (SELECT group_concat(p.privilege_type) FROM information_schema.column_privileges p
         WHERE p.table_schema = c.table_schema AND p.table_name = c.table_name AND p.column_name = c.column_name),
        (SELECT group_concat(p.privilege_type) FROM information_schema.table_privileges p
         WHERE p.table_schema = c.table_schema AND p.table_name = c.table_name)
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = DATABASE() AND c.table_name LIKE 'shop%' ORDER BY 1, 4""",
    "sqlite": "SELECT name, seq FROM sqlite_sequence WHERE name LIKE 'shop%' ORDER BY 1",
}
TABLES = {"shop_thing": "id, n, p", "shop_pair": "a, b, word, other_id", "shop_part": "id, thing_id"}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def everything(shop: Shop, vendor: str) -> dict[str, Any]:
    """Return the schema, the rows, and what the catalogue has beside."""
    rows = {table: sorted(shop.query(f"SELECT {columns} FROM {table}"), key=repr) for table, columns in TABLES.items()}
    return {"schema": shop.schema(), "rows": rows, "catalogue": shop.query(CATALOGUE[vendor])}


def seeded(shop: Shop, database: Database) -> dict[str, Any]:
    """Write rows, grant rights, and return what is there."""
    shop.to("0001")
    shop.query("INSERT INTO shop_other (id) VALUES (1)")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    shop.query("DELETE FROM shop_thing WHERE n = 3")
    shop.query("INSERT INTO shop_pair (a, b, word, other_id) VALUES (1, 1, 'x', 1), (1, 2, 'y', NULL)")
    shop.query("INSERT INTO shop_part (thing_id) VALUES (1), (NULL)")
    if database.vendor != "sqlite":
        for text in GRANTS:
            shop.query(text.format("shop_thing", ROLE, "shop_pair"))
    return everything(shop, database.vendor)


@pytest.fixture
def role(database: Database) -> Any:
    """A user who may do nothing yet."""
    if database.vendor == "sqlite":
        yield
        return
    made = "CREATE ROLE" if database.vendor == "postgresql" else "CREATE USER"
    database.server.query(database.name, f"{made} {ROLE}")
    yield
    if database.vendor == "postgresql":
        database.server.query(database.name, f"DROP OWNED BY {ROLE}")
    database.server.query(database.name, f"DROP {made.partition(' ')[2]} {ROLE}")


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize("operations", [BY_SQL, pytest.param(BY_MODEL, marks=pytest.mark.large)], ids=["sql", "models"])
def test_all_that_hangs_on_tables_and_columns_is_there_again(tmp_path: Path, database: Database, operations: str):
    cascade = " CASCADE" if database.vendor == "postgresql" else ""
    shop = Shop.make(tmp_path, database, MADE, operations.format(cascade=cascade))
    before = seeded(shop, database)
    if database.vendor != "sqlite":
        assert {"all things", "what it is", "the second"} <= {cell for row in before["catalogue"] for cell in row}
        assert any(str(cell).startswith(("UPDATE", "{" + ROLE + "=w/")) for row in before["catalogue"] for cell in row)
    shop.to("0002")
    assert not set(TABLES) & set(shop.schema())
    shop.to("0001")
    assert everything(shop, database.vendor) == before


THING = MADE.partition('migrations.CreateModel("Pair"')[0]
KEYS = {
    "sqlite": "integer NOT NULL PRIMARY KEY AUTOINCREMENT",
    "postgresql": "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    "mysql": "bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
}
REBUILT = """CREATE TABLE shop_new (id {key}, n integer NOT NULL); INSERT INTO shop_new (id, n) SELECT id, n + 10 FROM shop_thing;
    DROP TABLE shop_thing; ALTER TABLE shop_new RENAME TO shop_thing"""
AS_IT_WAS = """CREATE TABLE shop_old (id {key}, n integer NOT NULL, p varchar(20) NOT NULL);
    INSERT INTO shop_old (id, n, p) SELECT id, n, 'none' FROM shop_thing; DROP TABLE shop_thing;
    ALTER TABLE shop_old RENAME TO shop_thing"""


def test_a_table_that_sql_rebuilds_gets_back_what_it_lost_and_what_was_changed(tmp_path: Path, database: Database):
    there, back = (text.format(key=KEYS[database.vendor]) for text in (REBUILT, AS_IT_WAS))
    shop = Shop.make(tmp_path, database, THING, f"migrations.RunSQL({there!r}, {back!r}),")
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    shop.to("0002")
    assert shop.rows("id, n") == [(1, 11), (2, 12), (3, 13)]
    shop.query("INSERT INTO shop_thing (id, n) VALUES (4, 4)")
    shop.query("DELETE FROM shop_thing WHERE id = 1")
    shop.query("UPDATE shop_thing SET n = 77 WHERE id = 3")
    said = shop.manage("migrate", "shop", "0001").err
    assert "shop_thing.p: what the rebuilt table had no column for is back in 2 rows" in said
    assert "shop_thing.n: what the SQL changed is back in 1 row\n" in said
    assert "shop_thing.n: 1 row is other than it was left, and stays as it is\n" in said
    assert shop.rows("id, n, p") == [(2, 2, "b"), (3, 77, "c"), (4, 4, "none")]
    shop.to("0002")
    assert shop.rows("id, n") == [(2, 12), (3, 87), (4, 14)]
    shop.to("0001")
    assert shop.rows("id, n, p") == [(2, 2, "b"), (3, 77, "c"), (4, 4, "none")]


VIEWS = """migrations.RunSQL(
    "CREATE VIEW v_one AS SELECT id, p FROM shop_thing; CREATE MATERIALIZED VIEW v_two AS SELECT p FROM v_one;"
    "COMMENT ON VIEW v_one IS 'it'", "DROP MATERIALIZED VIEW v_two; DROP VIEW v_one"),"""
CASCADES = {
    "DROP TABLE shop_thing CASCADE": "",
    "ALTER TABLE shop_thing DROP COLUMN p CASCADE": "ALTER TABLE shop_thing ADD COLUMN p varchar(20) NOT NULL",
}


@pytest.mark.parametrize("sql", CASCADES)
def test_views_that_cascade_drops_are_there_again(tmp_path: Path, database: Database, sql: str):
    if database.vendor != "postgresql":
        pytest.skip("no view goes with what it reads")
    shop = Shop.make(tmp_path, database, THING + VIEWS, f"migrations.RunSQL({sql!r}, {CASCADES[sql]!r} or None),")
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 'a')")
    shop.query("REFRESH MATERIALIZED VIEW v_two")
    find = "SELECT relname, relkind::text, obj_description(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE 'v|_%' ESCAPE '|'"
    before = sorted(shop.query(find))
    assert before == [("v_one", "v", "it"), ("v_two", "m", None)]
    shop.to("0002")
    assert shop.query(find) == []
    shop.to("0001")
    assert sorted(shop.query(find)) == before
    assert (shop.query("SELECT * FROM v_one"), shop.query("SELECT * FROM v_two")) == ([(1, "a")], [("a",)])
    shop.to("0002")
    kept = shop.run("-m", "handrail", "purge", "--older-than", "0d", "--yes")
    assert kept.exit == 0, kept.out + kept.err
    assert shop.aside() == []


PARTS = """migrations.RunSQL("CREATE TABLE shop_part (id int PRIMARY KEY, n int) PARTITION BY RANGE (id)"
    " (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", "DROP TABLE shop_part"),"""
ONCE_MORE = "CREATE OR REPLACE TABLE shop_thing (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, q int)"


def test_tables_that_are_replaced_and_partitions_that_are_emptied_come_back(tmp_path: Path, database: Database):
    if database.vendor != "mysql":
        pytest.skip("it has no such statements")
    shop = Shop.make(
        tmp_path,
        database,
        THING + PARTS,
        f"migrations.RunSQL({ONCE_MORE!r}, 'DROP TABLE shop_thing'),",
        "migrations.RunSQL('ALTER TABLE shop_part TRUNCATE PARTITION p0', migrations.RunSQL.noop),",
        "migrations.RunSQL('ALTER TABLE shop_part DROP PARTITION p1'),",
    )
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n, p) VALUES (1, 'a')")
    shop.query("INSERT INTO shop_part VALUES (1, 1), (2, 2), (33, 3)")
    schema = shop.schema()
    shop.to("0003")
    assert (shop.rows("id, q"), shop.rows("id, n", "shop_part")) == ([], [(33, 3)])
    refused = shop.manage("migrate", "shop", "0004")
    assert refused.exit == 2
    assert "Raw SQL operation drops data of shop_part (DROP PARTITION): nothing" in " ".join(refused.err.split())
    shop.to("0001")
    assert shop.schema() == schema
    assert (shop.rows("id, n, p"), shop.rows("id, n", "shop_part")) == ([(1, 1, "a")], [(1, 1), (2, 2), (33, 3)])
