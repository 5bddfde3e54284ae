"""Rows that a rollback would fail on: found before its first statement (E07, E07b, E27, E34, E34b, E40, E56)."""

from __future__ import annotations

import pytest

from tests.cases.undoing import THING, Undoing, launcher, on_postgres, undo

__all__ = ["launcher", "undo"]
UNIQUE = THING.replace("max_length=50", "max_length=50, unique=True")
RETRY = "help: change or delete these rows, then run the command again next: python manage.py handrail explain HR505"


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
    before = undo.everything()
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--yes"])
    assert one.end() == 2, one.text
    assert f"error[HR505]: constraint: {message}" in one.text
    assert undo.everything() == before
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


TWO = """
migrations.CreateModel("P", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Q", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("p", models.ForeignKey("shop.P", models.CASCADE)),
]),
"""


def test_e27_a_foreign_key_that_leads_elsewhere(undo: Undoing):
    undo.up(
        'migrations.AlterField("Thing", "p", models.ForeignKey("shop.Q", models.CASCADE)),',
        first=TWO,
        rows=[
            "INSERT INTO shop_p (id) VALUES (1)",
            "INSERT INTO shop_q (id) VALUES (1)",
            "INSERT INTO shop_q (id) VALUES (55)",
            *(f"INSERT INTO shop_thing (name, p_id) VALUES ('a', {to})" for to in (1, 55)),
        ],
    )
    assert undo.refused() == said(
        "1 row violates the foreign key shop_thing.p_id to shop_p.id", "p_id = 55 is in no row of shop_p", "shop.0002_x makes it"
    )
    undo.query("INSERT INTO shop_p (id) VALUES (55)")
    undo.down()
    assert undo.values("p_id") == [1, 55]
    keys = [one.definition for one in undo.catalogue() if "references" in one.definition.lower()]
    assert len(keys) == 1
    assert "shop_p" in keys[0]


COLLATIONS = {"sqlite": ("NOCASE", "BINARY"), "mysql": ("utf8mb4_general_ci", "utf8mb4_bin")}


@pytest.mark.parametrize("undo", ["sqlite", "mariadb"], indirect=True)
def test_e34_the_collation_that_comes_back_decides_what_is_equal(undo: Undoing):
    """The table's own is what a column without one has: on MariaDB both are told apart, on SQLite that is BINARY."""
    coarse, fine = COLLATIONS[undo.database.vendor]
    undo.up(
        f'migrations.AlterField("Thing", "name", models.CharField(max_length=50, unique=True, db_collation="{fine}")),',
        first=UNIQUE.replace("unique=True", f'unique=True, db_collation="{coarse}"'),
        rows=rows(("a", 1), ("A", 2), ("b", 3)),
    )
    refused = undo.refused()
    message = f"2 rows violate unique (name) of shop_thing by the collation {coarse}"
    assert refused in {said(message, f"name = {name!r}: 2 rows", "shop.0002_x makes it") for name in ("a", "A")}
    undo.query("DELETE FROM shop_thing WHERE n = 2")
    undo.down()
    assert undo.values("name") == ["a", "b"]


@pytest.mark.parametrize("undo", ["mariadb"], indirect=True)
def test_e34_the_collation_of_the_table(undo: Undoing):
    undo.up(
        'migrations.AlterField("Thing", "name", models.CharField(max_length=50, unique=True, db_collation="utf8mb4_bin")),',
        first=UNIQUE,
        rows=rows(("a", 1), ("A", 2)),
    )
    assert "HR505]: constraint: 2 rows violate unique (name) of shop_thing by the collation utf8mb4_" in undo.refused()


@on_postgres
def test_e34b_a_collation_that_tells_all_values_apart(undo: Undoing):
    undo.up(
        'migrations.AlterField("Thing", "name", models.CharField(max_length=50, unique=True, db_collation="C")),',
        first=UNIQUE,
        rows=rows(("a", 1), ("A", 2)),
    )
    assert undo.down() == ""
    assert undo.values("name") == ["a", "A"]


CHECKS = """
migrations.AddConstraint("Thing", models.CheckConstraint(condition=models.Q(n__gt=0) | models.Q(p__isnull=True), name="ck")),
migrations.AddConstraint("Thing", models.UniqueConstraint("p", models.functions.Lower("name"), name="low")),
migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["p"], condition=models.Q(name__startswith="%"), name="some")),
"""


def test_e07b_conditions_and_expressions(undo: Undoing):
    first = THING.rstrip().removesuffix("]),") + '("p", models.ForeignKey("self", models.CASCADE, null=True))]),'
    undo.up(
        'migrations.RemoveConstraint("Thing", "low"), migrations.RemoveConstraint("Thing", "some"),',
        'migrations.RemoveConstraint("Thing", "ck"),',
        first=first.replace("shop.", "") + CHECKS,
        rows=[
            "INSERT INTO shop_thing (name, n) VALUES ('root', 0)",
            *(
                f"INSERT INTO shop_thing (name, n, p_id) VALUES ('{name}', {n}, 1)"
                for name, n in (("A", -1), ("a", 2), ("%", 3), ("%%", 4))
            ),
        ],
    )
    refused = undo.refused()
    assert "error[HR505]: constraint: 1 row violates ck of shop_thing note: id = 2 note: shop.0003_x makes it" in refused
    lower, some = "unique low (F(p), Lower(F(name)))", "unique some (p_id)"
    has_both = undo.database.vendor != "mysql"  # MariaDB makes neither
    assert (f"2 rows violate {lower} of shop_thing" in refused) is has_both
    assert (f"2 rows violate {some} of shop_thing note: p_id = 1: 2 rows" in refused) is has_both
    undo.query("DELETE FROM shop_thing WHERE n IN (-1, 3)")
    undo.down()


EXCLUSION = """
BtreeGistExtension(),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
]),
migrations.AddConstraint("Thing", ExclusionConstraint(name="ex", expressions=[("name", "="), ("n", "<>")])),
"""


@on_postgres
def test_e07b_an_exclusion(undo: Undoing):
    imports = "from django.contrib.postgres.constraints import ExclusionConstraint\n"
    undo.up(
        'migrations.RemoveConstraint("Thing", "ex"),',
        first=EXCLUSION,
        code=imports + "from django.contrib.postgres.operations import BtreeGistExtension",
        rows=rows(("a", 1), ("a", 1), ("a", 2), ("b", 3)),
    )
    assert undo.refused() == said("1 row violates ex of shop_thing", "id = 3", "shop.0002_x makes it")


def test_e56_one_value_for_all_rows(undo: Undoing):
    undo.up(rows=rows(("a", 1), ("b", 2)))
    add = 'migrations.AddField("Thing", "u", models.UUIDField(default=uuid.uuid4, unique=True)),'
    undo.write_files(THING, 'migrations.AddField("Thing", "p", models.IntegerField(null=True)),', add, code="import uuid")
    refused = undo.refused("0003")
    help = "help: add it with null=True, give each row its value in a RunPython, then make it unique"
    message = "CommandError: error[HR505]: constraint: 2 rows violate unique (u) of shop_thing"
    notes = "note: the default is called once, and its value used for all rows note: shop.0003_x makes it"
    assert refused == f"{message} {notes} {help} next: python manage.py handrail explain HR505"
    undo.query("DELETE FROM shop_thing WHERE n = 2")
    undo.migrate()
    assert undo.columns() == {"id", "name", "n", "p", "u"}


def test_hr503_a_column_that_must_have_a_value_comes_back(undo: Undoing):
    first = THING.replace("models.IntegerField(default=0)", "models.IntegerField()")
    undo.up(first=first, rows=rows(("a", 1), ("b", 2)))
    undo.write_files(
        first,
        'migrations.RemoveField("Thing", "n"),',
        'migrations.RunSQL(migrations.RunSQL.noop, "UPDATE shop_thing SET name = name"),',  # it deletes no row
    )
    undo.migrate("shop", "0002", "--no-keep")
    message = "CommandError: error[HR503]: no-value: shop_thing.n NOT NULL without default, {}"
    help = "help: say what they get: --fill shop_thing.n=value next: python manage.py handrail explain HR503"
    undo.migrate()
    notes = "note: shop.0002_x dropped it, and nothing of it is kept"
    assert undo.refused() == f"{message.format('2 rows')} {notes} {help}"
    undo.query("DELETE FROM shop_thing")
    undo.down()
    for row in rows(("a", 1), ("b", 2)):
        undo.query(row)
    undo.migrate()
    undo.query("INSERT INTO shop_thing (name) VALUES ('c')")
    notes = "note: the rows that were inserted since have no value for it"
    assert undo.refused() == f"{message.format('1 row')} {notes} {help}"
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--yes", "--fill", "shop_thing.n=7"])
    assert one.end() == 0, one.text
    assert undo.query("SELECT name, n FROM shop_thing ORDER BY n") == [("a", 1), ("b", 2), ("c", 7)]


def test_hr503_a_column_that_comes_back_with_null_must_have_none_in_the_end(undo: Undoing):
    undo.up(first=THING.replace("models.IntegerField(default=0)", "models.IntegerField()"), rows=rows(("a", 1)))
    undo.write_files(
        THING.replace("models.IntegerField(default=0)", "models.IntegerField()"),
        'migrations.AlterField("Thing", "n", models.IntegerField(null=True)),',
        'migrations.RenameModel("Thing", "Item"), migrations.RenameField("Item", "n", "m"),',
        'migrations.RemoveField("Item", "m"),',
    )
    undo.migrate("shop", "0003")
    undo.query("INSERT INTO shop_item (name, m) VALUES ('b', NULL)")
    undo.migrate()
    undo.query("INSERT INTO shop_item (name) VALUES ('c')")
    message = "CommandError: error[HR503]: no-value: shop_thing.n NOT NULL without default, 2 rows"
    tail = "help: say what they get: --fill shop_thing.n=value next: python manage.py handrail explain HR503"
    assert undo.refused() == f"{message} note: it comes back with NULL in them before that {tail}"
    assert undo.query("SELECT COUNT(*) FROM shop_item") == [(3,)]
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--yes", "--fill", "shop_thing.n=7"])
    assert one.end() == 0, one.text
    assert undo.query("SELECT name, n FROM shop_thing ORDER BY name") == [("a", 1), ("b", 7), ("c", 7)]


def test_e07_code_that_runs_before_may_put_it_right(undo: Undoing):
    """What is not sure is said, and does not stop the plan."""
    undo.up(
        'migrations.AlterField("Thing", "name", models.CharField(max_length=50)),',
        "migrations.RunPython(migrations.RunPython.noop, rename),",
        first=UNIQUE,
        code="def rename(apps, editor):\n    apps.get_model('shop', 'Thing').objects.filter(n=2).update(name='b')",
        rows=rows(("a", 1), ("a", 2)),
    )
    said = "warning[HR505]: constraint: 2 rows violate unique (name) of shop_thing note: name = 'a': 2 rows note: shop.0002_x makes it"
    assert said in undo.down()
    assert undo.values("name") == ["a", "b"]


@pytest.mark.parametrize("changed", ["n", "name"])
def test_e07_a_log_puts_right_only_what_it_changes(undo: Undoing, changed: str):
    undo.up(first=UNIQUE, rows=rows(("a", 1)))
    plain = 'migrations.AlterField("Thing", "name", models.CharField(max_length=50)),'
    code = f"def change(apps, editor):\n    apps.get_model('shop', 'Thing').objects.update({changed}='7')"
    undo.write_files(UNIQUE, plain, "migrations.RunPython(change),", code=code)
    undo.migrate()
    name = undo.values("name")[0]
    undo.query(f"INSERT INTO shop_thing (name, n) VALUES ('{name}', 2)")
    if changed == "n":
        assert undo.refused() == said("2 rows violate unique (name) of shop_thing", "name = 'a': 2 rows", "shop.0002_x makes it")
        return
    assert "warning[HR505]: constraint: 2 rows violate unique (name) of shop_thing note: name = '7': 2 rows" in undo.down()
    assert undo.values("name") == ["a", "7"]


def test_e07_code_that_names_other_models_changes_nothing_here(undo: Undoing):
    """A relation that has to have a target again: the plan says it, whatever runs before it elsewhere."""
    undo.up(
        'migrations.AlterField("Thing", "p", models.ForeignKey("shop.P", models.CASCADE, null=True)),',
        "migrations.RunPython(migrations.RunPython.noop, clean),",
        first=TWO,
        code="def clean(apps, editor):\n    _all_of(apps).delete()\n\n"
        "def _all_of(apps):\n    return apps.get_model('shop', 'Q').objects.all()",
        rows=["INSERT INTO shop_q (id) VALUES (1)", "INSERT INTO shop_thing (name) VALUES ('a')"],
    )
    message = "error[HR504]: narrowing: 1 row of shop_thing does not fit under p_id bigint NULL -> NOT NULL"
    assert f"{message} note: " in undo.refused()
    assert undo.query("SELECT count(*) FROM shop_q") == [(1,)]
    undo.query("INSERT INTO shop_p (id) VALUES (5)")
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--yes", "--fill", "shop_thing.p_id=5"])
    assert one.end() == 0, one.text
    assert undo.values("p_id") == [5]
