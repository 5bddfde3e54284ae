"""Code of a migration that fails: why is said, and nothing of it is left, also in the process that called migrate."""

from __future__ import annotations

from pathlib import Path

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(unique=True))]),
migrations.CreateModel("Part", [("id", models.BigAutoField(primary_key=True)), ("t", models.ForeignKey("Thing", models.CASCADE))]),
"""
CODE = """
import os

def saves(apps, editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.create(n=1)
    Thing.objects.create(n=1)

def refers(apps, editor):
    apps.get_model("shop", "Part").objects.create(t_id=99)

def fails(apps, editor):
    {"saves": saves, "refers": refers}[os.environ["HOW"]](apps, editor)
"""
CALL = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
try:
    call_command("migrate", "shop", "--verbosity", "0")
except Exception as error:
    print(type(error).__name__)
print(connection.in_atomic_block)
"""


def test_the_reason_is_said_and_the_transaction_is_over(tmp_path: Path, database: Database):
    files = {"shop/models.py": "", "shop.0001_initial": migration(FIRST)}
    files["shop.0002_fails"] = migration("migrations.RunPython(fails),", ("shop", "0001_initial"), code=CODE)
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    for how in ("saves", "refers"):
        done = project.run("-c", CALL, DJANGO_SETTINGS_MODULE="project_settings", HOW=how)
        assert (done.out, done.exit) == ("IntegrityError\nFalse\n", 0), done.out + done.err
        ((status, error),) = project.query("SELECT status, error FROM handrail_step ORDER BY id DESC LIMIT 1")
        assert status == "failed"
        assert str(error).startswith("IntegrityError: ")
    assert project.query("SELECT count(*) FROM shop_thing") == [(0,)]
