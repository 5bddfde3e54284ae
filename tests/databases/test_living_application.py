"""An application goes on writing while a release comes and is taken back: nothing that it committed is lost or changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.git_sandbox import isolate
from tests.servers.base import Database

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = 2
SEEDS = 500
THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50, unique=True)),
    ("note", models.CharField(max_length=50)),
    ("m", models.IntegerField(default=0, db_default=0)),
    ("price", models.IntegerField(default=-1)),
    ("code", models.CharField(max_length=20, null=True)),
    ("size", models.IntegerField(default=7, db_default=7)),
]),
"""
RELEASE = """
migrations.RemoveField("Thing", "price"),
migrations.RunPython(add),
"""
ADD = """
def add(apps, editor):
    apps.get_model("shop", "Thing").objects.update(m=models.F("m") + 1000)
"""
MORE = """
migrations.RemoveField("Thing", "code"),
migrations.AlterField("Thing", "size", models.BigIntegerField(default=7, db_default=7)),
migrations.AddField("Thing", "extra", models.IntegerField(default=3, db_default=3)),
migrations.AddIndex("Thing", models.Index(fields=["m"], name="thing_m")),
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def begin(path: Path, database: Database) -> LiveProject:
    """Make a project whose first migration is applied, with rows that nobody changes."""
    made = LiveProject.begin(path / "project", database, {"shop.0001_initial": migration(THING)})
    made.settings(["handrail", "shop"])
    made.migrate()
    rows = ", ".join(f"('seed{number}', 'as it was', {number}, 'c{number}')" for number in range(SEEDS))
    made.query(f"INSERT INTO shop_thing (name, note, price, code) VALUES {rows}")
    made.put(
        {
            "shop.0002_release": migration(RELEASE, ("shop", "0001_initial"), code=ADD),
            "shop.0003_more": migration(MORE, ("shop", "0002_release")),
        }
    )
    return made


@contextmanager
def application(project: LiveProject) -> Iterator[dict[str, Any]]:
    """Let writers write meanwhile; afterwards what they have committed is in the value, by the names of rows."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.databases.writing"]
    writers = [
        subprocess.Popen([*command, str(number)], cwd=project.path, env=environment, stdout=subprocess.PIPE, text=True)
        for number in range(WRITERS)
    ]
    committed: dict[str, Any] = {}
    try:
        reach(project, rows=20)
        yield committed
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGTERM)
        said = [writer.communicate(timeout=60)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    for one in said:
        committed.update(json.loads(one)["rows"])


def reach(project: LiveProject, rows: int) -> None:
    """Wait until the writers have committed some more rows."""
    ((before,),) = project.query("SELECT max(id) FROM shop_thing")
    until = time.monotonic() + 60
    while project.query(f"SELECT count(*) FROM shop_thing WHERE id > {before}")[0][0] < rows:
        assert time.monotonic() < until, "the writers do not write"
        time.sleep(0.05)


def test_what_an_application_commits_meanwhile_stays(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database)
    with application(project) as committed:
        for _ in range(2):
            project.migrate()
            reach(project, rows=20)
            project.handrail("rollback", "--last-run", "--yes")
            reach(project, rows=20)
    found = {
        name: {"note": note, "price": price, "code": code, "m": m, "size": size}
        for name, note, price, code, m, size in project.query("SELECT name, note, price, code, m, size FROM shop_thing")
    }
    seeds = {f"seed{number}": {"note": "as it was", "price": number, "code": f"c{number}"} for number in range(SEEDS)}
    defaults = {"price": -1, "code": None, "m": 0, "size": 7}
    numbers = {name: {**row, **({"price": int(row["price"])} if "price" in row else {})} for name, row in committed.items()}
    assert found == {name: {**defaults, **row} for name, row in {**seeds, **numbers}.items()}
