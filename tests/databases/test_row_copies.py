"""Rows that code and SQL write where the user must not make triggers: a copy of the table, or a refusal before anything runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cases.migrators import GATE, launcher
from tests.cases.shop import FIRST, SERVERS, Shop, on_postgres, on_servers, shop

__all__ = ["launcher", "shop"]
GRANTS = {
    "postgresql": [
        "CREATE ROLE {user} LOGIN PASSWORD 'limited'",
        "GRANT CREATE, USAGE ON SCHEMA public TO {user}",
        "GRANT CREATE ON DATABASE {database} TO {user}",
    ],
    "mysql": [
        "CREATE USER {user} IDENTIFIED BY 'limited'",
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE TEMPORARY TABLES ON {database}.* "
        "TO {user}",
    ],
}
GOES = {"postgresql": ["DROP OWNED BY {user} CASCADE", "DROP ROLE {user}"], "mysql": ["DROP USER {user}"]}


class Limited(Shop):
    """Its user must not make triggers on shop_thing; privileges: what it may do with that table (PostgreSQL)."""

    user: str

    def begin_limited(self, *, privileges: str = "SELECT, INSERT, UPDATE, DELETE", more: str = "", rows: int = 3) -> None:
        self.write(settings={"USER": self.user, "PASSWORD": "limited"})
        self.put("0001_initial", FIRST + more)
        self.migrate()
        if self.database.vendor == "postgresql":
            self.query("ALTER TABLE shop_thing OWNER TO CURRENT_USER")
            self.query(f"GRANT {privileges} ON shop_thing TO {self.user}")
            self.query(f"GRANT ALL ON SEQUENCE shop_thing_id_seq TO {self.user}")
        for n in range(1, rows + 1):
            self.query(f"INSERT INTO shop_thing (name, n, x) VALUES ('{n}', {n}, 'x{n}')")

    def rows(self) -> list[tuple[Any, ...]]:
        return self.query("SELECT id, name, n, x FROM shop_thing ORDER BY id")


@pytest.fixture
def limited(shop: Shop) -> Iterator[Limited]:
    """The project, with a user of its own."""
    made = Limited(shop.folder, shop.launcher, shop.database)
    made.user = f"u{shop.database.name[-12:]}"
    words = {"user": made.user, "database": shop.database.name}
    for sql in GRANTS[shop.database.vendor]:
        shop.query(sql.format(**words))
    try:
        yield made
    finally:
        made.launcher.clear()
        for sql in GOES[shop.database.vendor]:
            shop.query(sql.format(**words))


CHANGE = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(n=10)
    Thing.objects.filter(id=2).delete()
    Thing.objects.create(name="new", n=7)
    {more}
    Thing.objects.filter(id=1).update(n=11)
"""


@on_servers
def test_a_table_without_triggers_is_copied(limited: Limited):
    limited.begin_limited()
    before = limited.rows()
    limited.put("0002_change", "migrations.RunPython(change),", CHANGE.format(more="pass"))
    one = limited.migrate()
    assert one.err == (
        "shop.0002_change: shop_thing (3 rows) is copied before Raw Python operation and compared after it, "
        "and nobody else can write it until then: the user must not make triggers on it\n"
    )
    assert limited.query("SELECT status FROM handrail_kept WHERE aside <> ''") == [("kept",)]
    after = limited.rows()
    assert [row[:3] for row in after] == [(1, "1", 11), (3, "3", 3), (4, "new", 7)]
    limited.migrate("shop", "0001")
    assert limited.rows() == before


GATED = CHANGE.format(more="gate()")


@on_servers
def test_nobody_else_writes_a_table_while_it_is_copied(limited: Limited):
    """Else rows of the application would be in the log, and go with the migration."""
    limited.begin_limited()
    limited.put("0002_change", "migrations.RunPython(change),", GATE + GATED)
    one = limited.start()
    limited.reached(one)
    wait = {"postgresql": "SET lock_timeout = 300", "mysql": "SET innodb_lock_wait_timeout = 1"}[limited.database.vendor]
    connection = limited.database.server.connect(limited.database.name)
    cursor = connection.cursor()
    cursor.execute(wait)
    for sql in ("INSERT INTO shop_thing (name, n, x) VALUES ('mine', 1, '')", "UPDATE shop_thing SET n = 33 WHERE id = 3"):
        with pytest.raises(Exception, match=r"(?i)lock"):
            cursor.execute(sql)
    connection.close()
    limited.go()
    assert one.end() == 0, one.text
    limited.query("UPDATE shop_thing SET n = 33 WHERE id = 3")
    limited.migrate("shop", "0001")
    assert [row[:3] for row in limited.rows()] == [(1, "1", 1), (2, "2", 2), (3, "3", 33)]


SQL = """
migrations.RunSQL("UPDATE shop_thing SET n = n + 10 WHERE id < 3"),
migrations.RunSQL(["DELETE FROM shop_thing WHERE id = 1", "UPDATE shop_thing SET x = 'y' WHERE id = 2",
    "INSERT INTO shop_thing (id, name, n, x) VALUES (1, 'again', 1, 'z')"]),
"""


@on_servers
def test_sql_is_compared_too(limited: Limited):
    """Also where each statement is a transaction of its own."""
    limited.begin_limited()
    before = limited.rows()
    limited.put("0002_change", SQL)
    limited.migrate()
    assert limited.rows() == [(1, "again", 1, "z"), (2, "2", 12, "y"), (3, "3", 3, "x3")]
    limited.migrate("shop", "0001")
    assert limited.rows() == before


on_mysql = pytest.mark.parametrize("shop", [name for name in SERVERS if not name.startswith("postgresql")], indirect=True)
CASCADES = [
    "CREATE TABLE child (id integer PRIMARY KEY, thing_id bigint NULL, v varchar(9), "
    "FOREIGN KEY (thing_id) REFERENCES shop_thing (id) ON DELETE SET NULL)",
    "CREATE TABLE part (id integer PRIMARY KEY, thing_id bigint NOT NULL, FOREIGN KEY (thing_id) REFERENCES shop_thing (id) "
    "ON DELETE CASCADE)",
    "CREATE TABLE grain (id integer PRIMARY KEY, part_id integer NOT NULL, FOREIGN KEY (part_id) REFERENCES part (id) "
    "ON DELETE CASCADE)",
    "INSERT INTO child VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, 'c')",
    "INSERT INTO part VALUES (1, 1), (2, 2), (3, 3)",
    "INSERT INTO grain VALUES (1, 1), (2, 2), (3, 3)",
]


def with_cascades(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """Add tables whose rows go with those of shop_thing, and return what is in all of them."""
    for sql in CASCADES:
        shop.query(sql)
    return all_rows(shop)


def all_rows(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {table: shop.query(f"SELECT * FROM {table} ORDER BY id") for table in ("shop_thing", "child", "part", "grain")}


DELETES = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=3).update(n=30)
    Thing.objects.filter(id__in=[1, 2]).delete()
"""


DELETES_BY_SQL = """
migrations.RunSQL(["UPDATE shop_thing SET n = n * 10", "DELETE FROM shop_thing WHERE id < 3"]),
"""


@on_mysql
@pytest.mark.parametrize("operation", ["migrations.RunPython(change),", DELETES_BY_SQL])
def test_what_foreign_keys_change_is_logged(shop: Shop, operation: str):
    """They fire no triggers there."""
    shop.begin([("a", 1), ("b", 2), ("c", 3)])
    before = with_cascades(shop)
    shop.put("0002_change", operation, DELETES)
    one = shop.migrate()
    assert "grain (3 rows) is copied before" in one.err
    after = all_rows(shop)
    assert after["shop_thing"] == [(3, "c", 30, "x3")]
    assert after["grain"] == [(3, 3)]
    assert after["child"] == [(1, None, "a"), (2, None, "b"), (3, None, "c")]
    shop.migrate("shop", "0001")
    assert all_rows(shop) == before


FOLLOWS = "CREATE TABLE child (id integer PRIMARY KEY, n integer, FOREIGN KEY (n) REFERENCES shop_thing (n) ON UPDATE CASCADE)"


@on_mysql
def test_keys_that_follow_an_update_are_logged(shop: Shop):
    """An update of another column copies nothing."""
    shop.begin([("a", 1), ("b", 2)])
    for sql in ("CREATE UNIQUE INDEX followed ON shop_thing (n)", FOLLOWS, "INSERT INTO child VALUES (1, 1), (2, 2)"):
        shop.query(sql)
    update = 'migrations.RunSQL("UPDATE shop_thing SET {} WHERE n = 1"),'
    shop.put("0002_change", update.format("name = 'c'"))
    assert shop.migrate().err == ""
    shop.put("0003_change", update.format("x = 'y'") + update.format("name = 'd', n = 5"))
    assert "child (2 rows) is copied before" in shop.migrate().err
    assert shop.query("SELECT n FROM child ORDER BY id") == [(5,), (2,)]
    shop.migrate("shop", "0002")
    assert shop.query("SELECT n FROM child ORDER BY id") == [(1,), (2,)]


@pytest.mark.large
@on_mysql
def test_what_foreign_keys_change_is_logged_without_triggers(limited: Limited):
    limited.begin_limited()
    before = with_cascades(limited)
    limited.put("0002_change", "migrations.RunPython(change),", DELETES)
    limited.migrate()
    assert all_rows(limited) != before
    limited.migrate("shop", "0001")
    assert all_rows(limited) == before


MANY = """
migrations.RunSQL("INSERT INTO shop_thing (id, name, n, x) VALUES (500, 'first', 1, '')"),
migrations.RunPython(change, atomic=False),
"""
"""Where each operation is a transaction of its own, the first would be there when the second is refused."""
REFUSED = """\
CommandError: error[HR604]: rows-not-kept: Raw Python operation changes rows of shop_thing,
    and they cannot be kept
  note: the user must not make triggers on it
  note: it cannot be copied either: a copy of it would have to be compared in
        the same transaction, and there is none around the operation
  note: its code names the table, and has not run
  help: remove what is in the way; if these rows may go, or a backup has them:
        migrate --accept-loss, or migrate --backup
  next: python manage.py handrail explain HR604
"""


@on_servers
def test_without_triggers_and_copy_it_is_refused_before_anything_runs(limited: Limited):
    """And goes on where that is accepted; what has no log is said, and not taken back without a word."""
    limited.begin_limited()
    limited.put("0002_change", MANY, CHANGE.format(more="pass"), atomic=False)
    before = limited.rows()
    one = limited.fails(code=2)
    assert REFUSED in one.err
    assert limited.rows() == before
    assert limited.steps() == []
    one = limited.migrate("--accept-loss")
    assert "Raw Python operation of shop.0002_change writes what no log has: shop_thing" in one.err
    one = limited.fails("shop", "0001")
    assert limited.records() == ["0001_initial", "0002_change"]


ELSEWHERE = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(n=10)
    Thing.objects.using("other").create(name="there", n=1)
    assert Thing.objects.using("other").count() == 1
"""


def rollback(shop: Shop, *words: str, exit: int = 0) -> Any:
    """Roll back to the first migration, and return the JSON."""
    one = shop.launcher.begin(shop.folder, ["handrail", "rollback", "shop", "0001", *words, "--yes", "--format", "json"])
    assert one.end() == exit, one.text
    return json.loads(one.out)


@pytest.mark.parametrize("shop", ["sqlite", *(pytest.param(name, marks=pytest.mark.large) for name in SERVERS)], indirect=True)
def test_what_is_written_to_another_database_is_said(shop: Shop):
    """And the log is not taken for one of all that was written."""
    other = shop.database.fresh()
    shop.write()
    with (shop.folder / "project_settings.py").open("a") as file:
        file.write(f"DATABASES['other'] = {other.settings!r}\n")
    shop.put("0001_initial", FIRST)
    shop.migrate()
    shop.migrate("--database", "other")
    shop.query("INSERT INTO shop_thing (name, n, x) VALUES ('a', 1, 'x')")
    shop.put("0002_change", "migrations.RunPython(change),", ELSEWHERE)
    assert shop.migrate("shop", "0002").err == (
        "Raw Python operation of shop.0002_change writes what no log has: shop_thing of the database other\n"
    )
    assert "IrreversibleError" in shop.fails("shop", "0001").err
    assert shop.values("n") == [10]
    lost = "Raw Python operation drops what was in shop_thing of the database other: its values are not kept"
    assert [one["message"] for one in rollback(shop, exit=2)["findings"]] == [f"loses-data: {lost}"]
    answer = rollback(shop, "--accept-loss")
    assert answer["plan"]["steps"][0]["verdict"] == "lossy"
    assert answer["plan"]["steps"][0]["reason"] == "what it wrote to shop_thing of the database other is in no log, and stays"
    assert shop.values("n") == [1]
    assert other.query("SELECT name FROM shop_thing") == [("there",)]


FTS = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(name="after")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("INSERT INTO words (rowid, name) VALUES (7, 'direct')")
"""
BY_TRIGGER = """
CREATE TRIGGER follow AFTER UPDATE ON shop_thing BEGIN UPDATE words SET name = NEW.name WHERE rowid = NEW.id; END
"""


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_what_is_written_to_a_virtual_table_is_said(shop: Shop):
    """What triggers write there they write again; and what it consists of is put right by nobody else."""
    shop.begin([("before", 1)])
    shop.query("CREATE VIRTUAL TABLE words USING fts5(name)")
    shop.query("INSERT INTO words (rowid, name) VALUES (1, 'before')")
    shop.query(BY_TRIGGER)
    shop.put("0002_change", "migrations.RunPython(change),", FTS.partition("    with ")[0])
    shop.put("0003_change", "migrations.RunPython(change, migrations.RunPython.noop),", FTS)
    one = shop.migrate("shop", "0002")
    assert one.err == ""
    assert shop.query("SELECT rowid, name FROM words") == [(1, "after")]
    one = shop.migrate()
    assert one.err == "Raw Python operation of shop.0003_change writes what no log has: words\n"
    assert shop.query("""SELECT "table" FROM handrail_kept WHERE "table" LIKE 'words%'""") == []
    lost = "Raw Python operation drops what was in words: its values are not kept"
    assert [one["message"] for one in rollback(shop, exit=2)["findings"]] == [f"loses-data: {lost}"]
    rollback(shop, "--accept-loss")
    assert shop.query("SELECT rowid, name FROM words") == [(1, "before"), (7, "direct")]
    assert shop.query("SELECT name FROM words WHERE words MATCH 'before'") == [("before",)]
    shop.query("INSERT INTO words (words) VALUES ('integrity-check')")


@on_mysql
def test_where_a_trigger_hides_what_it_writes_nothing_is_copied(limited: Limited):
    """A row of another table would be in no log."""
    limited.begin_limited()
    before = limited.rows()
    limited.query("CREATE TABLE audit (n integer)")
    limited.query("CREATE TRIGGER watch AFTER UPDATE ON shop_thing FOR EACH ROW INSERT INTO audit VALUES (NEW.n)")
    limited.put("0002_change", 'migrations.RunSQL("UPDATE shop_thing SET n = 5"),')
    one = limited.fails(code=2)
    assert "note: it cannot be copied either: what its trigger watch writes is hidden from the user" in " ".join(one.err.split())
    assert (limited.rows(), limited.steps(), limited.query("SELECT n FROM audit")) == (before, [], [])
    one = limited.migrate("--accept-loss")
    assert one.err == "Raw SQL operation of shop.0002_change writes what no log has: shop_thing\n"
    limited.query("CREATE VIEW seen AS SELECT x FROM shop_thing")
    limited.put("0003_drop", 'migrations.RemoveField("Thing", "x"),')
    lacking = "is hidden from the user, who lacks the privilege"
    hidden = f"what view seen reads {lacking} SHOW VIEW; what trigger watch of shop_thing does {lacking} TRIGGER"
    one = limited.migrate()
    assert f"warning[HR522]: not-looked-at: operation 1 of shop.0003_drop: {hidden}\n" in one.err


@on_postgres
def test_what_cannot_be_copied_is_refused(limited: Limited):
    limited.begin_limited()
    reasons = {
        "INSERT INTO shop_thing (name, n, x) SELECT 'x', 1, 'x' FROM generate_series(1, 100000)": "it has more than 100,000 rows",
        f"REVOKE UPDATE, DELETE ON shop_thing FROM {limited.user}": "the user must not lock it against other writers",
        "ALTER TABLE shop_thing ENABLE ROW LEVEL SECURITY": "row security hides rows of it",
    }
    limited.put("0002_change", "migrations.RunSQL(\"INSERT INTO shop_thing (name, n, x) VALUES ('a', 1, 'x')\"),")
    for sql, why in reasons.items():
        limited.query(sql)
        if "SECURITY" in sql:
            limited.query(f"GRANT UPDATE, DELETE ON shop_thing TO {limited.user}")
        one = limited.fails(code=2)
        assert f"note: it cannot be copied either: {why}" in " ".join(one.err.split())
        assert limited.steps() == []
    limited.query("ALTER TABLE shop_thing DISABLE ROW LEVEL SECURITY")
    limited.query("ALTER TABLE shop_thing DROP CONSTRAINT shop_thing_pkey")
    limited.query("DELETE FROM shop_thing")
    assert "note: it cannot be copied either: it has no primary key" in " ".join(limited.fails(code=2).err.split())
    limited.put("0002_change", "migrations.RunPython(change),", CHANGE.format(more="pass"))
    one = limited.fails(code=2)
    assert "error[HR604]: rows-not-kept: Raw Python operation changes rows of shop_thing" in one.err
    assert limited.steps() == [("0002_change", "forward", "failed")]


TWICE = """
def change(apps, schema_editor):
    from django.db import transaction
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.create(name="once", n=1)
    with schema_editor.connection.cursor() as cursor, transaction.atomic():
        cursor.execute("UPDATE leg" + "acy SET v = 2")
"""


@on_mysql
def test_code_outside_a_transaction_does_not_run_twice(shop: Shop):
    """It writes a table that nobody could foresee where no trigger can be made any more."""
    shop.begin()
    shop.query("CREATE TABLE legacy (id integer PRIMARY KEY, v integer)")
    shop.query("INSERT INTO legacy VALUES (1, 1)")
    shop.put("0002_change", "migrations.RunPython(change, atomic=False),", TWICE, atomic=False)
    one = shop.fails(code=3)
    assert "rows-not-kept: Raw Python operation changes rows of legacy" in " ".join(one.err.split())
    assert shop.query("SELECT name FROM shop_thing") == [("a",), ("b",), ("once",)]
    assert shop.query("SELECT v FROM legacy") == [(1,)]
