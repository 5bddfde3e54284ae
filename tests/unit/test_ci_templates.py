"""The files that others include in their CI: they parse, and the commands they name run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.git_sandbox import SETTINGS, Sandbox

ROOT = Path(__file__).resolve().parents[2]
MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{}]
    operations = [{}]
"""
ADD = 'migrations.AddField("thing", "{}", models.IntegerField(default=0))'
CREATE = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))])'


def load(path: str) -> Any:
    """Parse a file with the YAML parser that libcst brings: PyYAML, or its fork for newer Pythons."""
    name = "yaml" if importlib.util.find_spec("yaml") else "yaml_ft"
    return importlib.import_module(name).safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.fixture
def clone(tmp_path: Path) -> Sandbox:
    """A shallow clone of a branch whose migration conflicts with one on main, as a CI service makes it."""
    origin = Sandbox.create(tmp_path / "origin")
    folder = origin.path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    origin.commit(shop__migrations__0001_initial=MIGRATION.format("", CREATE))
    origin.git("switch", "--quiet", "--create", "feature")
    origin.commit(shop__migrations__0002_a=MIGRATION.format('("shop", "0001_initial")', ADD.format("a")))
    origin.git("switch", "--quiet", "main")
    origin.commit(shop__migrations__0002_b=MIGRATION.format('("shop", "0001_initial")', ADD.format("b")))
    Sandbox(tmp_path).git("clone", "--quiet", "--depth=1", "--branch=feature", f"file://{origin.path}", "clone")
    return Sandbox(tmp_path / "clone")


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as CI services do: bash, which stops at the first error."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **SETTINGS, "PATH": path, **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def steps() -> Iterator[dict[str, Any]]:
    yield from load("action.yml")["runs"]["steps"]


def test_the_action_installs_the_version_that_was_asked_for() -> None:
    action = load("action.yml")
    assert action["runs"]["using"] == "composite"
    install = next(steps())["run"].splitlines()
    assert shlex.split(install[1])[-3:] == ["install", "--quiet", "$GITHUB_ACTION_PATH"]


def test_every_input_of_the_action_is_used_and_every_value_comes_by_the_environment() -> None:
    action = load("action.yml")
    used = {name for step in steps() for value in step.get("env", {}).values() for name in re.findall(r"inputs\.(\w+)", value)}
    assert used == set(action["inputs"])
    assert [step["name"] for step in steps() if "${{" in step["run"]] == []
    assert all(step["shell"] == "bash" for step in steps())


def test_the_action_annotates_a_conflict_in_a_shallow_clone(clone: Sandbox) -> None:
    _, fetch, find = steps()
    variables = {"BASE": "main", "HEAD_COMMIT": clone.git("rev-parse", "HEAD"), "PROJECT": ".", "APPS": ""}
    fetched = shell(fetch["run"], clone.path, **variables)
    assert fetched.returncode == 0, fetched.stderr
    done = shell(find["run"], clone.path, **variables)
    assert done.returncode == 1, done.stderr
    assert "::error " in done.stdout
    assert "HR101" in done.stdout
    assert shell(find["run"], clone.path, **{**variables, "APPS": "shop"}).returncode == 1
    again = shell(fetch["run"] + find["run"], clone.path, **{**variables, "BASE": "feature"})
    assert (again.returncode, again.stdout) == (0, "no findings\n")


def test_the_gitlab_template_writes_code_quality_and_shows_the_text(clone: Sandbox) -> None:
    job = load("gitlab/handrail.yml")["handrail"]
    assert job["artifacts"]["reports"]["codequality"] == "gl-code-quality-report.json"
    assert job["variables"]["GIT_DEPTH"] == "0"
    install, fetch = job["before_script"]
    assert install == "pip install --quiet django-handrail"
    clone.git("fetch", "--quiet", "--unshallow")  # what GIT_DEPTH does
    script = "\n".join([fetch, *job["script"]])

    def run(target: str) -> tuple[int, str, Any]:
        variables = {
            name: value.replace("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", target) for name, value in job["variables"].items()
        }
        done = shell(script, clone.path, **variables)
        report = clone.path / job["artifacts"]["reports"]["codequality"]
        return done.returncode, done.stdout, json.loads(report.read_text())

    status, text, report = run("main")
    assert status == 1
    assert "error[HR101]" in text
    assert {entry["check_name"] for entry in report} == {"HR101"}
    assert run("feature") == (0, "", [])


@pytest.mark.parametrize("torn", [False, True])
def test_the_hooks_for_pre_commit_run(clone: Sandbox, torn: bool) -> None:
    if torn:
        clone.write(shop__migrations__0002_b=MIGRATION.format('("shop", "0001_initial")', ADD.format("b")))
        clone.git("add", "--all")
    results = {}
    for hook in load(".pre-commit-hooks.yaml"):
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False
        assert re.search(hook["files"], "shop/migrations/0001_initial.py")
        results[hook["id"]] = shell(hook["entry"], clone.path).returncode
    assert results == {"handrail-conflicts": int(torn), "handrail-migrations-lock": int(torn)}


def test_the_page_names_hooks_and_files_that_exist() -> None:
    text = (ROOT / "docs" / "how-to" / "git.md").read_text(encoding="utf-8")
    named = set(re.findall(r"- id: (\S+)", text))
    assert named == {hook["id"] for hook in load(".pre-commit-hooks.yaml")}
    files = re.findall(r"^    file: (\S+)$", text, re.MULTILINE)
    assert files == ["gitlab/handrail.yml"]
    assert all((ROOT / path).is_file() for path in files)
    assert not re.findall(r"(?:github|gitlab|githubusercontent)\.com/\S*handrail\S*", text), "Handrail has no public address"
