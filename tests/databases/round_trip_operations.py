"""Every operation of Django, each as the second migration of an app of its own."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

EVERYWHERE = ("sqlite", "postgresql", "mysql")
FILE = """from django.contrib.postgres import indexes, operations as postgres, search
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.deletion import CASCADE, SET_NULL

def double(apps, editor):
    apps.get_model("{label}", "Thing").objects.using(editor.connection.alias).update(n=F("n") * 2)

def halve(apps, editor):
    apps.get_model("{label}", "Thing").objects.using(editor.connection.alias).update(n=F("n") / 2)

def one_less(apps, editor):
    things = apps.get_model("{label}", "Thing").objects.using(editor.connection.alias)
    things.filter(n=20).delete()
    things.create(id=50, name="made", n=500)

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""
FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
    ("maybe", models.IntegerField(null=True)),
]),
migrations.CreateModel("Other", [
    ("id", models.BigAutoField(primary_key=True)),
    ("code", models.CharField(max_length=30)),
    ("thing", models.ForeignKey("Thing", CASCADE, related_name="+")),
    ("many", models.ManyToManyField("Thing", related_name="+")),
    ("amount", models.DecimalField(max_digits=10, decimal_places=4, default="1.2345")),
    ("day", models.DateTimeField(null=True)),
    ("raw", models.BinaryField(default=b"\\x00\\xff")),
    ("key", models.UUIDField(null=True)),
    ("extra", models.JSONField(default=dict)),
]),
"""


@dataclass(frozen=True)
class Trip:
    """One app. first: what 0001_initial has beside the models above. said: what rolling it back says on the way, "" for nothing."""

    label: str
    step: str
    first: str = ""
    vendors: tuple[str, ...] = EVERYWHERE
    atomic: bool = True

    def files(self) -> dict[str, str]:
        """Return the texts of both migrations by name."""
        return {
            f"{self.label}.0001_initial": self._file(FIRST + self.first, [], atomic=True),
            f"{self.label}.0002_step": self._file(self.step, [(self.label, "0001_initial")], atomic=self.atomic),
        }

    def _file(self, operations: str, dependencies: list[tuple[str, str]], *, atomic: bool) -> str:
        body = textwrap.indent(textwrap.dedent(operations).strip(), " " * 8)
        return FILE.format(label=self.label, atomic=atomic, dependencies=dependencies, operations=body)


TRIPS = (
    Trip(
        "create",
        """migrations.CreateModel("New", [
            ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20, unique=True)),
            ("n", models.IntegerField(default=0)), ("thing", models.ForeignKey("Thing", CASCADE, related_name="+")),
            ("others", models.ManyToManyField("Other", related_name="+")),
        ], options={"unique_together": {("n", "thing")}, "indexes": [models.Index(fields=["n", "name"], name="create_ix")],
            "constraints": [models.CheckConstraint(condition=Q(n__gte=-5), name="create_ck")]})""",
    ),
    Trip(
        "child",
        """migrations.CreateModel("Sub", [
            ("thing_ptr", models.OneToOneField("Thing", CASCADE, parent_link=True, primary_key=True, auto_created=True,
                                               serialize=False)),
            ("more", models.CharField(max_length=9, default="m")),
        ], bases=("child.thing",))""",
    ),
    Trip("delete", 'migrations.DeleteModel("Other")'),
    Trip(
        "cycle",
        'migrations.RemoveField("A", "b"), migrations.DeleteModel("B"), migrations.DeleteModel("A")',
        first="""migrations.CreateModel("A", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("B", [("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("A", CASCADE, related_name="+"))]),
        migrations.AddField("A", "b", models.ForeignKey("B", CASCADE, null=True, related_name="+")),""",
    ),
    Trip(
        "chain",
        'migrations.DeleteModel("Sub"), migrations.DeleteModel("New"), migrations.DeleteModel("B"), migrations.DeleteModel("A")',
        first="""migrations.CreateModel("A", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))]),
        migrations.CreateModel("B", [("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("A", CASCADE, related_name="+")),
            ("up", models.ForeignKey("self", SET_NULL, null=True, related_name="+"))]),
        migrations.CreateModel("New", [("b", models.OneToOneField("B", CASCADE, primary_key=True, related_name="+")),
            ("thing", models.ForeignKey("Thing", CASCADE, related_name="+"))]),
        migrations.CreateModel("Sub", [("new_ptr", models.OneToOneField("New", CASCADE, parent_link=True, primary_key=True,
            auto_created=True, serialize=False)), ("more", models.CharField(max_length=9, default="m"))], bases=("chain.new",)),""",
    ),
    Trip("rename", 'migrations.RenameModel("Thing", "Item")'),
    Trip("moved", 'migrations.AlterModelTable("Thing", "moved_elsewhere")'),
    Trip("comment", 'migrations.AlterModelTableComment("Thing", "all things")'),
    Trip("together", 'migrations.AlterUniqueTogether("Thing", {("name", "x")})'),
    Trip(
        "apart",
        'migrations.AlterUniqueTogether("Thing", set())',
        first='migrations.AlterUniqueTogether("Thing", {("name", "x")}),',
    ),
    Trip("order", 'migrations.AlterOrderWithRespectTo("Other", "thing")'),
    Trip(
        "unorder",
        'migrations.AlterOrderWithRespectTo("Other", None)',
        first='migrations.AlterOrderWithRespectTo("Other", "thing"),',
    ),
    Trip("options", 'migrations.AlterModelOptions("Thing", {"ordering": ["name"]}), migrations.AlterModelManagers("Thing", [])'),
    Trip("addnull", 'migrations.AddField("Thing", "p", models.IntegerField(null=True))'),
    Trip("adddefault", 'migrations.AddField("Thing", "p", models.CharField(max_length=10, default="it\'s %s"))'),
    Trip(
        "addonce",
        'migrations.AddField("Thing", "p", models.CharField(max_length=10, default="once"), preserve_default=False),'
        ' migrations.AddField("Thing", "q", models.ForeignKey("Other", CASCADE, default=1, related_name="+"), preserve_default=False)',
    ),
    Trip("adddb", 'migrations.AddField("Thing", "p", models.IntegerField(db_default=7))'),
    Trip("addunique", 'migrations.AddField("Thing", "p", models.IntegerField(null=True, unique=True))'),
    Trip("addindex", 'migrations.AddField("Thing", "p", models.CharField(max_length=10, default="a", db_index=True))'),
    Trip("addtext", 'migrations.AddField("Thing", "p", models.TextField(default="long"))'),
    Trip("addjson", 'migrations.AddField("Thing", "p", models.JSONField(default=dict))'),
    Trip(
        "adddate",
        'migrations.AddField("Thing", "p", models.DateTimeField(null=True)), migrations.AddField("Thing", "q", models.BinaryField(default=b""))',
    ),
    Trip("addcheck", 'migrations.AddField("Thing", "p", models.PositiveIntegerField(default=3))'),
    Trip("addkey", 'migrations.AddField("Thing", "p", models.ForeignKey("Other", SET_NULL, null=True, related_name="+"))'),
    Trip("addone", 'migrations.AddField("Thing", "p", models.OneToOneField("Other", CASCADE, null=True, related_name="+"))'),
    Trip("addmany", 'migrations.AddField("Thing", "p", models.ManyToManyField("Other", related_name="+"))'),
    Trip(
        "addgenerated",
        'migrations.AddField("Thing", "p", models.GeneratedField(expression=F("n") * 2, output_field=models.IntegerField(), db_persist=True))',
    ),
    Trip("removenull", 'migrations.RemoveField("Thing", "maybe")'),
    Trip("removedefault", 'migrations.RemoveField("Thing", "n")'),
    Trip("removeplain", 'migrations.RemoveField("Other", "amount")'),
    Trip(
        "removeall",
        'migrations.RemoveField("Other", "day"), migrations.RemoveField("Other", "raw"), migrations.RemoveField("Other", "key"),'
        ' migrations.RemoveField("Other", "extra")',
    ),
    Trip(
        "removeindex",
        'migrations.RemoveField("Thing", "p")',
        first='migrations.AddField("Thing", "p", models.CharField(max_length=10, default="a", db_index=True)),',
    ),
    Trip(
        "removeunique",
        'migrations.RemoveField("Thing", "p")',
        first='migrations.AddField("Thing", "p", models.IntegerField(null=True, unique=True)),',
    ),
    Trip(
        "removekey",
        'migrations.RemoveField("Thing", "p")',
        first='migrations.AddField("Thing", "p", models.ForeignKey("Other", SET_NULL, null=True, related_name="+")),',
    ),
    Trip("removemany", 'migrations.RemoveField("Other", "many")'),
    Trip("wider", 'migrations.AlterField("Thing", "name", models.CharField(max_length=200))'),
    Trip("narrower", 'migrations.AlterField("Thing", "name", models.CharField(max_length=30))'),
    Trip("rounded", 'migrations.AlterField("Other", "amount", models.DecimalField(max_digits=8, decimal_places=2, default="1"))'),
    Trip("finer", 'migrations.AlterField("Other", "amount", models.DecimalField(max_digits=14, decimal_places=6, default="1"))'),
    Trip("today", 'migrations.AlterField("Other", "day", models.DateField(null=True))'),
    Trip("textual", 'migrations.AlterField("Thing", "n", models.CharField(max_length=20, default="0"))'),
    Trip("bigger", 'migrations.AlterField("Thing", "n", models.BigIntegerField(default=0))'),
    Trip("filled", 'migrations.AlterField("Thing", "maybe", models.IntegerField(default=5))'),
    Trip("loose", 'migrations.AlterField("Thing", "n", models.IntegerField(null=True, default=0))'),
    Trip("unique", 'migrations.AlterField("Thing", "name", models.CharField(max_length=50, unique=True))'),
    Trip(
        "notunique",
        'migrations.AlterField("Third", "code", models.CharField(max_length=9))',
        first='migrations.CreateModel("Third", [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, unique=True))]),',
    ),
    Trip("indexed", 'migrations.AlterField("Thing", "name", models.CharField(max_length=50, db_index=True))'),
    Trip("column", 'migrations.AlterField("Thing", "name", models.CharField(max_length=50, db_column="called"))'),
    Trip(
        "retarget",
        'migrations.AlterField("Other", "thing", models.ForeignKey("Third", CASCADE, related_name="+"))',
        first='migrations.CreateModel("Third", [("id", models.BigAutoField(primary_key=True))]),',
    ),
    Trip("renamefield", 'migrations.RenameField("Thing", "name", "title")'),
    Trip("index", 'migrations.AddIndex("Thing", models.Index(fields=["n", "-name"], name="index_ix"))'),
    Trip(
        "unindex",
        'migrations.RemoveIndex("Thing", "unindex_ix")',
        first='migrations.AddIndex("Thing", models.Index(fields=["n"], name="unindex_ix")),',
    ),
    Trip(
        "reindex",
        'migrations.RenameIndex("Thing", new_name="reindex_b", old_name="reindex_a")',
        first='migrations.AddIndex("Thing", models.Index(fields=["n"], name="reindex_a")),',
    ),
    Trip(
        "constrain",
        'migrations.AddConstraint("Thing", models.CheckConstraint(condition=Q(n__gte=-5), name="constrain_a")),'
        ' migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["name"], name="constrain_b")),'
        ' migrations.AlterConstraint("Thing", "constrain_a", models.CheckConstraint(condition=Q(n__gte=-5), name="constrain_a",'
        ' violation_error_message="no"))',
    ),
    Trip(
        "release",
        'migrations.RemoveConstraint("Thing", "release_a"), migrations.RemoveConstraint("Thing", "release_b")',
        first='migrations.AddConstraint("Thing", models.CheckConstraint(condition=Q(n__gte=-5), name="release_a")),'
        'migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["name"], name="release_b")),',
    ),
    Trip("coded", "migrations.RunPython(double, halve)"),
    Trip("noreverse", "migrations.RunPython(double)"),
    Trip("noop", "migrations.RunPython(one_less, migrations.RunPython.noop)"),
    Trip("sql", 'migrations.RunSQL("UPDATE sql_thing SET n = n + 1", "UPDATE sql_thing SET n = n - 1")'),
    Trip("sqlonly", 'migrations.RunSQL("UPDATE sqlonly_thing SET n = n + 1")'),
    Trip(
        "separate",
        'migrations.SeparateDatabaseAndState([migrations.RemoveField("Thing", "maybe")], [migrations.RemoveField("Thing", "maybe")])',
    ),
    Trip(
        "concurrently",
        'postgres.AddIndexConcurrently("Thing", models.Index(fields=["name"], name="concurrently_a"))',
        vendors=("postgresql",),
        atomic=False,
    ),
    Trip(
        "notconcurrent",
        'postgres.RemoveIndexConcurrently("Thing", "notconcurrent_a")',
        first='migrations.AddIndex("Thing", models.Index(fields=["n"], name="notconcurrent_a")),',
        vendors=("postgresql",),
        atomic=False,
    ),
    Trip(
        "validate",
        'postgres.AddConstraintNotValid("Thing", models.CheckConstraint(condition=Q(n__gte=-5), name="validate_a"))',
        vendors=("postgresql",),
    ),
    Trip(
        "collation",
        'postgres.CreateCollation("collation_de", locale="C")',
        vendors=("postgresql",),
    ),
    Trip(
        "search",
        'migrations.RemoveIndex("Thing", "search_p"), migrations.RemoveField("Thing", "p"), migrations.RemoveField("Thing", "q")',
        first="""migrations.AddField("Thing", "p", search.SearchVectorField(null=True)),
        migrations.AddIndex("Thing", indexes.GinIndex(fields=["p"], name="search_p")),
        migrations.AddField("Thing", "q", models.GeneratedField(expression=search.SearchVector("name", config="english"),
            output_field=search.SearchVectorField(), db_persist=True)),""",
        vendors=("postgresql",),
    ),
    Trip("extension", "postgres.UnaccentExtension()", vendors=("postgresql",)),
)
