"""The migrations that are stopped everywhere: between them, every operation that Django has.

Each is an app of its own: 0001_initial makes tables with rows in them, 0002_step is what is stopped, in both directions.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

FILE = """\
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.deletion import CASCADE, SET_NULL

{code}


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""
EVERYWHERE = ("sqlite", "postgresql", "mysql")
ROLLS_BACK = ("sqlite", "postgresql")
"""Where atomic = False makes a difference to schema changes."""


@dataclass(frozen=True)
class Case:
    """One app. code: functions that 0002_step uses. asks: it runs code outside a transaction, so a person is asked there."""

    label: str
    first: str
    step: str
    code: str = ""
    atomic: bool = True
    vendors: tuple[str, ...] = EVERYWHERE
    asks: bool = False

    def loose(self, vendors: tuple[str, ...] = ROLLS_BACK) -> Case:
        """Return the same with atomic = False."""
        return replace(self, label=f"{self.label}_loose", atomic=False, vendors=vendors)

    def files(self) -> dict[str, str]:
        """Return the texts of the two migrations by name."""
        step = self.step.replace("LABEL", self.label)
        return {
            "0001_initial": _file(self.first + ROWS, "", [], atomic=True),
            "0002_step": _file(step, self.code, [(self.label, "0001_initial")], atomic=self.atomic),
        }


def _file(operations: str, code: str, dependencies: list[tuple[str, str]], *, atomic: bool) -> str:
    fill = FILL if "fill" in operations else ""
    return FILE.format(
        code=(fill + textwrap.dedent(code)).strip(),
        atomic=atomic,
        dependencies=dependencies,
        operations=textwrap.indent(textwrap.dedent(operations).strip(), " " * 8),
    )


FILL = '''
def fill(apps, editor):
    """Give every model three rows: numbers grow, texts differ, keys point to rows with the same id."""
    app = __name__.split(".")[0]
    models_ = sorted(apps.get_app_config(app).get_models(), key=lambda model: (model.__name__ != "Thing", model.__name__))
    for model in models_:
        for id in (1, 2, 3):
            values = {"id": id}
            for field in model._meta.concrete_fields:
                kind = field.get_internal_type()
                if field.is_relation:
                    values[field.attname] = 4 - id
                elif kind == "IntegerField":
                    values[field.attname] = id * 10
                elif kind == "CharField":
                    values[field.attname] = f"{field.name[:3]}{id}"
            if model.__name__ == "Thing" and id == 3 and any(field.name == "maybe" for field in model._meta.fields):
                values["maybe"] = None
            model.objects.using(editor.connection.alias).create(**values)
        for field in model._meta.many_to_many:
            through = field.remote_field.through
            for id in (1, 2):
                names = [each.attname for each in through._meta.concrete_fields if each.is_relation]
                through.objects.using(editor.connection.alias).create(id=id, **dict(zip(names, (id, id + 1))))
'''
ROWS = "migrations.RunPython(fill, migrations.RunPython.noop),\n"
THING = """
migrations.CreateModel("Thing", [
    ("id", models.AutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
]),
"""
OTHER = """
migrations.CreateModel("Other", [
    ("id", models.AutoField(primary_key=True)),
    ("code", models.CharField(max_length=30)),
    ("thing", models.ForeignKey("Thing", CASCADE)),
    ("many", models.ManyToManyField("Thing", related_name="+")),
]),
"""

TABLES = Case(
    label="tables",
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
ADDING = Case(
    label="adding",
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

OPERATIONS = (TABLES, ADDING, REMOVING, ALTERING, NARROWING, CASTING, NAMES, CODE, CONCURRENT)
LOOSE = tuple(case.loose() for case in OPERATIONS if case.atomic and case is not CODE)
LISTED = (D01, D02, D02B, D05B, D05C, D06, D06B, D06C)
ALL = {case.label: case for case in (*OPERATIONS, *LOOSE, CODE.loose(EVERYWHERE), *LISTED)}
