"""What uses a column or table that goes, and plans that Django would stop in (E13c, E30b, E30c, E32b, E36, E36c, E36d, E48, E48b, E49)."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.cases.undoing import THING, Undoing, launcher, on_postgres, on_sqlite, undo

__all__ = ["launcher", "undo"]
ADD = 'migrations.AddField("Thing", "p", models.IntegerField(default=7)),'
VIEW = "CREATE VIEW v AS SELECT n, p FROM shop_thing WHERE p > 0"
FIRST = "help: drop what is named first, and make it again afterwards next: python manage.py handrail explain HR510"


def dependents(refused: str, message: str, migration: str = "shop.0002_x") -> str:
    """Check code, message, last note and help, and return the notes between."""
    start, end = f"CommandError: error[HR510]: dependents: {message} note: ", f" note: {migration} drops it {FIRST}"
    assert refused.startswith(start), refused
    assert refused.endswith(end), refused
    return refused.removeprefix(start).removesuffix(end)


def test_e48_a_view_uses_the_column(undo: Undoing):
    undo.up(
        ADD,
        rows=["INSERT INTO shop_thing (name, n, p) VALUES ('a', 1, 5)", VIEW, "CREATE VIEW other AS SELECT n FROM shop_thing"],
    )
    note = dependents(undo.refused(), "view v uses shop_thing.p")
    assert note.lower().startswith("view v: ")
    assert "from" in note.lower()
    assert undo.query("SELECT p FROM v") == [(5,)]
    undo.query("DROP VIEW v")
    undo.down()
    assert undo.columns() == {"id", "name", "n"}
    assert undo.query("SELECT n FROM other") == [(1,)]


def test_e48_a_view_that_the_plan_drops_itself(undo: Undoing):
    sql = f'migrations.RunSQL("{VIEW}", "DROP VIEW v"),'
    undo.up(ADD, sql)
    undo.down()
    assert undo.columns() == {"id", "name", "n"}
    undo.migrate()
    assert undo.query("SELECT p FROM v") == []


def test_e48b_a_view_and_the_foreign_key_of_a_table_that_django_does_not_know(undo: Undoing):
    create = """
    migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("t", models.ForeignKey("shop.Thing", models.CASCADE))]),
    migrations.CreateModel("Known", [("id", models.BigAutoField(primary_key=True)), ("n", models.ManyToManyField("shop.New"))]),
    """
    outside = "CREATE TABLE outside (n_id bigint, CONSTRAINT fk_out FOREIGN KEY (n_id) REFERENCES shop_new (id))"
    undo.up(
        create,
        rows=[
            "INSERT INTO shop_thing (name, n) VALUES ('a', 1)",
            "INSERT INTO shop_new (t_id) VALUES (1)",
            outside,
            "INSERT INTO outside VALUES (1)",
            "CREATE VIEW v AS SELECT id FROM shop_new",
        ],
    )
    key = "n_id" if undo.database.vendor == "sqlite" else "fk_out"
    note = dependents(undo.refused(), f"foreign key {key} of outside, view v use shop_new")
    assert f"foreign key {key} of outside: " in note
    undo.query("DROP VIEW v")
    undo.query("DROP TABLE outside")
    undo.down()
    undo.migrate()
    assert undo.query("SELECT t_id FROM shop_new") == [(1,)]


TRIGGERS = {
    "postgresql": [
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.p := 1; RETURN new; END'",
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER t BEFORE INSERT ON shop_thing FOR EACH ROW EXECUTE FUNCTION tf()",
        "CREATE TRIGGER q BEFORE INSERT ON shop_thing FOR EACH ROW EXECUTE FUNCTION quiet()",
    ],
    "mysql": ["CREATE TRIGGER t BEFORE INSERT ON shop_thing FOR EACH ROW SET new.p = 1"],
    "sqlite": ["CREATE TRIGGER t AFTER INSERT ON shop_thing BEGIN UPDATE shop_thing SET p = 1; END"],
}


def test_e49_a_trigger_names_the_column(undo: Undoing):
    undo.up(ADD, rows=TRIGGERS[undo.database.vendor])
    assert "trigger t of shop_thing: " in dependents(undo.refused(), "trigger t of shop_thing uses shop_thing.p")
    undo.query("DROP TRIGGER t" + (" ON shop_thing" if undo.database.vendor == "postgresql" else ""))
    undo.down()
    undo.query("INSERT INTO shop_thing (name, n) VALUES ('old', 1)")
    assert undo.values("name") == ["old"]


GENERATED = """
migrations.AddField("Thing", "g", models.GeneratedField(
    expression=models.F("n") * 2, output_field=models.IntegerField(), db_persist=True)),
"""


def test_e30b_the_source_of_a_generated_column(undo: Undoing):
    undo.up(
        GENERATED if undo.database.vendor != "sqlite" else GENERATED.replace("True", "False"),
        rows=["INSERT INTO shop_thing (name, n) VALUES ('a', 4)"],
    )
    before = undo.everything()
    package = undo.folder / "shop" / "migrations"
    text = (package / "0002_x.py").read_text().replace("0001_initial", "0002_x")
    start = text.index("    operations")
    drops = '    operations = [{}migrations.RemoveField("Thing", "n")]\n'
    (package / "0003_x.py").write_text(text[:start] + drops.format(""))
    refused = " ".join(undo.fails(code=2).err.split())
    dependents(refused, "generated column g of shop_thing uses shop_thing.n", "shop.0003_x")
    assert undo.everything() == before
    (package / "0003_x.py").write_text(text[:start] + drops.format('migrations.RemoveField("Thing", "g"), '))
    undo.migrate()
    undo.migrate("shop", "0002")
    assert sorted(undo.catalogue()) == sorted(before[0])
    assert undo.query("SELECT name, n, g FROM shop_thing") == [("a", 4, 8)]


M2M = """
migrations.CreateModel("Link", [("id", models.BigAutoField(primary_key=True)),
    ("a", models.ForeignKey("shop.Thing", models.CASCADE)), ("b", models.ForeignKey("shop.Tag", models.CASCADE))]),
migrations.AlterField("Thing", "tags", models.ManyToManyField("shop.Tag", through="shop.Link")),
"""


def test_e13c_e30c_e32b_what_django_cannot_alter_is_said_before_anything_else(undo: Undoing):
    stored = undo.database.vendor != "sqlite"
    first = (
        'migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),\n'
        + THING
        + 'migrations.AddField("Thing", "tags", models.ManyToManyField("shop.Tag")),'
        + GENERATED.replace("db_persist=True", f"db_persist={stored}")
    )
    undo.up(first=first)
    tail = "next: python manage.py handrail explain HR502"
    undo.write_files(first, 'migrations.AddField("Thing", "p", models.IntegerField(null=True)),', M2M)
    assert undo.refused("0003") == (
        "CommandError: error[HR502]: irreversible: shop.0003_x op 2; plan would stop after 1 migration"
        " note: Alter field tags on Thing: through of a many-to-many field cannot be changed: Django would raise ValueError"
        f" help: make the link table's model in state_operations of SeparateDatabaseAndState, with AlterField beside it {tail}"
    )
    altered = GENERATED.replace("AddField", "AlterField").replace("* 2", "* 3").replace("db_persist=True", f"db_persist={stored}")
    undo.write_files(first, 'migrations.AddField("Thing", "p", models.IntegerField(null=True)),', altered)
    assert undo.refused("0003") == (
        "CommandError: error[HR502]: irreversible: shop.0003_x op 1; plan would stop after 1 migration"
        " note: Alter field g on Thing: a GeneratedField cannot be altered: Django would raise ValueError"
        f" help: remove the field and add it with its new definition: its values are computed again {tail}"
    )
    undo.write_files(
        first,
        'migrations.RemoveField("Thing", "tags"), migrations.RemoveField("Thing", "id"),'
        'migrations.AddField("Thing", "pk", models.CompositePrimaryKey("name", "n")),',
    )
    assert undo.refused("0002") == (
        "CommandError: error[HR517]: no-primary-key: shop_thing"
        " note: shop.0002_x gives it a CompositePrimaryKey, which does nothing in the database"
        " note: the old key is dropped, and no other one made"
        " help: make a new model with that key and copy the rows, or change the key with RunSQL in database_operations"
        " next: python manage.py handrail explain HR517"
    )


PART = """
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("t", models.ForeignKey("shop.Thing", models.CASCADE)),
]),
"""


@on_sqlite
def test_e36_rows_that_have_no_target_already(undo: Undoing):
    undo.up('migrations.AddIndex("Thing", models.Index(fields=["n"], name="ix")),', first=THING + PART)
    undo.query("INSERT INTO shop_part (id, t_id) VALUES (1, 999)")
    message = (
        "CommandError: error[HR505]: constraint: 1 row violates the foreign key of shop_part to shop_thing"
        " note: rowid 1 of shop_part has no row of shop_thing"
        " note: all foreign keys are checked when a migration ends, also those that it leaves alone"
        " help: change or delete these rows, then run the command again next: python manage.py handrail explain HR505"
    )
    assert undo.refused() == message
    undo.write_files(THING + PART, 'migrations.AddIndex("Thing", models.Index(fields=["n"], name="ix")),', ADD)
    assert undo.refused("0003") == message
    undo.query("UPDATE shop_part SET t_id = 1")
    undo.query("INSERT INTO shop_thing (id, name, n) VALUES (1, 'a', 1)")
    undo.migrate()


ATOMIC = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection, transaction
from pathlib import Path
with transaction.atomic():
    try:
        call_command("migrate", verbosity=0)
    except Exception as error:
        Path("said").write_text(str(error))
"""


@on_sqlite
def test_e36d_migrate_inside_a_transaction(undo: Undoing):
    undo.up()
    undo.write_files(THING, ADD)
    before = undo.everything()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project_settings"}
    subprocess.run([sys.executable, "-c", ATOMIC], cwd=undo.folder, env=environment, check=True)
    assert " ".join((undo.folder / "said").read_text().split()) == (
        "error[HR407]: lint: shop.0002_x cannot run inside atomic() on SQLite while foreign keys are checked"
        " help: do not call migrate inside atomic() on SQLite next: handrail explain HR407"
    )
    assert undo.everything() == before


@on_postgres
def test_e48_a_view_keeps_the_type_of_its_columns(undo: Undoing):
    undo.up(
        'migrations.AlterField("Thing", "name", models.CharField(max_length=80)),',
        'migrations.AlterField("Thing", "n", models.IntegerField(default=0, help_text="how many")),',
        rows=["CREATE VIEW v AS SELECT name, n FROM shop_thing"],
    )
    refused = undo.refused()
    assert refused.startswith(
        "CommandError: error[HR510]: dependents: view v uses shop_thing.name note: view v: SELECT name, n FROM"
    )
    assert refused.endswith(f" note: shop.0002_x alters it {FIRST}")
    assert undo.down("0002") == ""
