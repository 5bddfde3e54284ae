"""The migrations that are stopped everywhere: between them, every operation that Django has.

Each is an app of its own: 0001_initial makes tables with rows in them, 0002_step is what is stopped, in both directions.
"""

from __future__ import annotations

from dataclasses import replace

from tests.crash.case import EVERYWHERE, OTHER, THING, Case

TABLES = Case(
    label="tables",
    rolls_back=True,
    again=True,
    first=THING
    + OTHER
    + """
migrations.CreateModel("Old", [("id", models.AutoField(primary_key=True)), ("thing", models.ForeignKey("Thing", CASCADE))]),
""",
    step="""
migrations.AlterModelTable("Other", "tables_moved"),
migrations.CreateModel("Shelf", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(default=0)),
    ("name", models.CharField(max_length=20, unique=True)),
    ("thing", models.ForeignKey("Thing", CASCADE)),
    ("others", models.ManyToManyField("Other")),
], options={
    "unique_together": {("n", "thing")},
    "indexes": [models.Index(fields=["n", "name"], name="tables_ix")],
    "constraints": [models.CheckConstraint(condition=Q(n__gte=0), name="tables_ck")],
}),
migrations.DeleteModel("Old"),
migrations.RenameModel("Thing", "Item"),
migrations.AlterModelTableComment("Item", "all items"),
migrations.AlterOrderWithRespectTo("Other", "thing"),
migrations.AlterModelOptions("Item", {"ordering": ["name"]}),
migrations.AlterModelManagers("Item", []),
""",
)
MOVING = Case(
    label="moving",
    rolls_back=True,
    again=True,
    first=THING
    + """
migrations.CreateModel("Old", [("id", models.AutoField(primary_key=True)), ("thing", models.ForeignKey("Thing", CASCADE))]),
""",
    step="""
migrations.DeleteModel("Old"),
migrations.RenameModel("Thing", "Item"),
migrations.AlterModelTable("Item", "moving_items"),
""",
)
"""A table that gets another name twice, once a table that pointed to it is gone."""
ADDING = Case(
    label="adding",
    again=True,
    first=THING + OTHER,
    step="""
migrations.AddField("Thing", "a_null", models.IntegerField(null=True)),
migrations.AddField("Thing", "a_default", models.CharField(max_length=10, default="it's %s")),
migrations.AddField("Thing", "a_db_default", models.IntegerField(db_default=7)),
migrations.AddField("Thing", "a_key", models.ForeignKey("Other", SET_NULL, null=True, related_name="+")),
migrations.AddField("Thing", "a_many", models.ManyToManyField("Other", related_name="+")),
migrations.AddField("Thing", "a_unique", models.IntegerField(null=True, unique=True)),
migrations.AddField("Thing", "a_index", models.CharField(max_length=10, null=True, db_index=True)),
migrations.AddField("Thing", "a_one", models.OneToOneField("Other", CASCADE, null=True, related_name="+")),
""",
)
REMOVING = Case(
    label="removing",
    rolls_back=True,
    again=True,
    first=THING
    + OTHER
    + """
migrations.AddField("Thing", "indexed", models.CharField(max_length=10, db_index=True, default="i")),
migrations.AddField("Other", "one", models.OneToOneField("Thing", CASCADE, null=True, related_name="+")),
""",
    step="""
migrations.RemoveField("Thing", "n"),
migrations.RemoveField("Thing", "indexed"),
migrations.RemoveField("Other", "one"),
migrations.RemoveField("Other", "many"),
""",
)
ALTERING = Case(
    label="altering",
    first=THING
    + """
migrations.AddField("Thing", "maybe", models.IntegerField(null=True)),
migrations.AddField("Thing", "short", models.CharField(max_length=10)),
"""
    + OTHER
    + """
migrations.AddField("Other", "other_key", models.ForeignKey("Thing", CASCADE, related_name="+")),
""",
    step="""
migrations.AlterField("Thing", "maybe", models.IntegerField(default=5)),
migrations.AlterField("Thing", "id", models.BigAutoField(primary_key=True)),
migrations.AlterField("Thing", "name", models.CharField(max_length=80)),
migrations.AlterField("Thing", "short", models.CharField(max_length=20, unique=True)),
migrations.AlterField("Thing", "x", models.CharField(max_length=20, default="x", db_index=True)),
migrations.AlterField("Other", "other_key", models.ForeignKey("Other", CASCADE, related_name="+")),
migrations.AlterField("Other", "code", models.CharField(max_length=30, db_column="code_column", db_comment="of it")),
migrations.RenameField("Thing", "n", "number"),
migrations.RenameField("Other", "thing", "item"),
""",
)
NARROWING = Case(
    label="narrowing",
    first=THING
    + """
migrations.CreateModel("Wide", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=80, unique=True)),
    ("n", models.IntegerField(db_index=True)),
    ("thing", models.ForeignKey("Thing", CASCADE)),
]),
""",
    step="""
migrations.AlterField("Wide", "name", models.CharField(max_length=20)),
migrations.AlterField("Wide", "n", models.BigIntegerField(null=True)),
migrations.AlterField("Wide", "thing", models.ForeignKey("Thing", CASCADE, db_constraint=False)),
migrations.AlterField("Thing", "name", models.TextField()),
""",
)
CASTING = Case(
    label="casting",
    rolls_back=True,
    again=True,
    first=THING
    + """
migrations.AddField("Thing", "code", models.TextField(default="007")),
migrations.AddField("Thing", "maybe", models.IntegerField(null=True)),
""",
    step="""
migrations.AlterField("Thing", "code", models.IntegerField(default=7)),
migrations.AlterField("Thing", "maybe", models.IntegerField(default=5)),
migrations.AlterField("Thing", "x", models.TextField()),
""",
)
"""Values that change on the way there, on SQLite too as plain Django does it: a text that is a number, and NULLs."""
NAMES = Case(
    label="names",
    first=THING
    + """
migrations.AddIndex("Thing", models.Index(fields=["n"], name="names_a")),
migrations.AddIndex("Thing", models.Index(fields=["x"], name="names_b")),
migrations.AddConstraint("Thing", models.CheckConstraint(condition=Q(n__gte=0), name="names_c")),
migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["n", "x"], name="names_d")),
""",
    step="""
migrations.AddIndex("Thing", models.Index(fields=["name", "-n"], name="names_e")),
migrations.RemoveIndex("Thing", "names_a"),
migrations.RenameIndex("Thing", new_name="names_f", old_name="names_b"),
migrations.AddConstraint("Thing", models.CheckConstraint(condition=Q(n__lte=1000) & ~Q(name="it's"), name="names_g")),
migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["name"], name="names_h")),
migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["x"], condition=Q(n__gt=1), name="names_i")),
migrations.RemoveConstraint("Thing", "names_c"),
migrations.RemoveConstraint("Thing", "names_d"),
migrations.AlterUniqueTogether("Thing", {("name", "x")}),
""",
)
DOUBLE = """
def double(apps, editor):
    apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias).update(n=F("n") * 2)


def halve(apps, editor):
    apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias).update(n=F("n") / 2)
"""
CODE = Case(
    label="code",
    first=THING,
    code=DOUBLE,
    step="""
migrations.RunPython(double, halve, atomic=True),
migrations.AddField("Thing", "p", models.IntegerField(null=True)),
migrations.RunSQL("UPDATE LABEL_thing SET p = n + 1", "UPDATE LABEL_thing SET p = NULL"),
migrations.RunSQL("CREATE TABLE LABEL_raw (id integer NOT NULL PRIMARY KEY)", "DROP TABLE LABEL_raw"),
migrations.RunSQL(
    [("INSERT INTO LABEL_raw (id) VALUES (%s)", [7]), "INSERT INTO LABEL_raw (id) VALUES (8)"],
    ["DELETE FROM LABEL_raw"],
),
migrations.RunSQL(
    "UPDATE LABEL_thing SET n = n + 1; CREATE TABLE LABEL_two (id integer NOT NULL PRIMARY KEY);",
    "DROP TABLE LABEL_two; UPDATE LABEL_thing SET n = n - 1",
),
migrations.SeparateDatabaseAndState(
    database_operations=[migrations.AddField("Thing", "q", models.IntegerField(default=1))],
    state_operations=[migrations.AddField("Thing", "q", models.IntegerField(default=1))],
),
migrations.RunPython(double, halve, atomic=True),
""",
)
LOGGED = Case(
    label="logged",
    rolls_back=True,
    irreversible=True,
    first=THING + OTHER,
    code="""
def write(apps, editor):
    things = apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias)
    things.update(n=F("n") * 3)
    things.create(id=7, name="seven", n=7)
    apps.get_model(__name__.split(".")[0], "Other").objects.using(editor.connection.alias).filter(id=3).delete()


def longer(apps, editor):
    for other in apps.get_model(__name__.split(".")[0], "Other").objects.using(editor.connection.alias).order_by("id"):
        other.code = other.code * 2
        other.save()


def wrong(apps, editor):
    apps.get_model(__name__.split(".")[0], "Other").objects.using(editor.connection.alias).update(code="wrong")
""",
    step="""
migrations.RunPython(write, atomic=True),
migrations.RunSQL("UPDATE LABEL_thing SET name = 'sql' WHERE id < 3"),
migrations.SeparateDatabaseAndState(database_operations=[
    migrations.RunSQL([
        "INSERT INTO LABEL_thing (id, name, n, x) VALUES (8, 'eight', 8, 'x')",
        "DELETE FROM LABEL_thing WHERE id = 7",
    ]),
]),
migrations.RunPython(longer, wrong, atomic=True),
""",
)
"""Rows that only the log of them takes back: there is no reverse, or it leaves other rows than there were."""
DROPPING = Case(
    label="dropping",
    rolls_back=True,
    again=True,
    irreversible=True,
    own_schema=True,
    first=THING
    + """
migrations.AddField("Thing", "indexed", models.CharField(max_length=10, db_index=True, default="i")),
migrations.CreateModel("Old", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField(unique=True))]),
migrations.CreateModel("Gone", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField())]),
""",
    step="""
migrations.RunSQL("ALTER TABLE LABEL_thing DROP COLUMN n", state_operations=[migrations.RemoveField("Thing", "n")]),
migrations.RunSQL("DROP TABLE LABEL_old", state_operations=[migrations.DeleteModel("Old")]),
migrations.RunSQL(
    "DROP TABLE LABEL_gone; ALTER TABLE LABEL_thing DROP COLUMN x",
    "ALTER TABLE LABEL_thing ADD COLUMN x varchar(20) DEFAULT 'x' NOT NULL",
    state_operations=[migrations.DeleteModel("Gone"), migrations.RemoveField("Thing", "x")],
),
""",
)
"""What SQL drops."""
CONCURRENT = Case(
    label="building",
    vendors=("postgresql",),
    atomic=False,
    first=THING
    + """
migrations.AddIndex("Thing", models.Index(fields=["n"], name="building_a")),
""",
    step="""
migrations.AddField("Thing", "p", models.IntegerField(null=True)),
postgres.AddIndexConcurrently("Thing", models.Index(fields=["name"], name="building_b")),
postgres.RemoveIndexConcurrently("Thing", "building_a"),
postgres.AddConstraintNotValid("Thing", models.CheckConstraint(condition=Q(n__gte=0), name="building_c")),
postgres.ValidateConstraint("Thing", "building_c"),
""",
)
D01 = Case(
    label="d01",
    first=THING,
    code=DOUBLE,
    step="""
migrations.AddField("Thing", "p", models.IntegerField(null=True)),
migrations.RunPython(double, halve),
migrations.AddField("Thing", "q", models.CharField(max_length=10, default="q")),
migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("thing", models.ForeignKey("Thing", CASCADE))]),
migrations.AddIndex("Thing", models.Index(fields=["n"], name="d01_ix")),
migrations.AlterField("Thing", "n", models.BigIntegerField(default=0)),
migrations.RemoveField("Thing", "x"),
""",
)
"""D01, and backward D03. atomic = False is D02 and D04: with its code in a transaction of its own, else it asks (D02b)."""
D02 = replace(D01, label="d02", atomic=False, step=D01.step.replace("halve)", "halve, atomic=True)").replace("d01", "d02"))
D02B = replace(D01, label="d02b", atomic=False, step=D01.step.replace("d01", "d02b"), asks=True)
D05B = Case(
    label="d05b",
    first=THING,
    step="""
migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("thing", models.ForeignKey("Thing", CASCADE))]),
""",
)
D05C = Case(
    label="d05c",
    first=THING,
    step="""
migrations.AddField("Thing", "p", models.IntegerField(null=True, db_index=True)),
""",
)
D06 = Case(label="d06", first=THING, code=DOUBLE, step="migrations.RunPython(double, halve),\n")
LOOP = """
def double(apps, editor):
    for thing in apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias).order_by("id"):
        thing.n *= 2
        thing.save()


def halve(apps, editor):
    for thing in apps.get_model(__name__.split(".")[0], "Thing").objects.using(editor.connection.alias).order_by("id"):
        thing.n //= 2
        thing.save()
"""
D06B = Case(label="d06b", first=THING, code=LOOP, step="migrations.RunPython(double, halve),\n", atomic=False, asks=True)
D06C = Case(label="d06c", first=THING, code=LOOP, step="migrations.RunPython(double, halve),\n")

OPERATIONS = (TABLES, MOVING, ADDING, REMOVING, ALTERING, NARROWING, CASTING, NAMES, CODE, LOGGED, DROPPING, CONCURRENT)
LOOSE = tuple(case.loose() for case in OPERATIONS if case.atomic and case is not CODE)
LISTED = (D01, D02, D02B, D05B, D05C, D06, D06B, D06C)
ALL = {case.label: case for case in (*OPERATIONS, *LOOSE, CODE.loose(EVERYWHERE), *LISTED)}
