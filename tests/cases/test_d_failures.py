"""Migrations that fail: what is left, what is said, and that the next run gets past it (D08, D09, D11, D13, D15, D17)."""

from __future__ import annotations

import pytest

from tests.cases.migrators import launcher
from tests.cases.shop import Shop, everywhere, last_error, on_servers, shop

__all__ = ["launcher", "shop"]
COLUMNS = {"id", "name", "n", "x"}
ADD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True)),'
UNIQUE = 'migrations.AlterField("thing", "name", models.CharField(max_length=50, unique=True)),'
ENDED = {"sqlite": "failed", "postgresql": "failed", "mysql": "unwound"}
"""What becomes of a step that fails: where schema changes commit one by one, it is taken back."""
SAID = {"failed": "failed, and nothing of it is left", "unwound": "failed, and what was done of it was taken back"}
DUPLICATE = {
    "sqlite": "IntegrityError: UNIQUE constraint failed",
    "postgresql": "IntegrityError: could not create unique index",
    "mysql": "IntegrityError: (1062, ",
}


def three(shop: Shop) -> str:
    """Have three migrations pending of which the second fails, and return how that one ends."""
    shop.begin([("d", 1), ("d", 2)])
    shop.put("0002_a", ADD.format("a"))
    shop.put("0003_unique", UNIQUE)
    shop.put("0004_c", ADD.format("c"))
    return ENDED[shop.database.vendor]


@everywhere
def test_d08_the_second_of_three_fails(shop: Shop):
    ended = three(shop)
    one = shop.fails()
    assert f"run 2: 1 done, shop.0003_unique {SAID[ended]}; 1 not tried\n" in one.err
    assert DUPLICATE[shop.database.vendor] in one.err
    assert shop.records() == ["0001_initial", "0002_a"]
    assert shop.columns() == {*COLUMNS, "a"}
    assert shop.steps() == [("0002_a", "forward", "done"), ("0003_unique", "forward", ended)]
    shop.query("UPDATE shop_thing SET name = 'e' WHERE n = 2")
    shop.migrate()
    assert shop.records() == ["0001_initial", "0002_a", "0003_unique", "0004_c"]


@everywhere
def test_d08_all_or_nothing_takes_the_first_back_too(shop: Shop):
    three(shop)
    one = shop.fails("--all-or-nothing")
    assert DUPLICATE[shop.database.vendor] in one.err
    assert shop.records() == ["0001_initial"]
    assert shop.columns() == COLUMNS
    shop.query("UPDATE shop_thing SET name = 'e' WHERE n = 2")
    shop.migrate("--all-or-nothing")
    assert shop.records() == ["0001_initial", "0002_a", "0003_unique", "0004_c"]


@everywhere
def test_d09_the_second_of_three_tables_is_there_already(shop: Shop):
    shop.begin()
    create = 'migrations.CreateModel("{}", [("id", models.BigAutoField(primary_key=True))]),'
    shop.put("0002_tables", "\n".join(map(create.format, ("One", "Two", "Three"))))
    shop.query("CREATE TABLE shop_two (other integer)")
    one = shop.fails()
    assert "already exists" in last_error(one)
    ended = ENDED[shop.database.vendor]
    assert f"run 2: 0 done, shop.0002_tables {SAID[ended]}\n" in one.err
    assert shop.tables() == {"shop_thing", "shop_two"}
    assert shop.records() == ["0001_initial"]
    shop.query("DROP TABLE shop_two")
    shop.migrate()
    assert shop.tables() == {"shop_thing", "shop_one", "shop_two", "shop_three"}


TIMEOUT = {
    "postgresql": {"options": "-c statement_timeout=400"},
    "mysql": {"charset": "utf8mb4", "init_command": "SET max_statement_time = 0.4"},
}
SLOWLY = {"postgresql": "(SELECT pg_sleep(1)) IS NOT NULL", "mysql": "SLEEP(1) = 0"}


def slow(shop: Shop) -> None:
    """Have a migration pending whose code is ended by a timeout."""
    shop.begin()
    code = f"""
    def forwards(apps, editor):
        editor.connection.cursor().execute("UPDATE shop_thing SET n = n * 2 WHERE {SLOWLY[shop.database.vendor]}")
    """
    operations = 'migrations.AddField("thing", "p", models.IntegerField(null=True)),\nmigrations.RunPython(forwards),'
    shop.put("0002_slow", operations, code)
    shop.write(settings={"OPTIONS": TIMEOUT[shop.database.vendor]})


def fast(shop: Shop) -> None:
    """Let the code have the time it needs."""
    shop.write()


@on_servers
def test_d11_a_statement_timeout_in_code(shop: Shop):
    slow(shop)
    one = shop.fails()
    words = {"postgresql": "canceling statement due to statement timeout", "mysql": "max_statement_time exceeded"}
    assert words[shop.database.vendor] in one.err
    assert shop.columns() == COLUMNS
    assert shop.things() == [1, 2]
    assert shop.steps() == [("0002_slow", "forward", ENDED[shop.database.vendor])]
    fast(shop)
    shop.migrate()
    assert shop.things() == [2, 4]


@pytest.mark.parametrize("shop", ["mariadb"], indirect=True)
def test_d11_it_stops_there_if_it_is_told_to_and_goes_on_from_the_second_operation(shop: Shop):
    slow(shop)
    one = shop.fails("--on-failure", "stop", code=3)
    assert "error[HR401]: interrupted: shop.0002_slow stopped after operation 1 of 2" in one.err
    assert shop.columns() == {*COLUMNS, "p"}
    fast(shop)
    again = shop.migrate("--on-failure", "resume")
    assert "run 2 was interrupted while applying shop.0002_slow; it went on from there and is done\n" in again.err
    assert shop.things() == [2, 4]


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_d13_a_disk_that_is_full(shop: Shop):
    """For servers see test_d_full_disk."""
    shop.begin([])
    rows = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)"
    shop.query(f"INSERT INTO shop_thing (name, n, x) {rows} SELECT 'name ' || i, i, 'xxxxxxxxxxxxxxxxxxxx' FROM c")
    shop.put("0002_wide", 'migrations.AlterField("thing", "name", models.CharField(max_length=80, unique=True)),')
    ((pages,),) = shop.query("PRAGMA page_count")
    shop.write(settings={"OPTIONS": {"init_command": f"PRAGMA max_page_count = {pages + 40}"}})
    one = shop.fails()
    assert last_error(one) == "django.db.utils.OperationalError: database or disk is full"
    assert shop.tables() == {"shop_thing"}
    assert shop.query("SELECT COUNT(*), SUM(n) FROM shop_thing") == [(5000, 12502500)]
    assert shop.records() == ["0001_initial"]
    assert shop.steps() == [("0002_wide", "forward", "failed")]
    shop.write()
    shop.migrate()
    assert shop.query("SELECT COUNT(*), SUM(n) FROM shop_thing") == [(5000, 12502500)]


@everywhere
def test_d15_a_handler_of_post_migrate_fails_and_runs_again(shop: Shop):
    shop.begin()
    shop.put("0002_a", ADD.format("a"))
    (shop.folder / "shop" / "models.py").touch()  # Django sends the signal to apps with models only
    (shop.folder / "shop" / "apps.py").write_text(
        "from pathlib import Path\n"
        "from django.apps import AppConfig\n"
        "from django.db.models.signals import post_migrate\n\n\n"
        "def handler(**kwargs):\n"
        "    if not Path('fixed').exists():\n"
        "        raise RuntimeError('post_migrate failed')\n"
        "    Path('handled').touch()\n\n\n"
        "class ShopConfig(AppConfig):\n"
        "    name = 'shop'\n\n"
        "    def ready(self):\n"
        "        post_migrate.connect(handler, sender=self)\n"
    )
    one = shop.fails()
    message = "post-migrate-failed: shop.apps.handler raised RuntimeError: post_migrate failed; the schema is complete"
    assert f"error[HR406]: {message} help: put the handler right, and run migrate again" in " ".join(one.err.split())
    assert shop.records() == ["0001_initial", "0002_a"]
    assert shop.steps() == [("0002_a", "forward", "done")]
    (shop.folder / "fixed").touch()
    shop.migrate()
    assert (shop.folder / "handled").exists()
    assert shop.steps() == [("0002_a", "forward", "done")]


@everywhere
def test_d17_code_that_changes_the_schema(shop: Shop):
    shop.begin()
    code = """
    def forwards(apps, editor):
        editor.execute("ALTER TABLE shop_thing ADD COLUMN q integer NULL")
    """
    shop.put("0002_p", ADD.format("p") + "\nmigrations.RunPython(forwards),", code)
    if shop.database.vendor != "mysql":
        shop.migrate()
        assert shop.columns() == {*COLUMNS, "p", "q"}
        return
    one = shop.fails()
    assert last_error(one) == (
        "django.db.transaction.TransactionManagementError: Executing DDL statements while in a transaction on databases that can't"
        " perform a rollback is prohibited."
    )
    assert f"run 2: 0 done, shop.0002_p {SAID['unwound']}\n" in one.err
    assert shop.columns() == COLUMNS
