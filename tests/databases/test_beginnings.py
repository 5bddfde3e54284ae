"""What is on record of steps that were announced with the end of the one before, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import THING, migration
from tests.git_sandbox import isolate
from tests.servers.base import Database

RAN = """
import os, signal

def ran(apps, editor):
    os.environ["RAN"] = "yes"
"""
BETWEEN = """
    def __str__(self):
        if os.environ.get("RAN"):
            what = os.environ.get("BETWEEN")
            if what == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "raise":
                raise ValueError("not now")
        return super().__str__()
"""
SECOND = """
migrations.AddField("Thing", "p", models.IntegerField(null=True)),
migrations.RunPython(ran, migrations.RunPython.noop),
"""
THIRD = 'migrations.AddField("Thing", "q", models.IntegerField(null=True)),'
OTHER = """
migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),
"""
FILES = {
    "shop.0001_initial": migration(THING),
    "shop.0002_p": migration(SECOND, ("shop", "0001_initial"), code=RAN),
    "shop.0003_q": migration(THIRD, ("shop", "0002_p"), code="import os, signal") + BETWEEN,
    "shop.0004_q": migration(THIRD.replace('"q"', '"r"'), ("shop", "0003_q")),
    "shop/models.py": "",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def project(tmp_path: Path, database: Database) -> LiveProject:
    made = LiveProject.begin(tmp_path / "project", database, FILES, INSTALLED_APPS=["handrail", "shop"])
    made.migrate("shop", "0001")
    return made


def steps(project: LiveProject, run: int) -> list[tuple[str, str, str, bool]]:
    found = project.query(f"SELECT name, direction, status, faked FROM handrail_step WHERE run = {run} ORDER BY id")
    return [(name, direction, status, bool(faked)) for name, direction, status, faked in found]


def test_every_step_is_on_record_once(project: LiveProject):
    project.migrate("shop")
    done = [(name, "forward", "done", False) for name in ("0002_p", "0003_q", "0004_q")]
    assert steps(project, 2) == done
    project.migrate("shop", "0001")
    assert steps(project, 3) == [(name, "backward", "done", False) for name, *_ in reversed(done)]


def test_what_never_began_is_on_record_no_more(project: LiveProject):
    failed = project.run("manage.py", "migrate", "shop", BETWEEN="raise")
    assert (failed.exit, failed.err.splitlines()[-1]) == (1, "ValueError: not now")
    assert project.recorded() == ["0001_initial", "0002_p"]
    assert steps(project, 2) == [("0002_p", "forward", "done", False)]
    assert project.query("SELECT status FROM handrail_run WHERE id = 2") == [("failed",)]
    project.migrate("shop")
    assert steps(project, 3) == [(name, "forward", "done", False) for name in ("0003_q", "0004_q")]


def test_a_process_that_is_killed_before_a_step_began_is_recovered(project: LiveProject):
    assert project.run("manage.py", "migrate", "shop", BETWEEN="kill").exit == -9
    assert project.recorded() == ["0001_initial", "0002_p"]
    assert steps(project, 2) == [("0002_p", "forward", "done", False), ("0003_q", "forward", "running", False)]
    said = project.manage("migrate", "--no-color", "shop")
    assert (said.exit, said.err) == (0, "run 2 was interrupted while applying shop.0003_q; nothing of it was left\n")
    assert project.recorded() == ["0001_initial", "0002_p", "0003_q", "0004_q"]
    assert [status for _, _, status, _ in steps(project, 2)] == ["done", "failed"]
    assert [status for _, _, status, _ in steps(project, 3)] == ["done", "done"]


def test_what_turns_out_to_be_there_already_is_faked(project: LiveProject):
    initial = migration(OTHER, ("shop", "0002_p")).replace("    operations", "    initial = True\n    operations")
    project.put({"other.0001_initial": initial, "other/models.py": ""})
    project.settings(INSTALLED_APPS=["handrail", "shop", "other"])
    project.query("CREATE TABLE other_other (id bigint NOT NULL PRIMARY KEY, n integer NOT NULL)")
    said = project.migrate("other", "--fake-initial")
    assert "Applying other.0001_initial... FAKED" in said
    assert steps(project, 2) == [("0002_p", "forward", "done", False), ("0001_initial", "forward", "done", True)]
