"""What a command loads: only what it needs, for loading is most of the time that a small project takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.cli.run import run
from handrail.sources.cache import FEW, FactCache, content_id

CODE = """\
import sys
from handrail.cli.run import run
code = run(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""
NEVER = {
    "django",
    "libcst",
    "sqlglot",
    "rich",
    "jsonschema",
    "inspect",
    "dataclasses",
    "difflib",
    "shutil",
    "tempfile",
    "pkgutil",
}
FOR_GIT = {"subprocess", "handrail.sources.git", "handrail.sources.branches", "handrail.sources.git_process"}
FOR_CODE = {"handrail.conflicts.python_code", "handrail.conflicts.sql_code"}
FOR_A_CACHE = {"sqlite3"}
TO_DECIDE = {"handrail.conflicts.decide", "handrail.conflicts.compare", "handrail.conflicts.rules"}
TO_PROVE = {"handrail.domain.proof", "handrail.report._proof", "handrail.api.prove", "handrail.execution"}
OTHERS = {"handrail.report.json", "handrail.report.sarif", "handrail.planning", "handrail.sources.registry_apps"}
ADD_FIELD = "migrations.AddField('thing', '{name}', models.CharField(max_length=10))"
CREATE = "migrations.CreateModel('Thing', [('id', models.AutoField(primary_key=True))])"
MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [{operation}]
"""


def write(root: Path, app: str, name: str, operation: str, *dependencies: tuple[str, str]) -> bytes:
    folder = root / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()
    text = MIGRATION.format(operation=operation, dependencies=", ".join(map(repr, dependencies)))
    (folder / f"{name}.py").write_text(text)
    return text.encode()


def loaded(root: Path, *words: str) -> tuple[int, set[str]]:
    """Run handrail conflicts in a process of its own; return the exit code and the modules that were loaded by its end."""
    environment = {**os.environ, "HANDRAIL_CACHE": str(root.parent / "cache")}
    line = [sys.executable, "-c", CODE, "conflicts", "--path", str(root), *words]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env=environment)
    code, *modules = done.stderr.split()
    return int(code), set(modules)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def test_an_empty_project(root: Path) -> None:
    code, modules = loaded(root)
    assert code == 0
    assert modules & (NEVER | FOR_GIT | FOR_CODE | FOR_A_CACHE | TO_DECIDE | TO_PROVE | OTHERS | {"hashlib"}) == set()


def test_a_small_project_without_a_conflict(root: Path) -> None:
    write(root, "shop", "0001_initial", CREATE)
    write(root, "shop", "0002_size", ADD_FIELD.format(name="size"), ("shop", "0001_initial"))
    write(root, "toys", "0001_initial", CREATE, ("shop", "0001_initial"))
    code, modules = loaded(root)
    assert code == 0
    assert modules & (NEVER | FOR_GIT | FOR_CODE | FOR_A_CACHE | TO_DECIDE | TO_PROVE | OTHERS) == set()


def test_a_conflict(root: Path) -> None:
    write(root, "shop", "0001_initial", CREATE)
    write(root, "shop", "0002_size", ADD_FIELD.format(name="size"), ("shop", "0001_initial"))
    write(root, "shop", "0002_width", ADD_FIELD.format(name="width"), ("shop", "0001_initial"))
    code, modules = loaded(root)
    assert code == 1
    assert modules >= TO_DECIDE, "or this test looks for the wrong names"
    assert modules & (NEVER | FOR_GIT | FOR_CODE | FOR_A_CACHE | TO_PROVE | OTHERS) == set()


def test_facts_that_are_read_late_are_kept_too(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_CACHE", str(tmp_path / "cache"))
    previous: tuple[tuple[str, str], ...] = ()
    for number in range(FEW):
        last = write(root, "shop", f"{number + 1:04}_x", ADD_FIELD.format(name=f"x{number}"), *previous)
        previous = (("shop", f"{number + 1:04}_x"),)
    other = write(root, "toys", "0001_x", ADD_FIELD.format(name="x"))
    assert run(["conflicts", "--path", str(root)]) == 0
    found = FactCache(tmp_path / "cache").load(map(content_id, (last, other)))
    assert [facts.to_plain()[4] is not None for facts in found.values()] == [True, True], "the outlines of both leaf nodes"


def test_a_few_files_need_no_cache(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_CACHE", str(tmp_path / "cache"))
    write(root, "shop", "0001_initial", CREATE)
    assert run(["conflicts", "--path", str(root)]) == 0
    assert not (tmp_path / "cache").exists()
