"""Real projects: ``handrail conflicts`` against ``makemigrations --check --dry-run`` of the same project, whole processes."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench import table
from bench.handrail_command import handrail
from bench.measure import Command, MeasureError, alternate
from tools import projects, system_packages
from tools.environment import EnvironmentNotMadeError

PACKAGES = {"pretix": ("pretix",), "netbox": ("netbox", "users", "dcim"), "mayan": ("mayan",)}
"""For each project a package whose folder, or whose parent, holds all of its apps."""
ROUNDS = 3
HEAD = ("project", "migrations", "Django", "cold", "cached", "ratio cold", "cached")
COUNT = """\
import django
django.setup()
from django.db.migrations.loader import MigrationLoader
print(len(MigrationLoader(None).disk_migrations))
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a project that cannot be had is named in a line instead of a row."""
    yield "Real projects: handrail conflicts | manage.py makemigrations --check --dry-run"
    rows, left_out = [], []
    for name in PACKAGES:
        try:
            with services(name, scratch) as variables:
                rows.append(row(name, scratch, variables))
        except (EnvironmentNotMadeError, MeasureError) as failure:
            left_out.append(f"{name}: not measured: {str(failure).splitlines()[-1]}")
    yield from table.lines(HEAD, rows)
    yield from left_out


def row(name: str, scratch: Path, variables: Mapping[str, str]) -> list[str]:
    """Measure one project."""
    python = projects.python_of(name)
    folder = projects.PROJECTS / name
    settings = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PYTHONPATH": f"{folder}:{folder.parent / '_lib'}",
        "CORPUS_HOME": str(scratch / name),
        **variables,
    }
    (scratch / name).mkdir(exist_ok=True)
    plain = Command(
        words=[python, "-m", "django", "makemigrations", "--check", "--dry-run"], cwd=scratch, variables=settings, codes=(0, 1)
    )
    cold, cached = handrail(scratch, "conflicts", "--path", root(python, name))
    django_cost, cold_cost, cached_cost = alternate([plain, cold, cached], ROUNDS)
    return [
        name,
        count(python, settings),
        table.seconds(django_cost.seconds),
        table.seconds(cold_cost.seconds),
        table.seconds(cached_cost.seconds),
        table.times(django_cost.seconds / cold_cost.seconds),
        table.times(django_cost.seconds / cached_cost.seconds),
    ]


def count(python: Path, settings: Mapping[str, str]) -> str:
    """Return how many migrations the project has by Django's own loader, those of other packages included."""
    from bench.measure import environment

    done = subprocess.run([python, "-c", COUNT], env=environment(settings), capture_output=True, text=True, check=False)
    return done.stdout.split()[-1] if done.returncode == 0 else "?"


def root(python: Path, name: str) -> Path:
    """Return the folder that holds a project's own apps: a package of site-packages."""
    site = next((python.parent.parent / "lib").glob("python3*")) / "site-packages"
    return site / PACKAGES[name][0]


@contextlib.contextmanager
def services(name: str, scratch: Path) -> Iterator[Mapping[str, str]]:
    """Start what a project cannot start without, and yield the variables that lead to it: netbox asks for a Redis server."""
    if name != "netbox":
        yield {}
        return
    program = shutil.which("redis-server")
    if program is None and system_packages.main(["redis"]):
        raise MeasureError("its management commands need redis-server, which is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(scratch)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield {"CORPUS_REDIS_PORT": port, "CORPUS_DB": "postgresql"}
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Print this part alone."""
    with tempfile.TemporaryDirectory() as scratch:
        for text in report(Path(scratch)):
            print(text, flush=True)


if __name__ == "__main__":
    main()
