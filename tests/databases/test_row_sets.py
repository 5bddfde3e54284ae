"""Updates that are logged as whole statements: where the rows can be copied by the statement's own condition, and where not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cases.migrators import launcher
from tests.cases.shop import ALL, Shop, everywhere, shop
from tests.databases.test_row_log import TYPED, TYPES, triggers

__all__ = ["launcher", "shop"]
BY_SETS = pytest.mark.parametrize("shop", [name for name in ALL if not name.startswith("postgresql")], indirect=True)
"""Databases whose triggers fire for each row."""


def logs(shop: Shop) -> list[tuple[str, int, bool]]:
    """Return table, rows, and whether it was filled by whole statements, of each log of the last migration."""
    mark = "`" if shop.database.vendor == "mysql" else '"'
    found = shop.query(
        f"SELECT {mark}table{mark}, {mark}rows{mark}, details FROM handrail_kept WHERE form = 'log' AND aside LIKE 'hrk%' AND name > '0002'"
    )
    return [(table, count, json.loads(details)["sets"]) for table, count, details in found]


def rows_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query("SELECT id, name, n, x FROM shop_thing ORDER BY id")


SEVERAL = """
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat, Lower

def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.update(n=F("n") * 10 + 1, x=Concat("x", Value("100%"), Lower("name")))
    Thing.objects.using(schema_editor.connection.alias).filter(Q(n__gt=15, n__lt=100) | Q(name__in=["B", "c"])).update(n=F("n") - 1)
    Thing.objects.filter(n=20).update(name=Case(When(x__startswith="x2", then=Value("it's")), default=F("name")))
    Thing.objects.filter(n=12345).update(x="nobody")
"""


@everywhere
def test_updates_of_whole_tables_come_back(shop: Shop):
    """Rows that change several times, and rows that the application changes and deletes afterwards."""
    shop.begin([("a", 1), ("B", 2), ("c", 3), ("d", 4)])
    before = rows_of(shop)
    shop.put("0002_change", "migrations.RunPython(change, migrations.RunPython.noop),", SEVERAL)
    shop.migrate()
    assert rows_of(shop) == [
        (1, "a", 11, "x1100%a"),
        (2, "it's", 20, "x2100%b"),
        (3, "c", 30, "x3100%c"),
        (4, "d", 40, "x4100%d"),
    ]
    by_sets = shop.database.vendor != "postgresql"
    assert logs(shop) == [("shop_thing", 8, by_sets)]
    shop.query("UPDATE shop_thing SET n = 31 WHERE id = 3")
    shop.query("DELETE FROM shop_thing WHERE id = 4")
    one = shop.migrate("shop", "0001")
    assert "1 row of shop_thing was changed since, and stays as it is\n" in one.text
    assert "shop_thing id 3: n before 3, after 30, now 31; x before 'x3', after 'x3100%c', now 'x3100%c'\n" in one.text
    assert rows_of(shop) == [*before[:2], (3, "c", 31, "x3")]
    assert triggers(shop) == []


SAME = """
    Typed.objects.update(
        amount=FULL["amount"], data=FULL["data"], moment=FULL["moment"], day=FULL["day"], other=FULL["other"],
        document=FULL["document"], words=FULL["words"], number=FULL["number"], flag=FULL["flag"], span=FULL["span"], big=FULL["big"],
    )
"""
ALL_TYPES = """
def change(apps, schema_editor):
    Typed = apps.get_model("shop", "Typed")
    Typed.objects.filter(words="").update(amount=None, data=None, moment=None, day=None, other=None, document=None, words=None)
    Typed.objects.filter(amount=None).update(number=None, flag=False, span=None, big=-1)
"""


@BY_SETS
def test_values_of_every_type_are_logged_by_statements(shop: Shop):
    shop.write()
    shop.put("0001_initial", TYPED.replace("migrations.RunPython(change),", ""), TYPES)
    shop.migrate()
    before = shop.query("SELECT * FROM shop_typed ORDER BY id")
    full = TYPES[TYPES.index("    zone =") : TYPES.index("    Typed = ")].replace("\n    ", "\n").replace("    zone", "zone", 1)
    code = TYPES[: TYPES.index("def fill")] + full.replace("full = dict(", "FULL = dict(") + ALL_TYPES + SAME
    shop.put("0002_change", "migrations.RunPython(change),", code)
    shop.migrate()
    after = shop.query("SELECT * FROM shop_typed ORDER BY id")
    assert [row[1:] for row in after] == [before[0][1:]] * 3
    assert logs(shop) == [("shop_typed", 6, True)]
    shop.migrate("shop", "0001")
    assert shop.query("SELECT * FROM shop_typed ORDER BY id") == before


NOT_UNDERSTOOD = """
from pathlib import Path

def print(connection, done=[]):
    with Path("ran").open("a") as file:
        file.write("once ")
    {more}

def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.update(n=10)
    print(schema_editor.connection)
    Thing.objects.filter({condition}).update(n=11)
"""
FAILS = """try:
        connection.cursor().execute("UPDATE shop_thing SET x = 'gone', n = NULL")
    except Exception:
        pass"""
RELATED = """
migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True)), ("thing", models.ForeignKey("shop.Thing", models.CASCADE))]),
"""


OTHER_WORDS = "connection.cursor().execute('UPDATE shop_thing SET n = 20 WHERE id = 2 AND EXISTS (SELECT 1)')"


@BY_SETS
def test_sql_that_is_one_update(shop: Shop):
    """And one that was taken for such, and is none."""
    shop.begin()
    before = rows_of(shop)
    twice = "(\"UPDATE shop_thing SET n = n + %s, x = '100%%' WHERE n < 5\", [10])"
    shop.put("0002_one", f"migrations.RunSQL([{twice}], migrations.RunSQL.noop),")
    shop.put("0003_other", "migrations.RunSQL('UPDATE shop_thing SET n = n + id', migrations.RunSQL.noop),")
    shop.put("0004_key", "migrations.RunSQL('UPDATE shop_thing SET id = id + 10', migrations.RunSQL.noop),")
    shop.migrate()
    assert rows_of(shop) == [(11, "a", 12, "100%"), (12, "b", 14, "100%")]
    assert logs(shop) == [("shop_thing", 2, True), ("shop_thing", 2, True), ("shop_thing", 2, False)]
    shop.migrate("shop", "0001")
    assert rows_of(shop) == before
    assert triggers(shop) == []


@BY_SETS
def test_what_is_not_understood_runs_again_with_triggers(shop: Shop):
    """A subquery, a statement that fails after its rows were copied, and one of other words."""
    shop.begin()
    shop.put("0002_owner", RELATED)
    shop.migrate()
    shop.query("INSERT INTO shop_owner (id, thing_id) VALUES (1, 1)")
    before = rows_of(shop)
    for number, (more, condition) in enumerate([("pass", "owner=1"), (FAILS, "id=1"), (OTHER_WORDS, "id=1")], 3):
        code = NOT_UNDERSTOOD.format(more=more, condition=condition)
        shop.put(f"000{number}_change", "migrations.RunPython(change),", code)
    shop.migrate()
    assert shop.values("n") == [11, 20]
    assert (shop.folder / "ran").read_text() == "once once " * 3
    assert [one for one in logs(shop) if one[0] == "shop_thing"] == [
        ("shop_thing", 3, False),
        ("shop_thing", 3, False),
        ("shop_thing", 4, False),
    ]
    assert triggers(shop) == []
    shop.migrate("shop", "0002")
    assert rows_of(shop) == before


MEDDLES = """
def meddle(execute, sql, params, many, context):
    if sql.startswith("UPDATE `shop_thing`") and not done:
        done.append(1)
        with other() as connection:
            connection.cursor().execute("INSERT INTO shop_thing (name, n, x) VALUES ('late', 7, 'x7')")
            connection.commit()
            connection.cursor().execute("SET innodb_lock_wait_timeout = 1")
            try:
                connection.cursor().execute("UPDATE shop_thing SET n = 8 WHERE id = 1")
            except Exception as error:
                done.append(error.args[0])
    return execute(sql, params, many, context)

done = []

def other():
    from contextlib import closing
    from django.db import connection
    return closing(connection.get_new_connection(connection.get_connection_params()))

def print(connection):
    with open("done", "w") as file:
        file.write(repr(done))
    connection.execute_wrappers.append(meddle)

def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    print(schema_editor.connection)
    Thing.objects.update(n=10)
"""


@pytest.mark.parametrize("shop", [name for name in ALL if name == "mariadb"], indirect=True)
def test_a_row_that_comes_between_a_copy_and_its_statement_is_found(shop: Shop):
    """And those that were copied are locked: the code runs again with triggers, which log the row that came."""
    shop.begin()
    shop.put("0002_change", "migrations.RunPython(change),", MEDDLES)
    shop.migrate()
    lock_wait_timeout = 1205
    assert (shop.folder / "done").read_text() == f"[1, {lock_wait_timeout}]"
    assert rows_of(shop) == [(1, "a", 10, "x1"), (2, "b", 10, "x2"), (3, "late", 10, "x7")]
    assert logs(shop) == [("shop_thing", 3, False)]
    shop.migrate("shop", "0001")
    assert rows_of(shop) == [(1, "a", 1, "x1"), (2, "b", 2, "x2"), (3, "late", 7, "x7")]
