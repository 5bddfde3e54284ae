"""Whether code is taken to do nothing but update rows by whole querysets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = '''
from django.db.models import F, OuterRef
from django.utils import timezone

def plain(apps, schema_editor):
    """Words."""
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.using(schema_editor.connection.alias).filter(n__gt=1).exclude(x="a").update(n=F("n") + 1)
    if Thing.objects.filter(n=2).exists():
        print("some")

def in_a_loop(apps, schema_editor):
    for n in (1, 2):
        apps.get_model("shop", "Thing").objects.filter(n=n).update(n=3)

def in_a_list(apps, schema_editor):
    [apps.get_model("shop", "Thing").objects.filter(n=n).update(n=3) for n in (1, 2)]

def related(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.filter(owner__name="a").update(n=3)

def by_a_dictionary(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.filter(**{"owner__name": "a"}).update(n=3)

def of_another(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=OuterRef("n"))

def saving(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=3)
    apps.get_model("shop", "Thing")(n=1).save()

def by_cursor(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=3)
    schema_editor.connection.cursor().execute("UPDATE shop_thing SET n = 4")

def helped(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=3)
    plain(apps, schema_editor)

def reading(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.count()

made = lambda apps, schema_editor: apps.get_model("shop", "Thing").objects.update(n=3)
'''
ASK = """
import json, sys
from django.conf import settings
settings.configure(DATABASES=json.loads(sys.argv[1]))
import code_of_project
from django.db import migrations
from handrail.execution.keeping.row_foresight import updates_alone
found = {name: updates_alone(migrations.RunPython(code)) for name, code in vars(code_of_project).items() if callable(code)}
print(json.dumps([name for name, alone in found.items() if alone]))
print(json.dumps([name for name, alone in found.items() if not alone]))
SQL = [
    "UPDATE t SET n = 1;", [("UPDATE t SET n = %s", [1])], ["UPDATE t SET n = 1", "UPDATE t SET n = 2"], "UPDATE t SET n = 1; SELECT 1",
    "UPDATE t SET n = RAND()", "INSERT INTO t (n) VALUES (1)", [], migrations.RunSQL.noop,
]
print([updates_alone(migrations.RunSQL(sql)) for sql in SQL])
"""
OTHERS = ["F", "OuterRef", "in_a_loop", "in_a_list", "related", "by_a_dictionary", "of_another", "saving", "by_cursor", "helped"]
"""The first two are what the module has imported."""


def ask(folder: Path, *aliases: str) -> list[str]:
    databases = {alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} for alias in aliases}
    (folder / "code_of_project.py").write_text(CODE)
    command = [sys.executable, "-c", ASK, json.dumps(databases)]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()


def test_code_that_only_updates(tmp_path: Path) -> None:
    assert ask(tmp_path, "default") == ['["plain"]', json.dumps([*OTHERS, "reading", "made"]), str([True, True] + [False] * 6)]


def test_another_database_could_be_written_twice(tmp_path: Path) -> None:
    assert ask(tmp_path, "default", "other")[0] == "[]"
