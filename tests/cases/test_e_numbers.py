"""Numbers that a database gives to rows go on, and are never given twice (E23, E23b, E23d)."""

from __future__ import annotations

from tests.cases.undoing import THING, Undoing, launcher, on_sqlite, undo

__all__ = ["launcher", "undo"]
TEXT = THING.replace("IntegerField(default=0)", "TextField()")


def insert(undo: Undoing, columns: str, values: str) -> int:
    """Insert a row, and return its number."""
    undo.query(f"INSERT INTO shop_thing ({columns}) VALUES ({values})")
    return int(undo.query("SELECT max(id) FROM shop_thing")[0][0])


@on_sqlite
def test_e23_numbers_go_on_when_a_table_is_rebuilt(undo: Undoing):
    undo.up('migrations.RemoveField("Thing", "n"),', first=TEXT)
    assert insert(undo, "name", "'a'") == 1
    undo.query("DELETE FROM shop_thing")
    undo.down()
    assert insert(undo, "name, n", "'b', 'b'") == 2
    assert undo.query("SELECT name, seq FROM sqlite_sequence WHERE name LIKE '%thing'") == [("shop_thing", 2)]
