"""Values that an altered column cannot take, and values that it changes (E06 to E06i, E08 to E08c, E74)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from tests.cases.undoing import Undoing, launcher, on_mariadb, undo

__all__ = ["launcher", "undo"]
CORRECT = "help: correct these values first; a rollback with --accept-loss cuts or leaves them out, and keeps them as they are"
REPLACE = "help: correct these values first, or say what a rollback puts in their place: --accept-loss --fill shop_thing.p=value"
GIVE = "help: give them a value first, or say which one a rollback gives them: --fill shop_thing.p=value"


def thing(field: str) -> str:
    """Return the operation that makes the table with a column p."""
    name = '("name", models.CharField(max_length=50, default="a"))'
    return f'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), {name}, ("p", {field})]),'


def alter(undo: Undoing, old: str, new: str, *values: str, **options: Any) -> None:
    """Apply an alteration of p, and insert rows with the new code. options: of Project.write."""
    rows = [f"INSERT INTO shop_thing (id, name, p) VALUES ({id}, 'a', {value})" for id, value in enumerate(values, 1)]
    undo.up(f'migrations.AlterField("Thing", "p", {new}),', first=thing(old), rows=rows, **options)


def said(rows: str, cast: str, *notes: str, help: str = CORRECT) -> str:
    parts = [f"CommandError: error[HR504]: narrowing: {rows} under p {cast}", *(f"note: {note}" for note in notes)]
    return " ".join([*parts, help, "next: python manage.py handrail explain HR504"])


def text(undo: Undoing) -> str:
    return "longtext" if undo.database.vendor == "mysql" else "text"


def there_and_back(undo: Undoing, narrow: list[Any], wide: list[Any]) -> None:
    """Take the migration back, see what the old column has, and apply it again, which brings all values back."""
    assert undo.down() == ""
    assert undo.values("p") == narrow
    undo.migrate()
    assert undo.values("p") == wide
    undo.down()
    assert undo.values("p") == narrow


def number(undo: Undoing, value: str) -> Any:
    """Return a decimal as the driver gives it."""
    return float(value) if undo.database.vendor == "sqlite" else Decimal(value)


def test_e06_a_text_that_is_too_long(undo: Undoing):
    alter(undo, "models.CharField(max_length=50)", "models.CharField(max_length=200)", f"'{'x' * 120}'", "'b'")
    cast = "varchar(200) -> varchar(50)"
    assert undo.refused() == said("1 row of shop_thing does not fit", cast, "for example those with the primary key 1")
    undo.query("UPDATE shop_thing SET p = 'a' WHERE id = 1")
    undo.down()
    assert undo.values("p") == ["a", "b"]


def test_e06c_a_text_that_is_no_number(undo: Undoing):
    alter(undo, "models.IntegerField()", "models.CharField(max_length=20)", "'abc'", "'2'", "' '")
    note = "for example those with the primary key 1, 3"
    assert undo.refused() == said("2 rows of shop_thing do not fit", "varchar(20) -> integer", note, help=REPLACE)
    undo.query("UPDATE shop_thing SET p = '1' WHERE id = 1")
    undo.query("UPDATE shop_thing SET p = '007' WHERE id = 3")
    there_and_back(undo, [1, 2, 7], ["1", "2", "007"])


def test_e06d_decimal_places_that_are_rounded_away(undo: Undoing):
    old, new = ("models.DecimalField(max_digits={}, decimal_places={})".format(*each) for each in ((8, 2), (10, 4)))
    alter(undo, old, new, "1.2345", "2.5")
    there_and_back(undo, [number(undo, "1.23"), number(undo, "2.5")], [number(undo, "1.2345"), number(undo, "2.5")])


def test_e06e_the_time_of_day(undo: Undoing):
    alter(undo, "models.DateField()", "models.DateTimeField()", "'2020-02-03 23:30:00'", "'2020-02-04 00:00:00'")
    wide: list[Any] = [datetime.datetime(2020, 2, 3, 23, 30), datetime.datetime(2020, 2, 4)]
    narrow: list[Any] = [datetime.date(2020, 2, 3), datetime.date(2020, 2, 4)]
    if undo.database.vendor == "sqlite":
        wide, narrow = ["2020-02-03 23:30:00", "2020-02-04 00:00:00"], ["2020-02-03", "2020-02-04"]
    if undo.database.vendor == "postgresql":
        wide = [each.replace(tzinfo=datetime.UTC) for each in wide]
    there_and_back(undo, narrow, wide)


def test_e06f_a_fraction(undo: Undoing):
    alter(undo, "models.IntegerField()", "models.FloatField()", "1.75", "2")
    there_and_back(undo, [2, 2], [1.75, 2.0])


def test_e06g_a_number_that_is_neither_true_nor_false(undo: Undoing):
    """MariaDB has a number in such a column anyway: nothing changes there."""
    alter(undo, "models.BooleanField()", "models.IntegerField()", "7", "1", "0")
    first = 7 if undo.database.vendor == "mysql" else 1
    there_and_back(undo, [first, 1, 0], [7, 1, 0])


def test_e06h_text_that_is_no_json_and_json_that_is_written_in_another_way(undo: Undoing):
    odd = '{"k": 1,  "k": 2}'
    undo.up(
        first=thing("models.TextField()"), rows=[f"INSERT INTO shop_thing (id, name, p) VALUES (1, 'a', '{odd}'), (2, 'a', '{{')"]
    )
    undo.write_files(thing("models.TextField()"), 'migrations.AlterField("Thing", "p", models.JSONField()),')
    cast = {"sqlite": "text CHECK (JSON_VALID(p) OR p IS NULL)", "mysql": "longtext -> json"}.get(
        undo.database.vendor, "text -> jsonb"
    )
    note = "for example those with the primary key 2"
    assert undo.refused("0002") == said("1 row of shop_thing does not fit", cast, note, help=REPLACE)
    undo.query("UPDATE shop_thing SET p = '[]' WHERE id = 2")
    undo.migrate()
    now = undo.values("p")
    assert now == ([{"k": 2}, []] if undo.database.vendor == "postgresql" else [odd, "[]"])
    undo.down()
    assert undo.values("p") == [odd, "[]"]


def test_e06i_a_text_that_postgresql_would_cut(undo: Undoing):
    alter(undo, "models.CharField(max_length=255)", "models.TextField()", f"'{'x' * 300}'")
    cast = f"{text(undo)} -> varchar(255)"
    assert undo.refused() == said("1 row of shop_thing does not fit", cast, "for example those with the primary key 1")


def test_e08_nulls_that_are_filled(undo: Undoing):
    alter(undo, "models.IntegerField(default=0)", "models.IntegerField(default=0, null=True)", "NULL", "2", "NULL", "0")
    there_and_back(undo, [0, 2, 0, 0], [None, 2, None, 0])
    undo.query("UPDATE shop_thing SET p = 5 WHERE id = 3")
    undo.query("DELETE FROM shop_thing WHERE id = 4")
    three_way = "3: before NULL, after 0, now 5"
    assert f"shop_thing.p: 1 row was changed since and stays as it is ({three_way})" in " ".join(undo.migrate().err.split())
    assert undo.values("p") == [None, 2, 5]


def test_e08b_nulls_that_nothing_fills(undo: Undoing):
    alter(undo, "models.IntegerField()", "models.IntegerField(null=True)", "NULL", "2")
    notes = ("for example those with the primary key 1", "1 row with NULL and no default for p")
    assert undo.refused() == said("1 row of shop_thing does not fit", "integer NULL -> NOT NULL", *notes, help=GIVE)
    undo.query("UPDATE shop_thing SET p = 1 WHERE id = 1")
    undo.down()
    assert undo.values("p") == [1, 2]


def test_e08c_texts_that_nothing_fills(undo: Undoing):
    alter(undo, "models.CharField(max_length=9)", "models.CharField(max_length=9, null=True)", "NULL", "''")
    notes = ("for example those with the primary key 1", "1 row with NULL and no default for p")
    assert undo.refused() == said("1 row of shop_thing does not fit", "varchar(9) NULL -> NOT NULL", *notes, help=GIVE)
    undo.query("UPDATE shop_thing SET p = 'a' WHERE id = 1")
    undo.down()
    assert undo.values("p") == ["a", ""]


@on_mariadb
def test_e74_a_server_that_would_invent_values(undo: Undoing):
    """The second alteration is one of which only the server itself can tell what does not fit."""
    lenient = {"OPTIONS": {"charset": "utf8mb4", "init_command": "SET sql_mode = ''"}}
    alter(undo, "models.IntegerField()", "models.BigIntegerField()", "9999999999", "2", settings=lenient)
    note = "for example those with the primary key 1"
    assert undo.refused().endswith(said("1 row of shop_thing does not fit", "bigint -> integer", note, help=REPLACE))
    undo.query("DELETE FROM shop_thing")
    altered = 'migrations.AlterField("Thing", "p", models.DateTimeField()),'
    undo.write_files(thing("models.IntegerField()"), altered)
    undo.query("ALTER TABLE shop_thing MODIFY p datetime(6) NOT NULL")
    undo.query("INSERT INTO shop_thing (id, name, p) VALUES (1, 'a', '2020-02-03 23:30:00')")
    before = undo.everything()
    assert undo.fails("shop", "0001").err.endswith("DataError: (1264, \"Out of range value for column 'p' at row 1\")\n")
    assert undo.everything() == before
    assert (
        undo.query("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'hrk%' AND table_schema = DATABASE()")
        == []
    )
    assert undo.steps()[-1] == ("0002_x", "backward", "unwound")
