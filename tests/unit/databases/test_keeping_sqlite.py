"""Rows of a table find what is kept of them by the index of the copy, whatever the type of their key."""

from __future__ import annotations

import contextlib
import sqlite3

from handrail.databases.keeping.sqlite import SQLiteKeeping

DETAILS = {"key": ["id"]}


def test_nothing_looks_through_all_that_is_kept():
    rules, place = SQLiteKeeping(), ("thing", "p", "hrk_x", DETAILS)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE thing (id integer PRIMARY KEY, p integer)")
        for sql in [*rules.column_aside(*place), *rules.column_after("thing", "hrk_x", DETAILS)]:
            connection.execute(sql)
        update = rules.column_back(*place)[-1]
        since = f"SELECT 1 FROM thing WHERE {rules.since(*place, back=True)}"
        for sql in (update, since):
            steps = [detail for *_, detail in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert [one for one in steps if one.startswith("SCAN hrk_x")] == []
            assert [one for one in steps if one.startswith("SEARCH hrk_x USING")] != []
