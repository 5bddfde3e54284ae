"""The database of a developer follows a switch of branches, where somebody says yes."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from handrail.api.post_checkout import is_local
from tests.databases.stopped_project import Stopped
from tests.git_sandbox import SETTINGS, isolate
from tests.servers.base import Database

DROP = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RemoveField("Thing", "n")]
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


@pytest.fixture
def project(sqlite_database: Database, tmp_path: Path) -> Stopped:
    """A project on a branch with one migration more than main, applied, and with the hooks."""
    made = Stopped.make(tmp_path, sqlite_database, DROP)
    made.git("switch", "-q", "-c", "feature")
    made.git("switch", "-q", "main")
    made.git("rm", "-q", "shop/migrations/0002_step.py")
    made.commit("without it")
    made.git("switch", "-q", "feature")
    made.migrate("shop")
    made.handrail("install-git", "--hooks")
    return made


def switch(project: Stopped, branch: str, answer: str, **variables: str) -> str:
    """Switch branches on a terminal of its own, and return what is seen there (script, util-linux)."""
    script = shutil.which("script")
    if script is None:
        pytest.skip("there is no program script")
    known = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith(("GIT_", "DJANGO_"))}
    done = subprocess.run(
        [script, "-qec", shlex.join(["git", "switch", branch]), "/dev/null"],
        cwd=project.path,
        env={**known, **SETTINGS, "HANDRAIL_CACHE": "off", **variables},
        input=f"{answer}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.replace("\r\n", "\n")


def switch_alone(project: Stopped, branch: str) -> str:
    """Switch branches without a terminal, as an editor does, and return what is said."""
    known = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith(("GIT_", "DJANGO_"))}
    done = subprocess.run(
        ["git", "switch", "-q", branch],
        cwd=project.path,
        env={**known, **SETTINGS, "HANDRAIL_CACHE": "off"},
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        timeout=60,
    )
    return done.stderr


def test_the_database_follows_there_and_back(project: Stopped):
    project.query("INSERT INTO shop_thing (id) VALUES (7)")
    refused = switch(project, "main", "no")
    assert "\napplied to default, and not on this branch: shop.0002_step\n" in refused
    assert project.recorded() == ["0001_initial", "0002_step"]
    project.git("switch", "-q", "feature")
    assert "run 3: 1 migration taken back" in switch(project, "main", "yes")
    assert (project.recorded(), project.columns, project.n) == (["0001_initial"], ["id", "n"], [1, 1])
    project.query("UPDATE shop_thing SET n = 5 WHERE id = 7")
    seen = switch(project, "feature", "yes")
    assert "\non this branch again, and taken back from default: shop.0002_step\n" in seen
    assert (project.recorded(), project.columns) == (["0001_initial", "0002_step"], ["id"])
    switch(project, "main", "yes")
    assert project.n == [1, 5]


def test_nobody_is_asked_in_ci(project: Stopped):
    seen = switch(project, "main", "yes", CI="true")
    assert "applied to default" not in seen
    done = project.run("-m", "handrail", "post-checkout", "feature", "main", CI="true")
    assert (done.exit, done.out, done.err) == (0, "", "")
    assert project.recorded() == ["0001_initial", "0002_step"]


def test_where_nobody_can_answer_the_commands_are_said(project: Stopped):
    away = switch_alone(project, "main")
    main = project.git("rev-parse", "HEAD").strip()
    assert away == (f"applied to default, and not on this branch: shop.0002_step\n  next: handrail rollback --to-ref {main}\n")
    assert project.recorded() == ["0001_initial", "0002_step"]
    project.handrail("rollback", "--to-ref", main, "--yes")
    back = switch_alone(project, "feature")
    assert back == "on this branch again, and taken back from default: shop.0002_step\n  next: python manage.py migrate\n"
    assert project.recorded() == ["0001_initial"]


@pytest.mark.parametrize(
    ("host", "local"),
    [("", True), ("localhost", True), ("127.0.0.1", True), ("/run/postgresql", True), ("db", False), ("192.0.2.7", False)],
)
def test_a_database_on_another_machine_is_left_alone(host: str, local: bool):
    assert is_local({"HOST": host}) is local
