"""Pairs of apps that are compared: once, as long as nothing changes that decides whether they are independent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from handrail.api import find
from handrail.api.find import in_one_tree
from handrail.conflicts.between import between_apps
from handrail.domain.conflict import Verdict
from handrail.sources.project import Project
from tests.unit.planning.small_project import migration

COUNT = 20
NOTE = """from elsewhere import notes
def note(apps, schema_editor):
    notes.take()
"""
REMOVED, CODE = 'migrations.RemoveField("thing", "size")', "migrations.RunPython(note)"
THING = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())])'
REFERRING = 'migrations.AddField("thing", "post", models.ForeignKey("blog.Post", models.CASCADE))'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two apps, enough files for the cache: the last one of blog calls code that nobody reads, that of shop removes a field."""
    monkeypatch.setenv("HANDRAIL_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "project"
    for app in ("blog", "shop"):
        folder = root / app / "migrations"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder.parent / "__init__.py").touch()
        for number in range(COUNT):
            needs = f"{app}.{number - 1:04}_x" if number else ""
            (folder / f"{number:04}_x.py").write_text(migration(needs, "" if number else THING))
    write(root, "blog", CODE, NOTE)
    write(root, "shop", REMOVED)
    return root


def write(root: Path, app: str, operation: str, imports: str = "") -> None:
    text = migration(f"{app}.{COUNT - 1:04}_x", operation, imports=imports)
    (root / app / "migrations" / f"{COUNT:04}_y.py").write_text(text)


def found(root: Path, monkeypatch: pytest.MonkeyPatch, apps: Sequence[str] = ()) -> tuple[list[Verdict], int]:
    """Return the verdicts of a run with the cache of those before, and how many pairs it compared."""
    compared = []

    def noted(graph, settings, pairs):  # type: ignore[no-untyped-def]
        compared.extend(pairs)
        return between_apps(graph, settings, pairs)

    monkeypatch.setattr(find, "between_apps", noted)
    project = Project(root=root)
    conflicts = in_one_tree(project, apps, "").conflicts
    project.cache.save()
    return [conflict.verdict for conflict in conflicts], len(compared)


def test_a_pair_that_is_independent_is_compared_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(root, monkeypatch) == ([], 1)
    assert found(root, monkeypatch) == ([], 0)
    assert found(root, monkeypatch, ["shop"]) == ([], 0)


def test_it_is_compared_again_where_something_below_one_of_the_two_changes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(root, monkeypatch) == ([], 1)
    first = root / "blog" / "migrations" / "0000_x.py"
    first.write_text(first.read_text().replace("Thing", "Post"))
    assert found(root, monkeypatch) == ([], 1)
    write(root, "shop", REFERRING.replace("AddField", "AlterField"))
    assert found(root, monkeypatch) == ([Verdict.OPAQUE], 1)


def test_a_conflict_is_compared_every_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "shop", REFERRING.replace("AddField", "AlterField"))
    assert found(root, monkeypatch) == ([Verdict.OPAQUE], 1)
    assert found(root, monkeypatch) == ([Verdict.OPAQUE], 1)


def test_what_is_not_asked_for_is_neither_compared_nor_taken_for_independent(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "shop", REFERRING.replace("AddField", "AlterField"))
    monkeypatch.setattr(find, "require_apps", lambda *_: None)
    assert found(root, monkeypatch, ["other"]) == ([], 0)
    assert found(root, monkeypatch) == ([Verdict.OPAQUE], 1)


def test_without_a_cache_every_run_compares(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_CACHE", "off")
    assert found(root, monkeypatch) == ([], 1)
    assert found(root, monkeypatch) == ([], 1)
