"""Migrations that meet locks, deadlocks, signals, and statements that outlive their client (D10, D12, D14, D16)."""

from __future__ import annotations

import re
import signal
from contextlib import closing
from typing import Any

import pytest

from tests.cases.migrators import GATE, Launcher, launcher
from tests.cases.shop import Shop, everywhere, on_servers, shop, soon

__all__ = ["launcher", "shop"]
COLUMNS = {"id", "name", "n", "x"}
ADD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True)),'
BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN", "mysql": "START TRANSACTION"}


def run(connection: Any, sql: str) -> None:
    connection.cursor().execute(sql)


def connect(shop: Shop) -> Any:
    return closing(shop.database.server.connect(shop.database.name))


@on_servers
def test_d10_a_reader_holds_the_table(shop: Shop):
    shop.begin()
    shop.put("0002_a", ADD.format("a"))
    with connect(shop) as reader:
        run(reader, BEGIN[shop.database.vendor])
        run(reader, "SELECT * FROM shop_thing")
        one = shop.fails("--lock-timeout", "200", "--lock-wait", "2", code=2)
        said = " ".join(one.err.split())
        assert re.search(
            r"error\[HR302\]: queue: .{,120} did not get its lock on default \(\d+ tries in \d+ s\) note: session", said
        )
        assert "end what holds the lock, or wait for it, and run the command again" in one.err
        assert shop.columns() == COLUMNS
        assert shop.records() == ["0001_initial"]
        run(reader, "ROLLBACK")
    shop.migrate()
    assert shop.columns() == {*COLUMNS, "a"}


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_d10_sqlite_a_reader_holds_the_file(shop: Shop):
    shop.begin()
    shop.put("0002_a", ADD.format("a"))
    with connect(shop) as reader:
        run(reader, "BEGIN IMMEDIATE")
        one = shop.fails("--lock-timeout", "200", "--lock-wait", "2", code=2)
        assert "error[HR302]: queue: " in one.err
        assert shop.columns() == COLUMNS
        run(reader, "ROLLBACK")
    shop.migrate()
    assert shop.columns() == {*COLUMNS, "a"}


@everywhere
def test_d10_it_goes_on_when_the_lock_is_free(shop: Shop):
    shop.begin()
    shop.put("0002_a", ADD.format("a"))
    with connect(shop) as reader:
        run(reader, BEGIN[shop.database.vendor])
        run(reader, "SELECT * FROM shop_thing")
        one = shop.start("--lock-timeout", "200")
        soon(lambda: "lock" in one.err or shop.database.vendor == "sqlite", text=lambda: one.text)
        run(reader, "COMMIT")
    assert one.end() == 0, one.text
    assert shop.columns() == {*COLUMNS, "a"}


@on_servers
def test_d12_a_deadlock_with_the_application(shop: Shop):
    shop.begin()
    shop.put(
        "0002_other",
        'migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),',
    )
    shop.migrate()
    shop.query("INSERT INTO shop_other (n) VALUES (1), (2)")
    code = """
    def forwards(apps, editor):
        thing, other = apps.get_model("shop", "Thing").objects, apps.get_model("shop", "Other").objects
        thing.filter(id=1).update(n=models.F("n") * 2)
        gate()
        other.filter(id=1).update(n=models.F("n") * 2)
    """
    shop.put("0003_code", "migrations.RunPython(forwards),", GATE + re.sub("^    ", "", code, flags=re.M))
    one = shop.start("--lock-timeout", "20000")
    shop.reached(one)  # what logs the rows is made by now, which waits for transactions that use the tables
    with connect(shop) as app:
        if shop.database.vendor == "postgresql":
            run(app, "SET deadlock_timeout = '60s'")  # so that it is the migration that the server gives up
        run(app, BEGIN[shop.database.vendor])
        for number in range(20):  # MariaDB gives up whoever has changed less
            run(app, f"INSERT INTO shop_other (n) VALUES ({number})")
        run(app, "UPDATE shop_other SET n = n + 10 WHERE id = 1")
        shop.go()
        sql = {
            "postgresql": "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%shop_other%%'"
            " AND datname = current_database()",
            "mysql": "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'UPDATE `shop_other`%' AND db = DATABASE()",
        }[shop.database.vendor]
        soon(lambda: shop.query(sql), text=lambda: one.text)
        run(app, "UPDATE shop_thing SET n = n + 10 WHERE id = 1")
        run(app, "COMMIT")
    assert one.end() == 0, one.text
    assert shop.things() == [22, 2]
    assert shop.query("SELECT n FROM shop_other WHERE id = 1") == [(22,)]


SLOWLY = {"postgresql": "(SELECT pg_sleep(1.5)) IS NOT NULL", "mysql": "SLEEP(1) = 0"}


@pytest.mark.parametrize("atomic", [True, False])
@on_servers
def test_d14_killed_while_a_statement_runs(shop: Shop, atomic: bool):
    shop.begin()
    sql = f"UPDATE shop_thing SET n = n * 2 WHERE {SLOWLY[shop.database.vendor]}"
    shop.put("0002_x", f'{ADD.format("a")}\nmigrations.RunSQL("{sql}"),', atomic=atomic)
    one = shop.start()
    processes = {
        "postgresql": "SELECT query FROM pg_stat_activity WHERE datname = current_database()",
        "mysql": "SELECT info FROM information_schema.processlist WHERE db = DATABASE()",
    }
    soon(lambda: any(str(query).startswith("UPDATE shop_thing SET") for (query,) in shop.query(processes[shop.database.vendor])))
    one.signal(signal.SIGKILL)
    again = shop.migrate()
    assert "run 2 was interrupted while applying shop.0002_x" in again.err
    assert shop.things() == [2, 4]
    assert shop.columns() == {*COLUMNS, "a"}
    assert shop.records() == ["0001_initial", "0002_x"]


ENDS = {signal.SIGINT: -signal.SIGINT, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize("number", list(ENDS))
@everywhere
def test_d16_a_signal_ends_it_with_nothing_half_done(shop: Shop, number: signal.Signals):
    shop.begin()
    shop.put(
        "0002_p", f"{ADD.format('p')}\nmigrations.RunPython(forwards),", GATE + "\n\ndef forwards(apps, editor):\n    gate()\n"
    )
    one = shop.start()
    shop.reached(one)
    one.signal(number)
    assert one.end() == ENDS[number], one.text
    ended = "unwound" if shop.database.vendor == "mysql" else "failed"
    assert shop.columns() == COLUMNS
    assert shop.steps() == [("0002_p", "forward", ended)]
    said = {"unwound": "failed, and what was done of it was taken back", "failed": "failed, and nothing of it is left"}[ended]
    assert f"run 2: 0 done, shop.0002_p {said}\n" in one.err
    shop.go()
    shop.migrate()
    assert shop.columns() == {*COLUMNS, "p"}


@pytest.mark.parametrize("shop", ["mariadb"], indirect=True)
def test_keys_to_a_renamed_model_are_altered_in_one_order_by_every_process(shop: Shop):
    """Django takes them in the order in which it made its models, which is another one where they were made for migrations before."""
    key = '("thing", models.ForeignKey("Thing", models.CASCADE))'
    create = f'migrations.CreateModel("R{{0}}", [("id", models.BigAutoField(primary_key=True)), {key}]),'
    shop.begin()
    shop.put("0002_keys", "\n".join(create.format(number) for number in range(8)))
    shop.put("0003_gate", "migrations.RunPython(forwards),", GATE + "\n\ndef forwards(apps, editor):\n    gate()\n")
    shop.put("0004_renamed", 'migrations.RenameModel("Thing", "Item"),')
    with connect(shop) as reader:
        run(reader, "START TRANSACTION")
        one = shop.start("--lock-timeout", "60000")
        shop.reached(one)
        run(reader, "SELECT * FROM shop_r5")
        shop.go()
        sql = "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'ALTER TABLE `shop_r5`%' AND db = DATABASE()"
        soon(lambda: shop.query(sql), text=lambda: one.text)
        one.signal(signal.SIGKILL)
        run(reader, "ROLLBACK")
    with closing(Launcher()) as other:
        again = other.begin(shop.folder, ["migrate"])
        assert again.end() == 0, again.text
    assert "run 2 was interrupted while applying shop.0004_renamed; it went on from there and is done\n" in again.err
    assert shop.records() == ["0001_initial", "0002_keys", "0003_gate", "0004_renamed"]
    keys = "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE referenced_table_name = 'shop_item' AND table_schema = DATABASE()"
    assert shop.query(keys) == [(8,)]


@pytest.mark.parametrize("shop", ["mariadb"], indirect=True)
def test_what_was_set_aside_comes_back_where_it_goes_no_further(shop: Shop):
    shop.begin()
    many = '("things", models.ManyToManyField("Thing"))'
    shop.put("0002_shelf", f'migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), {many}]),')
    shop.migrate()
    shop.query("INSERT INTO shop_shelf VALUES (1)")
    with connect(shop) as reader:
        run(reader, "START TRANSACTION")
        run(reader, "SELECT * FROM shop_shelf")
        one = shop.fails("shop", "0001", "--lock-timeout", "1000", "--lock-wait", "2", code=2)
        assert "run 3: 0 done, shop.0002_shelf failed, and what was done of it was taken back\n" in one.err
        assert shop.steps()[-1] == ("0002_shelf", "backward", "unwound")
        assert {"shop_shelf", "shop_shelf_things"} <= shop.tables()
        run(reader, "ROLLBACK")
    shop.migrate("shop", "0001")
    assert shop.tables() == {"shop_thing"}
    assert shop.records() == ["0001_initial"]
