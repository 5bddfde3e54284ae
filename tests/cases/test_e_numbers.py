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


def sequences(undo: Undoing) -> list[tuple[str, ...]]:
    """Return the sequence of the table as PostgreSQL has it; elsewhere the catalogue says it all."""
    if undo.database.vendor != "postgresql":
        return []
    return undo.query("SELECT data_type, max_value, last_value FROM pg_sequences WHERE sequencename LIKE 'shop_thing%'")


def test_e23b_a_key_that_was_made_wider_is_narrow_again_and_counts_on(undo: Undoing):
    small = THING.replace("BigAutoField", "AutoField")
    undo.write()
    undo.write_files(small, 'migrations.AlterField("Thing", "id", models.BigAutoField(primary_key=True)),')
    undo.migrate("shop", "0001")
    insert(undo, "name, n", "'a', 1")
    before, counted = undo.everything(), sequences(undo)
    undo.migrate()
    undo.down()
    assert (undo.everything(), sequences(undo)) == (before, counted)
    assert insert(undo, "name, n", "'b', 2") == 2


def test_e23d_rows_that_come_back_with_their_numbers_leave_the_next_ones_free(undo: Undoing):
    code = "def f(apps, editor):\n    apps.get_model('shop', 'Thing').objects.filter(n__gt=1).delete()"
    undo.write()
    undo.write_files(THING, "migrations.RunPython(f),", 'migrations.DeleteModel("Thing"),', code=code)
    undo.migrate("shop", "0001")
    for number in (1, 2, 3):
        insert(undo, "name, n", f"'a', {number}")
    undo.migrate()
    undo.down()
    assert undo.query("SELECT id FROM shop_thing ORDER BY id") == [(1,), (2,), (3,)]
    assert insert(undo, "name, n", "'b', 4") == 4
