"""Small real projects on disk: a settings module and migration files from a few lines."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handrail.domain.migration import MigrationKey
from handrail.domain.proof import Proof
from handrail.execution.proof import Checkout, prove
from handrail.sources.files import WorkingTree, read_snapshot

THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
]),
"""
"""The operations of shop.0001_initial in the contract of conflicts."""

FILE = """from django.db import migrations, models
import django.db.models.deletion

{code}


class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""


def migration(operations: str, *dependencies: tuple[str, str], code: str = "") -> str:
    """Return a migration file's text."""
    body = textwrap.indent(textwrap.dedent(operations).strip(), " " * 8)
    return FILE.format(code=textwrap.dedent(code).strip(), dependencies=list(dependencies), operations=body)


def write_project(root: Path, apps: Mapping[str, Mapping[str, str]], databases: Mapping[str, Any] | None = None) -> Path:
    """Write a project: with a manage.py and a settings module where databases are given, else migration files alone."""
    for label, files in apps.items():
        folder = root / label / "migrations"
        folder.mkdir(parents=True)
        (root / label / "__init__.py").touch()
        (folder / "__init__.py").touch()
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
    if databases is not None:
        installed = ["django.contrib.contenttypes", "django.contrib.auth", *apps]
        (root / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project_settings")\n')
        (root / "project_settings.py").write_text(
            f'SECRET_KEY = "x"\nUSE_TZ = True\nDEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
            f"DATABASES = {dict(databases)!r}\nINSTALLED_APPS = {installed!r}\n"
        )
    return root


def prove_sides(root: Path, ours: Sequence[str], theirs: Sequence[str], database: str = "", **options: Any) -> Proof:
    """Prove two sides, given as app.name, of the project in a folder."""
    tree = WorkingTree(root)
    snapshot = read_snapshot(tree)
    keys = [[MigrationKey(*name.split(".", 1)) for name in side] for side in (ours, theirs)]
    return prove([Checkout(tree=tree, snapshot=snapshot)], snapshot.migrations, (keys[0], keys[1]), database=database, **options)
