"""What of SQLite's tables a log of rows can be made."""

from __future__ import annotations

import sqlite3
from typing import Any

from handrail.databases.row_logs.sqlite import SQLiteRowLogs


class Cursor:
    """A cursor of the driver with Django's placeholders."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.driver = self.connection.cursor()

    def execute(self, sql: str, params: Any = None) -> Any:
        return self.driver.execute(sql.replace("%s", "?").replace("%%", "%") if params is not None else sql, params or ())

    def fetchall(self) -> list[Any]:
        return self.driver.fetchall()


def test_a_virtual_table_takes_no_triggers_and_has_no_log() -> None:
    cursor: Any = Cursor()
    cursor.execute("CREATE TABLE plain (id integer PRIMARY KEY, title text)")
    cursor.execute("create virtual table found using fts5(title)")
    rules = SQLiteRowLogs()
    assert [column.name for column in rules.columns(cursor, "plain")] == ["id", "title"]
    assert rules.columns(cursor, "FOUND") == ()
    cursor.connection.close()
