"""A generated repository with 10,000 migrations in 200 apps: reading and deciding, against Django's loader with its bytecode."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bench import table
from bench.generate_repository import app_label, generate, migration_name
from bench.handrail_command import handrail
from bench.measure import Command, alternate

APPS, MIGRATIONS = 200, 10_000
ROUNDS = 3
HEAD = ("what", "time", "processor", "peak memory", "of Django's time")
LOADER = """\
import django
django.setup()
from django.db.migrations.loader import MigrationLoader
print(MigrationLoader(None).detect_conflicts())
"""
BRANCHED = 10
"""How many apps have two leaf nodes, so that there is something to decide."""
SECOND_LEAF = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{parent}")]
    operations = [
        migrations.CreateModel(name="Other", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part."""
    folder = scratch / "large"
    total = generate(folder, APPS, MIGRATIONS)
    add_leaves(folder, total // APPS)
    yield f"{total:,} migrations in {APPS} apps, {BRANCHED} of them with two leaf nodes"
    plain = Command(words=[sys.executable, "-c", LOADER], cwd=folder, variables={"DJANGO_SETTINGS_MODULE": "settings"})
    costs = alternate([plain, *handrail(scratch, "conflicts", "--path", folder)], ROUNDS)
    names = ("Django's loader, with bytecode", "handrail conflicts, cold", "handrail conflicts, cached")
    rows = [
        [
            name,
            table.seconds(cost.seconds),
            table.seconds(cost.processor),
            f"{cost.mebibytes:.0f} MiB",
            f"{cost.seconds / costs[0].seconds:.2f}",
        ]
        for name, cost in zip(names, costs, strict=True)
    ]
    yield from table.lines(HEAD, rows)


def add_leaves(folder: Path, each: int) -> None:
    """Give some apps a second leaf node beside their last migration."""
    for app in range(0, APPS, APPS // BRANCHED):
        label = app_label(app)
        text = SECOND_LEAF.format(app=label, parent=migration_name(each - 2))
        (folder / label / "migrations" / f"{each + 1:04}_other.py").write_text(text)
