"""Which statements are understood for certain, so that their rows can be copied before them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from handrail.databases.row_logs._set_statements import read
from handrail.databases.row_logs.base import SetWrite
from handrail.databases.row_logs.mysql import MySQLRowLogs

COLUMNS = ("id", "name", "N", "x")
UNDERSTOOD = {
    "UPDATE `t` SET `n` = (`t`.`n` + %s)": SetWrite("t", (("N", "(`t`.`n` + %s)"),), "", False),
    "UPDATE `t` SET `n` = %s, `x` = %s WHERE (`t`.`id` IN (%s, %s) AND NOT (`t`.`name` LIKE BINARY %s))": SetWrite(
        "t", (("N", "%s"), ("x", "%s")), "(`t`.`id` IN (%s, %s) AND NOT (`t`.`name` LIKE BINARY %s))", False
    ),
    "update t set n = n %% 5 where (n) = -1.5 ;": SetWrite("t", (("N", "n %% 5"),), "(n) = -1.5", False),
    "UPDATE `t` SET `x` = CASE WHEN `t`.`n` <=> NULL THEN 'it''s' ELSE CONCAT_WS('', `t`.`x`, `t`.`name`) END": SetWrite(
        "t", (("x", "CASE WHEN `t`.`n` <=> NULL THEN 'it''s' ELSE CONCAT_WS('', `t`.`x`, `t`.`name`) END"),), "", False
    ),
    "UPDATE t SET x = _binary %s": SetWrite("t", (("x", "_binary %s"),), "", False),
    "DELETE FROM t": SetWrite("t", (), "", True),
    "DELETE FROM `t` WHERE `t`.`n` BETWEEN %s AND %s": SetWrite("t", (), "`t`.`n` BETWEEN %s AND %s", True),
}
NOT_UNDERSTOOD = [
    "",
    "SELECT 1",
    "INSERT INTO t (n) VALUES (1)",
    "UPDATE t SET n = 1, x = n",
    "UPDATE t SET n = 1, n = 2",
    "UPDATE t SET n = RAND()",
    "UPDATE t SET n = NOW()",
    "UPDATE t SET n = @a",
    "UPDATE t SET n = DEFAULT",
    "UPDATE t SET n = other",
    "UPDATE t SET n = u.n",
    "UPDATE t SET u.n = 1",
    "UPDATE t SET n = concat (x)",
    "UPDATE t SET n = (SELECT 1)",
    "UPDATE t SET n = 1 WHERE id IN (SELECT 1)",
    "UPDATE t SET n = 1 WHERE EXISTS (SELECT 1)",
    "UPDATE t SET n = 1 WHERE (1)) OR (1",
    "UPDATE t SET n = 1 WHERE (1",
    "UPDATE t SET n = 1 WHERE",
    "UPDATE t SET n = 1 ORDER BY id",
    "UPDATE t SET n = 1 LIMIT 1",
    "UPDATE t SET n = 1; DELETE FROM t",
    "UPDATE t SET n = 1 /* WHERE id = 1 */",
    "UPDATE t SET n = 1 -- more",
    "UPDATE t SET n = 'open",
    'UPDATE t SET n = "x"',
    "UPDATE t SET n = 'a\\'b'",
    "UPDATE t SET n = 'a%'",
    "UPDATE t SET n = n % 5",
    "UPDATE t SET n = %(n)s",
    "UPDATE t SET n = 1e5",
    "UPDATE t SET n",
    "UPDATE t SET",
    "UPDATE t",
    "UPDATE IGNORE t SET n = 1",
    "UPDATE t AS a SET n = 1",
    "UPDATE t, u SET n = 1",
    "UPDATE d.t SET n = 1",
    "DELETE t FROM t",
    "DELETE FROM t USING u",
    "DELETE FROM t WHERE n = 1 RETURNING n",
]


@pytest.mark.parametrize("sql", UNDERSTOOD)
def test_a_statement_that_is_understood(sql: str) -> None:
    assert read(sql, "mysql", COLUMNS, has_params=True) == UNDERSTOOD[sql]


@pytest.mark.parametrize("sql", NOT_UNDERSTOOD)
def test_a_statement_that_is_not_understood(sql: str) -> None:
    assert read(sql, "mysql", COLUMNS, has_params=True) is None


def test_a_percent_sign_stands_for_itself_without_parameters() -> None:
    found = read("UPDATE t SET n = n % 5, x = '100%'", "mysql", COLUMNS, has_params=False)
    assert found == SetWrite("t", (("N", "n % 5"), ("x", "'100%'")), "", False)


def test_quotes_of_sqlite() -> None:
    sql = """UPDATE "t" SET "x" = ("t"."x" || %s) WHERE "t"."name" LIKE %s ESCAPE '\\'"""
    found = SetWrite("t", (("x", '("t"."x" || %s)'),), """"t"."name" LIKE %s ESCAPE '\\'""", False)
    assert read(sql, "sqlite", COLUMNS, has_params=True) == found
    assert read('UPDATE t SET x = "no column"', "sqlite", COLUMNS, has_params=True) is None


class Driver:
    """What a driver's cursor says of its last statement. rowcount: as most drivers count, those that were changed."""

    rowcount = 1

    def __init__(self, **methods: Any) -> None:
        self.connection = SimpleNamespace(**methods)


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ("Rows matched: 3  Changed: 1  Warnings: 0", 3),
        ("Records: 12  Duplicates: 0  Warnings: 0", 12),
        ("Rows matched: 3  Changed: 1  Warnings: 10", None),
        ("", None),
        (None, None),
    ],
)
def test_rows_that_an_update_has_found(said: str | None, rows: int | None) -> None:
    rules = MySQLRowLogs()
    assert rules.found_by(Driver(info=lambda: said), deletes=False) == rows
    assert rules.found_by(Driver(info=lambda: said), deletes=True) == 1


def test_a_driver_that_does_not_say_what_was_found() -> None:
    assert MySQLRowLogs().found_by(Driver(), deletes=False) is None
