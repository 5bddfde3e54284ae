"""Real projects: ``handrail conflicts`` against ``makemigrations --check --dry-run`` of the same project, whole processes.

What is compared is the time of the processors, git's included: other work on the machine makes less of a difference to it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import table
from bench.git import commit_all
from bench.handrail_command import handrail
from bench.measure import Command, MeasureError, alternate, environment
from tools import projects
from tools.environment import EnvironmentNotMadeError

PROJECTS = ("pretix", "netbox", "mayan")
NETBOX = [
    "account",
    "circuits",
    "core",
    "dcim",
    "extras",
    "ipam",
    "netbox",
    "tenancy",
    "users",
    "virtualization",
    "vpn",
    "wireless",
]
"""Netbox's packages, which lie side by side among those of others; in its repository they share one folder."""
ROUNDS = 3
HEAD = ("project", "own/all migrations", "Django", "cold", "cached", "ratio", "cached")
COUNT = """\
import django
django.setup()
from django.db.migrations.loader import MigrationLoader
print(len(MigrationLoader(None).disk_migrations))
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a project that cannot be had is named in a line instead of a row."""
    yield "Real projects, processor time: handrail conflicts | manage.py makemigrations --check --dry-run"
    rows, left_out = [], []
    for name in PROJECTS:
        try:
            rows.append(row(name, scratch))
        except (EnvironmentNotMadeError, MeasureError) as failure:
            left_out.append(f"{name}: not measured: {str(failure).splitlines()[-1]}")
    yield from table.lines(HEAD, rows)
    yield from left_out


def row(name: str, scratch: Path) -> list[str]:
    """Measure one project."""
    python = projects.python_of(name)
    folder = projects.PROJECTS / name
    settings = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONPATH": f"{folder}:{folder.parent}",
        "DATA_DIR": str(scratch),
        "MAYAN_MEDIA_ROOT": str(scratch),
    }
    words = [str(python), "-m", "django", "makemigrations", "--check", "--dry-run"]
    # Exit code 1: there are changes without a migration, as a newer Django or other settings make them; the work is the same.
    plain = Command(words=words, cwd=scratch, variables=settings, codes=(0, 1))
    path = code(name, python, scratch)
    costs = alternate([plain, *handrail(scratch, "conflicts", "--path", path)], ROUNDS)
    return [
        name,
        f"{count_own(path)}/{count_all(python, scratch, settings)}",
        *(table.seconds(cost.processor) for cost in costs),
        *(table.times(costs[0].processor / cost.processor) for cost in costs[1:]),
    ]


def count_own(path: Path) -> int:
    """Return how many files a project's own migrations folders hold."""
    return sum(1 for file in path.rglob("migrations/*.py") if not file.name.startswith("_"))


def count_all(python: Path, cwd: Path, settings: Mapping[str, str]) -> str:
    """Return how many migrations Django's own loader reads, those of other packages included."""
    done = subprocess.run([python, "-c", COUNT], cwd=cwd, env=environment(settings), capture_output=True, text=True, check=False)
    return done.stdout.split()[-1] if done.returncode == 0 else "?"


def code(name: str, python: Path, scratch: Path) -> Path:
    """Return a repository with one commit that holds a project's packages as they were installed, and nothing of others."""
    site = next((python.parent.parent / "lib").glob("python3*")) / "site-packages"
    folder = scratch / name
    for package in NETBOX if name == "netbox" else [name]:
        shutil.copytree(site / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    commit_all(folder)
    return folder


def main() -> None:
    """Print this part alone."""
    with tempfile.TemporaryDirectory() as scratch:
        for text in report(Path(scratch)):
            print(text, flush=True)


if __name__ == "__main__":
    main()
