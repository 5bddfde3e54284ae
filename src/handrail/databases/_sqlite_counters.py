"""How far SQLite has counted the rows of a table whose key is AUTOINCREMENT (autoinc.html): no number is given twice."""

from __future__ import annotations

from handrail.databases.base import Cursor


def counter(cursor: Cursor, table: str) -> int | None:
    """Return the last number that a table has given, None where it has given none, or does not count."""
    cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
    if not cursor.fetchall():
        return None
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    return next((int(number) for (number,) in cursor.fetchall()), None)


def count_on(table: str, number: int) -> list[str]:
    """Return the statements that let a table that counts go on after a number."""
    name = "'{}'".format(table.replace("'", "''"))
    counts = f"EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {name} AND upper(sql) LIKE '%AUTOINCREMENT%')"
    return [
        f"INSERT INTO sqlite_sequence (name, seq) SELECT {name}, 0 WHERE {counts}"
        f" AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name})",
        f"UPDATE sqlite_sequence SET seq = max(seq, {number}) WHERE name = {name}",
    ]
