"""Indexes that are built while the table is in use, and were left broken (D07)."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest

from tests.cases.migrators import launcher
from tests.cases.shop import Shop, last_error, on_postgres, shop, soon

__all__ = ["launcher", "shop"]
CONCURRENTLY = """
AddIndexConcurrently("thing", models.Index(fields=["name"], name="ix_c")),
"""
UNIQUE = """
migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY ix_c ON shop_thing (name)", "DROP INDEX CONCURRENTLY ix_c"),
"""
IMPORT = "from django.contrib.postgres.operations import AddIndexConcurrently"


def indexes(shop: Shop) -> list[tuple[str, bool]]:
    """Return the indexes of that name, and whether they are valid."""
    sql = "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname LIKE 'ix_c%'"
    return [(name, valid) for name, valid in shop.query(sql)]


def waits(shop: Shop) -> bool:
    """Say whether the index waits for the transactions that were there before it."""
    waiting = "query LIKE 'CREATE INDEX CONCURRENTLY%%' AND wait_event_type = 'Lock'"
    return bool(shop.query(f"SELECT 1 FROM pg_stat_activity WHERE {waiting} AND datname = current_database()"))


@on_postgres
def test_d07_duplicates_leave_no_broken_index(shop: Shop):
    shop.begin([("d", 1), ("d", 2)])
    shop.put("0002_c", UNIQUE, atomic=False)
    one = shop.fails()
    assert 'could not create unique index "ix_c"' in one.err
    assert indexes(shop) == []
    assert shop.records() == ["0001_initial"]
    assert shop.steps() == [("0002_c", "forward", "unwound")]
    shop.query("UPDATE shop_thing SET name = 'e' WHERE n = 2")
    shop.migrate()
    assert indexes(shop) == [("ix_c", True)]


@on_postgres
def test_d07_a_broken_index_that_plain_django_left_is_built_again(shop: Shop):
    from psycopg.errors import UniqueViolation

    shop.begin([("d", 1), ("d", 2)])
    with pytest.raises(UniqueViolation):
        shop.query("CREATE UNIQUE INDEX CONCURRENTLY ix_c ON shop_thing (name)")
    shop.query("UPDATE shop_thing SET name = 'e' WHERE n = 2")
    assert indexes(shop) == [("ix_c", False)]
    shop.put("0002_c", CONCURRENTLY, IMPORT, atomic=False)
    assert shop.migrate().err == (
        "warning[HR403]: invalid-index: ix_c\n"
        "  note: it was left by a statement that was stopped: it is dropped, and built again\n"
    )
    assert indexes(shop) == [("ix_c", True)]


@on_postgres
def test_d07_killed_while_it_waits(shop: Shop):
    shop.begin()
    shop.put("0002_c", CONCURRENTLY, IMPORT, atomic=False)
    with closing(shop.database.server.connect(shop.database.name)) as reader:
        reader.execute("BEGIN")
        reader.execute("INSERT INTO shop_thing (name, n, x) VALUES ('c', 3, 'x3')")
        one = shop.start("--lock-timeout", "60000")
        soon(lambda: waits(shop), text=lambda: one.text)
        one.signal(signal.SIGKILL)
        assert indexes(shop) == [("ix_c", False)]
        reader.execute("COMMIT")
    again = shop.migrate()
    assert "run 2 was interrupted while applying shop.0002_c; it went on from there and is done\n" in again.err
    assert indexes(shop) == [("ix_c", True)]
    assert shop.records() == ["0001_initial", "0002_c"]


@on_postgres
def test_d07_a_try_that_gave_way_is_no_obstacle_to_the_next(shop: Shop):
    shop.begin()
    shop.put("0002_c", CONCURRENTLY, IMPORT, atomic=False)
    with closing(shop.database.server.connect(shop.database.name)) as reader:
        reader.execute("BEGIN")
        reader.execute("INSERT INTO shop_thing (name, n, x) VALUES ('c', 3, 'x3')")
        one = shop.start("--lock-timeout", "200")
        soon(lambda: indexes(shop) == [("ix_c", False)] and "lock" in one.err, text=lambda: one.text)
        reader.execute("COMMIT")
    assert one.end() == 0, one.text
    assert indexes(shop) == [("ix_c", True)]


@on_postgres
def test_d07_a_statement_timeout(shop: Shop):
    shop.begin()
    shop.put("0002_c", CONCURRENTLY, IMPORT, atomic=False)
    shop.write(settings={"OPTIONS": {"options": "-c statement_timeout=500"}})
    with closing(shop.database.server.connect(shop.database.name)) as reader:
        reader.execute("BEGIN")
        reader.execute("INSERT INTO shop_thing (name, n, x) VALUES ('c', 3, 'x3')")
        one = shop.fails("--lock-timeout", "60000", code=3)
        said = " ".join(one.err.split())
        assert "error[HR401]: interrupted: shop.0002_c stopped after operation 0 of 1" in said
        assert "what was done is not taken back: OperationalError: canceling statement due to statement timeout" in said
        assert shop.records() == ["0001_initial"]
        reader.execute("COMMIT")
    shop.write()
    shop.migrate()
    assert indexes(shop) == [("ix_c", True)]


@on_postgres
def test_d07b_a_unique_constraint_through_an_index_that_was_broken(shop: Shop):
    shop.begin([("d", 1), ("d", 2)])
    shop.put(
        "0002_c",
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY ix_c ON shop_thing (name)", "DROP INDEX CONCURRENTLY IF EXISTS ix_c"),
                migrations.RunSQL("ALTER TABLE shop_thing ADD CONSTRAINT ix_c UNIQUE USING INDEX ix_c", "ALTER TABLE shop_thing DROP CONSTRAINT ix_c"),
            ],
            state_operations=[migrations.AddConstraint("thing", models.UniqueConstraint(fields=["name"], name="ix_c"))],
        ),
        """,
        atomic=False,
    )
    one = shop.fails()
    assert "Key (name)=(d) is duplicated." in one.err
    assert indexes(shop) == []
    shop.query("UPDATE shop_thing SET name = 'e' WHERE n = 2")
    shop.migrate()
    assert indexes(shop) == [("ix_c", True)]
    shop.migrate("shop", "0001")
    assert indexes(shop) == []


@on_postgres
def test_d07c_in_a_transaction_it_is_refused_by_django_and_nothing_is_left(shop: Shop):
    shop.begin()
    shop.put("0002_c", f'migrations.AddField("thing", "p", models.IntegerField(null=True)),{CONCURRENTLY}', IMPORT)
    one = shop.fails()
    assert last_error(one) == (
        "django.db.utils.NotSupportedError: The AddIndexConcurrently operation cannot be executed inside a transaction"
        " (set atomic = False on the migration)."
    )
    assert shop.columns() == {"id", "name", "n", "x"}
    assert shop.steps() == [("0002_c", "forward", "failed")]
