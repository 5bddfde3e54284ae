"""Every statement that Django's schema editor writes for MariaDB is judged, and what an operation did is taken back."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.servers.base import Database

PROGRAM = """\
import json, sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=[], DATABASES={"default": json.loads(sys.argv[1])}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django.db import connection, models
from django.db.migrations import operations as m
from django.db.migrations.state import ProjectState
from django.db.models import F, Q
from django.db.models.functions import Lower
from handrail.databases.statements.base import Judgement, Manner, rules_for

rules = rules_for(connection.vendor)
PK = ("id", models.BigAutoField(primary_key=True))
def fk(to="app.Other", **options):
    return models.ForeignKey(to, options.pop("on_delete", models.CASCADE), **options)
OPERATIONS = [
    m.CreateModel("Other", [("id", models.AutoField(primary_key=True)), ("code", models.CharField(max_length=10, unique=True))]),
    m.CreateModel("Thing", [PK, ("name", models.CharField(max_length=50, db_comment="it's; a `name`, 100%")), ("n", models.PositiveIntegerField(default=0)),
        ("data", models.JSONField(default=dict)), ("other", fk())], options={"db_table_comment": "things (all)"}),
    m.CreateModel("Tag", [PK, ("things", models.ManyToManyField("app.Thing"))]),
    m.RunSQL("INSERT INTO app_other (id, code) VALUES (1, 'a'), (2, 'b')"),
    m.RunSQL("INSERT INTO app_thing (name, n, data, other_id) VALUES ('x', 1, '{}', 1), ('y', 2, '{}', 2)"),
    m.AddField("Thing", "p", models.IntegerField(default=3)),
    m.AddField("Thing", "text", models.TextField(default="some")),
    m.AddField("Thing", "slug", models.SlugField(default="")),
    m.AddField("Thing", "when", models.DateTimeField(null=True)),
    m.AddField("Thing", "flag", models.BooleanField(db_default=True)),
    m.AddField("Thing", "double", models.GeneratedField(expression=F("n") * 2, output_field=models.IntegerField(), db_persist=True)),
    m.AddField("Thing", "parent", fk("app.Thing", null=True)),
    m.AddField("Thing", "one", models.OneToOneField("app.Other", models.SET_NULL, null=True, related_name="+")),
    m.AddField("Thing", "others", models.ManyToManyField("app.Other", related_name="+")),
    m.AlterField("Thing", "n", models.PositiveBigIntegerField(default=0)),
    m.AlterField("Thing", "name", models.CharField(max_length=80, null=True, db_comment="another")),
    m.AlterField("Thing", "name", models.CharField(max_length=80, null=True, db_index=True)),
    m.AlterField("Thing", "name", models.TextField(default="")),
    m.AlterField("Thing", "slug", models.CharField(max_length=50, db_collation="utf8mb4_bin")),
    m.RunSQL("UPDATE app_thing SET p = n"),
    m.AlterField("Thing", "p", models.IntegerField(db_default=5, unique=True, null=True)),
    m.AlterField("Thing", "other", fk(db_constraint=False)),
    m.AlterField("Thing", "other", fk(null=True)),
    m.AlterField("Other", "id", models.BigAutoField(primary_key=True)),
    m.RenameField("Thing", "n", "number"),
    m.RenameField("Thing", "other", "another"),
    m.AddIndex("Thing", models.Index(fields=["another", "-number"], name="ix_one")),
    m.AddIndex("Thing", models.Index(fields=["when"], name="ix_when")),
    m.RenameIndex("Thing", new_name="ix_two", old_name="ix_one"),
    m.RemoveIndex("Thing", "ix_two"),
    m.AddConstraint("Thing", models.CheckConstraint(condition=Q(number__gte=0) & ~Q(slug="a'b%"), name="ck")),
    m.AddConstraint("Thing", models.UniqueConstraint(fields=["another", "number"], name="uq")),
    m.RemoveConstraint("Thing", "uq"),
    m.RemoveConstraint("Thing", "ck"),
    m.AlterUniqueTogether("Thing", {("number", "slug"), ("another", "slug")}),
    m.AlterUniqueTogether("Thing", {("number", "slug")}),
    m.AlterModelTable("Other", "others"),
    m.AlterModelTableComment("Thing", "the 'new' comment"),
    m.RenameModel("Thing", "Item"),
    m.RenameModel("Other", "Second"),
    m.AlterOrderWithRespectTo("Item", "another"),
]

def whole():
    with connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        names = [name for (name,) in cursor.fetchall()]
        return {name: rules.snapshot(cursor, f"DROP TABLE `{name}`")[name] for name in names}

def run(operation, before, after):
    done, log = [], []
    with connection.schema_editor(atomic=False) as editor:
        plain = editor.execute
        def execute(sql, params=()):
            sql = str(sql)
            manner = rules.manner(sql)
            log.append([str(manner), sql])
            if manner is not Manner.ALONE:
                return plain(sql, params)
            with connection.cursor() as cursor:
                was = rules.snapshot(cursor, sql)
                assert rules.judge(sql, was, rules.snapshot(cursor, sql)) is Judgement.NOT_DONE, sql
                plain(sql, params)
                live = rules.snapshot(cursor, sql)
                if live == was:
                    log[-1][0] = "unchanged"
                else:
                    verdict = rules.judge(sql, was, live)
                    assert verdict is Judgement.DONE, (sql, was, live)
                done.append((sql, was))
        editor.execute = execute
        operation.database_forwards("app", editor, before, after)
        deferred, editor.deferred_sql = editor.deferred_sql, []
        for sql in deferred:
            editor.execute(sql, None)
    return done, log

def take_back(done):
    with connection.cursor() as cursor:
        for sql, was in reversed(done):
            found = rules.restoring(sql, was, rules.snapshot(cursor, sql))
            assert not found.impossible, (sql, found.impossible)
            for statement in found.statements:
                cursor.execute(statement)

state, logs = ProjectState(), []
for operation in OPERATIONS:
    after = state.clone()
    operation.state_forwards("app", after)
    before = whole()
    done, log = run(operation, state, after)
    if not isinstance(operation, m.RunSQL):
        take_back(done)
        now = whole()
        assert now == before, (operation, {k: (now.get(k), before.get(k)) for k in {**now, **before} if now.get(k) != before.get(k)})
        run(operation, state, after)
    state = after
    logs += log
print(json.dumps(logs))
"""


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_every_statement_of_the_schema_editor(database: Database):
    address = json.dumps(database.server.settings(database.name))
    found = subprocess.run([sys.executable, "-c", PROGRAM, address], capture_output=True, text=True, timeout=200)
    assert not found.stderr, found.stderr[-3000:]
    logs = json.loads(found.stdout)
    assert {manner for manner, _ in logs} <= {"alone", "transaction", "unchanged"}
    assert [sql for manner, sql in logs if manner == "unchanged"] == ["ALTER TABLE `app_thing` MODIFY `name` varchar(80) NULL"]
    assert len([sql for manner, sql in logs if manner == "alone"]) > 60
