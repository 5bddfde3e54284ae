"""The schema editor of a step leaves what Django's leaves, where there is nothing to lose: on every database, operation by operation."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.servers.base import Database

PROGRAM = """
import json, sys
from django.conf import settings
asked = json.loads(sys.stdin.read())
settings.configure(DATABASES={"default": asked["database"]}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
import django
django.setup()
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from handrail.domain.kept import Undo
from handrail.domain.migration import MigrationKey
from handrail.execution.editors import editor_for
from handrail.execution.journal import Journal
from handrail.execution.keeping.keeper import Keeper, Keeping
from handrail.execution.patience import Patience
key, keeping = MigrationKey("shop", "0002"), Keeping(patterns=(), days=1, undo=Undo(), said=lambda text: None)
keeper = Keeper(connection=connection, keeping=keeping, run=0, step=0, key=key)

def editor(guarded):
    return editor_for(connection, atomic=True, migration="shop.0002", keeper=keeper) if guarded else connection.schema_editor(atomic=True)

def schema():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
            return [list(row) for row in cursor.fetchall()]
        look = connection.introspection
        names = sorted(name for name in look.table_names(cursor) if not name.startswith("handrail_"))
        described = {name: [list(map(str, column)) for column in look.get_table_description(cursor, name)] for name in names}
        return [[name, described[name], sorted(look.get_constraints(cursor, name))] for name in names]

found = []
for guarded in (False, True):
    Journal(connection, Patience(connection, budget=5, blocked=print)).ensure()
    state = ProjectState()
    ran = []
    for text in asked["operations"]:
        migration = migrations.Migration("0002", "shop")
        migration.operations = eval(text)
        before = state.clone()
        with editor(guarded) as one:
            state = migration.apply(state, one)
        ran.append((migration, before))
    found.append(schema())
    for migration, before in reversed(ran[asked["keep"]:]):
        with editor(guarded) as one:
            migration.unapply(before, one)
    found.append(schema())
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SET foreign_key_checks = 0")
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}" + (" CASCADE" if connection.vendor == "postgresql" else ""))
print(json.dumps(found))
"""
BEGIN = """[
    migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=9, unique=True))]),
    migrations.CreateModel("Thing", [
        ("id", models.BigAutoField(primary_key=True)),
        ("Name", models.CharField(max_length=50, db_index=True)),
        ("n", models.IntegerField(default=0)),
        ("m", models.IntegerField(default=0, db_column="Em")),
        ("parent", models.ForeignKey("shop.Thing", models.CASCADE, null=True)),
        ("tag", models.ForeignKey("shop.Tag", models.CASCADE, to_field="text")),
        ("tags", models.ManyToManyField("shop.Tag", related_name="+")),
    ], options={
        "unique_together": {("Name", "n")},
        "indexes": [models.Index(fields=["-n"], name="by_n"), models.Index(fields=["m"], name="by_m", condition=models.Q(m__gt=1))],
        "constraints": [
            models.UniqueConstraint(fields=["m", "n"], name="one_m"),
            models.UniqueConstraint(fields=["m"], condition=models.Q(n__gt=3), name="m_of_n"),
            models.CheckConstraint(condition=models.Q(n__gte=0), name="n_positive"),
        ],
    }),
]"""
OPERATIONS = {
    "alter": 'migrations.AlterField("Thing", "Name", models.CharField(max_length=60, db_index=True))',
    "index-off": 'migrations.AlterField("Thing", "Name", models.CharField(max_length=50))',
    "index-unique": 'migrations.AlterField("Thing", "Name", models.CharField(max_length=50, unique=True))',
    "column": 'migrations.AlterField("Thing", "m", models.BigIntegerField(default=0, db_column="other"))',
    "null": 'migrations.AlterField("Thing", "n", models.IntegerField(null=True))',
    "rename-field": 'migrations.RenameField("Thing", "Name", "title")',
    "rename-key": 'migrations.RenameField("Thing", "parent", "above")',
    "rename-model": 'migrations.RenameModel("Thing", "Item")',
    "rename-target": 'migrations.RenameModel("Tag", "Label")',
    "rename-then-alter": 'migrations.RenameModel("Thing", "Item"), migrations.AlterField("Item", "n", models.BigIntegerField(default=1))',
    "table": 'migrations.AlterModelTable("Thing", "Things"), migrations.AlterField("Thing", "n", models.BigIntegerField(default=1))',
    "case": 'migrations.AlterModelTable("Thing", "things2"), migrations.AddField("Thing", "k", models.IntegerField(default=5, db_index=True))',
    "target-type": 'migrations.AlterField("Tag", "text", models.CharField(max_length=20, unique=True))',
    "key-type": 'migrations.AlterField("Tag", "id", models.AutoField(primary_key=True))',
    "many": 'migrations.AlterField("Thing", "tags", models.ManyToManyField("shop.Tag", related_name="+", db_constraint=False))',
    "add": 'migrations.AddField("Thing", "k", models.IntegerField(null=True, db_index=True)), '
    'migrations.AddField("Thing", "l", models.IntegerField(default=2, unique=True))',
    "remove": 'migrations.RemoveConstraint("Thing", "one_m"), migrations.RemoveConstraint("Thing", "m_of_n"), '
    'migrations.RemoveIndex("Thing", "by_m"), migrations.RemoveField("Thing", "m"), migrations.RemoveField("Thing", "parent")',
    "together": 'migrations.AlterUniqueTogether("Thing", set()), migrations.RemoveConstraint("Thing", "n_positive"), '
    'migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["n"], name="one_n"))',
    "index": 'migrations.RenameIndex("Thing", "by_m2", old_name="by_m"), migrations.RemoveIndex("Thing", "by_n"), '
    'migrations.AlterField("Thing", "n", models.BigIntegerField(default=0))',
    "generated": 'migrations.AddField("Thing", "twice", models.GeneratedField(expression=models.F("n") * 2, '
    'output_field=models.IntegerField(), db_persist=True)), migrations.AlterField("Thing", "m", models.BigIntegerField(default=0, db_column="Em"))',
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_a_guarded_editor_leaves_is_what_djangos_leaves(sqlite_database: Database, name: str):
    there_and_back(sqlite_database, [name])


def test_other_databases_have_djangos_editor(database: Database):
    there_and_back(database, ["alter", "rename-key", "add"])


def there_and_back(database: Database, names: list[str]) -> None:
    """Run operations and take them back, with Django's own editor and with a step's, and compare both times."""
    lists = [BEGIN, *(f"[{OPERATIONS[name]}]" for name in names)]
    asked: dict[str, Any] = {"database": dict(database.settings), "operations": lists, "keep": 1}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(asked, default=str), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    there, back, guarded_there, guarded_back = json.loads(done.stdout)
    assert guarded_there == there
    assert guarded_back == back
    assert there != back
