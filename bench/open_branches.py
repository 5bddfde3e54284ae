"""``--all-branches``: what each further open branch costs, over 1,000 migrations."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench import table
from bench.generate_repository import app_label, generate, migration_name
from bench.git import commit_all, git
from bench.handrail_command import handrail
from bench.measure import alternate

APPS, MIGRATIONS = 20, 1_000
COUNTS = (10, 50, 100)
ROUNDS = 3
HEAD = ("open branches", "time", "for each further branch", "peak memory")
ADD_MODEL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{parent}")]
    operations = [
        migrations.CreateModel(name="Branch{number}", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
"""
WHO = "committer Bench <bench@example.com> 1700000000 +0000"


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part: the cost of a branch is what a count costs beyond the one before, shared by its branches."""
    yield f"handrail conflicts --all-branches over {MIGRATIONS:,} migrations, cold"
    folders = [repository(scratch / f"branches-{count}", count) for count in (0, *COUNTS)]
    commands = [handrail(scratch, "conflicts", "--all-branches", "--path", folder)[0] for folder in folders]
    costs = alternate(commands, ROUNDS)
    rows = [
        [
            str(count),
            table.seconds(cost.seconds),
            "" if count == 0 else f"{(cost.seconds - costs[0].seconds) / count * 1000:.1f} ms",
            f"{cost.mebibytes:.0f} MiB",
        ]
        for count, cost in zip((0, *COUNTS), costs, strict=True)
    ]
    yield from table.lines(HEAD, rows)


def repository(folder: Path, count: int) -> Path:
    """Make a repository with open branches, each of which adds one migration to one app."""
    shutil.rmtree(folder, ignore_errors=True)
    total = generate(folder, APPS, MIGRATIONS)
    commit_all(folder)
    stream = "".join(branch(number, migration_name(total // APPS - 1)) for number in range(count))
    git(folder, "fast-import", "--quiet", stdin=stream)
    return folder


def branch(number: int, parent: str) -> str:
    """Return a branch with one commit, in the language of git fast-import."""
    label = app_label(number % APPS)
    text = ADD_MODEL.format(app=label, parent=parent, number=number)
    path = f"{label}/migrations/9{number:03}_branch.py"
    return (
        f"commit refs/heads/branch-{number:03}\n{WHO}\ndata 6\nbranch\nfrom refs/heads/main^0\n"
        f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"
    )
