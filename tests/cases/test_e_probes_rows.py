"""Rows that a rollback would fail on: found before its first statement (E07, E07b, E27, E34, E34b, E40, E56)."""

from __future__ import annotations

from tests.cases.undoing import THING, Undoing, launcher, undo

__all__ = ["launcher", "undo"]
UNIQUE = THING.replace("max_length=50", "max_length=50, unique=True")
RETRY = "help: change or delete these rows, then run the command again next: handrail explain HR505"


def said(message: str, *notes: str) -> str:
    return " ".join([f"CommandError: error[HR505]: constraint: {message}", *(f"note: {note}" for note in notes), RETRY])


def rows(*values: tuple[str, int]) -> list[str]:
    return [f"INSERT INTO shop_thing (name, n) VALUES ('{name}', {n})" for name, n in values]


def test_e07_duplicates_came_while_the_column_was_not_unique(undo: Undoing):
    undo.up(
        'migrations.AlterField("Thing", "name", models.CharField(max_length=50)),',
        'migrations.RenameField("Thing", "name", "title"), migrations.AlterModelTable("Thing", "things"),',
        first=UNIQUE,
        rows=[f"INSERT INTO things (title, n) VALUES ('{name}', 1)" for name in ("a", "a", "b", "b", "b", "c")],
    )
    message = "5 rows violate unique (name) of shop_thing"
    assert undo.refused() == said(message, "name = 'a': 2 rows", "name = 'b': 3 rows", "shop.0002_x makes it")
    undo.down("0002")
    undo.query("DELETE FROM shop_thing WHERE id IN (2, 4, 5)")
    undo.down()
    assert undo.values("name") == ["a", "b", "c"]


def test_e07b_the_whole_plan_is_looked_at_first(undo: Undoing):
    first = (
        THING.rstrip().removesuffix("]),") + '], options={"constraints": [models.UniqueConstraint(fields=["name"], name="uq")]}),'
    )
    undo.up(
        """
        migrations.RemoveConstraint("Thing", "uq"),
        migrations.AddField("Thing", "q", models.IntegerField(null=True)),
        """,
        'migrations.AddField("Thing", "p", models.IntegerField(null=True)),',
        first=first,
        rows=rows(("a", 1), ("a", 2)),
    )
    assert undo.refused() == said("2 rows violate unique uq (name) of shop_thing", "name = 'a': 2 rows", "shop.0002_x makes it")
    undo.query("UPDATE shop_thing SET name = 'b' WHERE n = 2")
    undo.down()
    assert undo.columns() == {"id", "name", "n"}


def test_e40_unique_together(undo: Undoing):
    first = THING.rstrip().removesuffix("]),") + '], options={"unique_together": {("name", "n")}}),'
    undo.up(
        'migrations.AlterUniqueTogether("Thing", set()),',
        first=first,
        rows=rows(("a", 1), ("a", 1), ("a", 2)),
    )
    assert undo.refused() == said(
        "2 rows violate unique (name, n) of shop_thing", "name = 'a', n = 1: 2 rows", "shop.0002_x makes it"
    )
    undo.query("UPDATE shop_thing SET n = 3 WHERE n = 2")
    undo.query("UPDATE shop_thing SET n = 4 WHERE id = 2")
    undo.down()
