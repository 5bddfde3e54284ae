"""Which alterations can change values, and what SQLite's values become."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.databases.values import _sqlite_values as sqlite_values
from handrail.databases.values._types import Type, parse
from handrail.databases.values.base import Side, rules_for


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("varchar(50)", Type("varchar", ("50",))),
        ("numeric(8, 2)", Type("numeric", ("8", "2"))),
        ("integer UNSIGNED", Type("integer unsigned")),
        ("bigint AUTO_INCREMENT", Type("bigint")),
        ("timestamp with time zone", Type("timestamp with time zone")),
        ("timestamp(6) with time zone", Type("timestamp with time zone", ("6",))),
        ("varchar(5)[]", Type("varchar", ("5",), "[]")),
        ("double precision", Type("double precision")),
        ("geometry(POINT,4326)", Type("geometry", ("point", "4326"))),
        ("enum('a', 'b')!", Type("enum('a', 'b')!")),
    ],
)
def test_types_are_taken_apart(text: str, wanted: Type):
    assert parse(text) == wanted


WIDENS = {
    "postgresql": [
        ("varchar(50)", "varchar(50)"),
        ("varchar(50)", "varchar(200)"),
        ("varchar(50)", "text"),
        ("text", "varchar"),
        ("smallint", "bigint"),
        ("integer", "numeric(12, 2)"),
        ("numeric(8, 2)", "numeric(10, 4)"),
        ("integer", "double precision"),
        ("uuid", "varchar(36)"),
        ("bigint", "varchar(20)"),
        ("date", "timestamp with time zone"),
        ("jsonb", "text"),
        ("varchar(5)[]", "varchar(9)[]"),
    ],
    "mysql": [
        ("varchar(50)", "varchar(200)"),
        ("varchar(50)", "longtext"),
        ("integer", "bigint"),
        ("integer", "integer AUTO_INCREMENT"),
        ("smallint UNSIGNED", "integer"),
        ("integer", "numeric(10, 0)"),
        ("numeric(8, 2)", "numeric(10, 4)"),
        ("bool", "integer"),
        ("date", "datetime(6)"),
        ("json", "longtext"),
        ("integer", "double precision"),
        ("integer", "varchar(11)"),
    ],
    "sqlite": [
        ("varchar(50)", "varchar(200)"),
        ("varchar(50)", "text"),
        ("bigint", "smallint"),
        ("integer unsigned", "integer"),
        ("decimal(8, 2)", "decimal(10, 4)"),
        ("bool", "integer"),
        ("integer", "varchar(20)"),
    ],
}
MAY_CHANGE = {
    "postgresql": [
        ("varchar(200)", "varchar(50)"),
        ("text", "varchar(50)"),
        ("bigint", "integer"),
        ("integer", "boolean"),
        ("bigint", "double precision"),
        ("bigint", "numeric(12, 2)"),
        ("numeric(10, 4)", "numeric(8, 2)"),
        ("numeric(8, 2)", "numeric(8, 4)"),
        ("timestamp with time zone", "date"),
        ("text", "jsonb"),
        ("integer", "varchar(10)"),
        ("varchar(9)[]", "varchar(5)[]"),
        ("varchar(9)", "varchar(9)[]"),
        ("geometry(POINT,4326)", "geometry(POINT,3857)"),
    ],
    "mysql": [
        ("varchar(200)", "varchar(50)"),
        ("longtext", "varchar(255)"),
        ("bigint", "integer"),
        ("integer", "integer UNSIGNED"),
        ("integer", "bool"),
        ("bigint", "double precision"),
        ("datetime(6)", "date"),
        ("datetime(6)", "datetime"),
        ("numeric(10, 4)", "numeric(8, 2)"),
        ("longtext", "json"),
        ("integer", "varchar(10)"),
        ("integer", "char(20)"),
        ("char(32)", "uuid"),
    ],
    "sqlite": [
        ("varchar(200)", "varchar(50)"),
        ("text", "varchar(50)"),
        ("integer", "bool"),
        ("decimal(10, 4)", "decimal(8, 2)"),
        ("datetime", "date"),
        ("real", "integer"),
        ("integer", "varchar(19)"),
        ("integer", "decimal(10, 0)"),
        ("text", "integer"),
    ],
}


@pytest.mark.parametrize("vendor", WIDENS)
def test_what_cannot_change_a_value_is_in_a_table_and_all_else_may(vendor: str):
    rules = rules_for(vendor)
    assert rules is not None
    assert [pair for pair in WIDENS[vendor] if not rules.widens(*pair)] == []
    assert [pair for pair in MAY_CHANGE[vendor] if rules.widens(*pair)] == []


def test_there_are_no_rules_for_a_kind_of_database_that_nobody_knows():
    assert rules_for("oracle") is None


@pytest.mark.parametrize(
    ("value", "to", "wanted"),
    [
        (None, "integer", None),
        (1.75, "integer", 2),
        (-2.5, "integer", -3),
        ("007", "integer", 7),
        (" 5 ", "bigint", 5),
        (7, "bool", 1),
        ("1", "bool", 1),
        (0, "bool", 0),
        (1.2345, "decimal(8, 2)", 1.23),
        (1.005, "decimal(8, 2)", 1.01),
        (3, "decimal(8, 2)", 3),
        ("1.50", "decimal(8, 2)", 1.5),
        (99999999999999999999.5, "decimal(30, 0)", 1e20),
        ("1e3", "real", 1000.0),
        (5, "varchar(20)", "5"),
        (0.1, "text", "0.1"),
        (2.0, "text", "2.0"),
        ("2020-02-03 23:30:00", "date", "2020-02-03"),
        ("2020-02-03", "datetime", "2020-02-03 00:00:00"),
        ("2020-02-03 23:30:00.000001", "time", "23:30:00.000001"),
        ("23:30", "time", "23:30"),
        (b"x", "blob", b"x"),
        ("anything", "geometry", "anything"),
    ],
)
def test_values_become_what_other_databases_make_of_them(value: Any, to: str, wanted: Any):
    found = sqlite_values.converted(value, parse(to))
    assert (type(found), found) == (type(wanted), wanted)
    assert sqlite_values.fits(value, parse(to))


@pytest.mark.parametrize(
    ("value", "to"),
    [
        ("abc", "integer"),
        ("1.5", "integer"),
        ("1_000", "integer"),
        ("\u0661", "integer"),
        (2.0**70, "bigint"),
        (float("inf"), "decimal(8, 2)"),
        (float("inf"), "integer"),
        (1234567, "decimal(8, 2)"),
        (999999.995, "decimal(8, 2)"),
        ("yes", "bool"),
        ("nan", "real"),
        (b"\xff", "varchar(5)"),
        ("abcdef", "varchar(5)"),
        (123456, "varchar(5)"),
        ("today", "date"),
        (20200203, "datetime"),
        ("2020-02-03", "time"),
        (b"1", "integer"),
    ],
)
def test_values_that_do_not_fit(value: Any, to: str):
    with pytest.raises(sqlite_values.MisfitError):
        sqlite_values.converted(value, parse(to))
    assert not sqlite_values.fits(value, parse(to))
    assert sqlite_values.changes(value, parse("text"), parse(to))


@pytest.mark.parametrize(
    ("value", "was", "to", "wanted"),
    [
        (2.0, "real", "integer", False),
        (1.75, "real", "integer", True),
        ("007", "varchar(9)", "integer", True),
        ("7", "varchar(9)", "integer", False),
        (0.1 + 0.2, "real", "text", True),
        (2**60 + 1, "bigint", "real", True),
        (1.5, "decimal(10, 4)", "decimal(8, 2)", False),
        ("2020-02-03 00:00:00", "datetime", "date", True),
        ("2020-02-03", "date", "datetime", False),
        (None, "integer", "bool", False),
        (1, "bool", "integer", False),
    ],
)
def test_a_value_changes_if_it_does_not_come_back(value: Any, was: str, to: str, wanted: bool):
    assert sqlite_values.changes(value, parse(was), parse(to)) is wanted


def test_names_are_quoted():
    side = Side(
        "hrk_0", 'a"`b', ('k"`',), "p", "integer", "bool", {"columns": {'k"`': "int", "p": "int"}, "collation": "utf8mb4_bin"}
    )
    for vendor, table, key in (
        ("mysql", '`a"``b`', '`k"```'),
        ("postgresql", '"a""`b"', '"k""`"'),
        ("sqlite", '"a""`b"', '"k""`"'),
    ):
        rules = rules_for(vendor)
        assert rules is not None
        assert rules.on(side) == f"t.{key} = s.k1"
        assert f"{table} AS t" in rules.update(side, "s", "became", "t.p", "1 = 1")
