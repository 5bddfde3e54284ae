"""migrate on a terminal, where standard output and standard error are one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.git_sandbox import SETTINGS
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),
"""
FAIL = """
def fail(apps, editor):
    raise ValueError("no")
"""
SAID = "shop.0002_b keeps nothing of shop_thing.n: handrail_keep is False\n"
APPLYING = "  Applying shop.0002_b..."


def begin(path: Path, database: Database, second: str) -> LiveProject:
    files = {"shop/models.py": "", "shop.0001_initial": migration(FIRST), "shop.0002_b": second}
    project = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    return project


def shown(project: LiveProject, *words: str) -> str:
    """Return what migrate writes to a terminal, from the first migration on."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-B", "manage.py", "migrate", "--no-color", *words]
    environment = {**os.environ, **SETTINGS, "COLUMNS": "80"}
    started = subprocess.Popen(command, cwd=project.path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    with os.fdopen(ours, "rb", buffering=0) as stream:
        while True:
            try:
                text += stream.read(4096)
            except OSError:  # EIO: the other end is closed (pty(7))
                break
    started.wait()
    found = text.decode().replace("\r\n", "\n")
    return found[found.index("  Applying") :]


def test_what_is_said_of_a_migration_goes_above_its_line(tmp_path: Path, sqlite_database: Database):
    second = migration('migrations.RemoveField("Thing", "n"),', ("shop", "0001_initial"))
    project = begin(tmp_path, sqlite_database, f"{second}\n    handrail_keep = False\n")
    assert shown(project) == f"{APPLYING}\r\x1b[K{SAID}{APPLYING} OK\n"


def test_a_refusal_begins_a_line_of_its_own(tmp_path: Path, sqlite_database: Database):
    second = migration("migrations.RunPython(fail),", ("shop", "0001_initial"), code=FAIL)
    project = begin(tmp_path, sqlite_database, f"{second}\n    atomic = False\n")
    above, said, error = shown(project).split(f"{APPLYING}", 2)
    assert (above, said) == ("", "\r\x1b[Krun 2: 0 done, shop.0002_b stopped, and a part of it is done\n")
    assert error.startswith("\nCommandError: error[HR402]: interrupted-data: shop.0002_b was stopped inside operation 1 of 1\n")
