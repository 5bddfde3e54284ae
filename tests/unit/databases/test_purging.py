"""Nothing is dropped but what is aside, by its whole name."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from handrail.cli.commands.purge import days
from handrail.databases.purging.base import purging_for

ASIDE, OTHER = "hrk_" + "a" * 16, "hrk_" + "b" * 16


class Django:
    """A cursor that takes placeholders as Django's does."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.cursor = cursor

    def execute(self, sql: str, params: Any = ()) -> object:
        return self.cursor.execute(sql.replace("%s", "?"), params or ())

    def fetchall(self) -> list[Any]:
        return self.cursor.fetchall()


@pytest.fixture
def cursor() -> Iterator[Django]:
    with closing(sqlite3.connect(":memory:")) as connection:
        found = connection.cursor()
        for sql in (
            "CREATE TABLE shop_thing (id)",
            f"CREATE TABLE {ASIDE} (id, v)",
            f"CREATE TABLE {OTHER} (id PRIMARY KEY, v) WITHOUT ROWID",
            f"CREATE TRIGGER {ASIDE}_d AFTER DELETE ON shop_thing BEGIN DELETE FROM {ASIDE} WHERE id = old.id; END",
            f"INSERT INTO {ASIDE} VALUES (1, 'x')",
        ):
            found.execute(sql)
        yield Django(found)


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("name", ["", "hrk_", "shop_thing", ASIDE[:-1], ASIDE + "_d", ASIDE.upper(), f'{ASIDE}"; DROP TABLE x'])
def test_what_is_no_name_of_something_aside_is_never_looked_for(vendor: str, name: str, cursor: Django):
    for method in (purging_for(vendor).dropping, purging_for(vendor).emptying, purging_for(vendor).size):
        if vendor != "sqlite" and method.__name__ == "emptying":
            continue
        with pytest.raises(ValueError, match="is no name of something that is aside"):
            method(cursor, name)


def test_all_that_has_the_name_goes_and_nothing_else(cursor: Django):
    rules = purging_for("sqlite")
    assert rules.dropping(cursor, ASIDE) == [f'DROP TRIGGER "{ASIDE}_d"', f'DROP TABLE "{ASIDE}"']
    assert rules.dropping(cursor, OTHER) == [f'DROP TABLE "{OTHER}"']
    assert rules.dropping(cursor, "hrk_" + "c" * 16) == []
    assert rules.present(cursor) == {ASIDE, OTHER}
    assert tuple(rules.size(cursor, ASIDE)) == (1, None)


def test_a_table_with_row_numbers_is_emptied_piece_by_piece(cursor: Django):
    rules = purging_for("sqlite")
    piece = f'DELETE FROM "{ASIDE}" WHERE rowid IN (SELECT rowid FROM "{ASIDE}" LIMIT 10000)'
    assert rules.emptying(cursor, ASIDE) == [piece]
    assert rules.emptying(cursor, OTHER) == []


@pytest.mark.parametrize(("text", "expected"), [("12h", 0.5), ("30d", 30.0), ("4w", 28.0), ("0d", 0.0)])
def test_a_time_is_hours_days_or_weeks(text: str, expected: float):
    assert days(text) == expected


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1.5d", "30 d", "1y"])
def test_other_words_are_no_time(text: str):
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is no time such as 12h, 30d or 4w"):
        days(text)
