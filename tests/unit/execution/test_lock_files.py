"""Lock-files of a project on disk: written, found out of step, and brought back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from handrail.domain.edit import Action
from handrail.domain.graph import MigrationGraph
from handrail.errors.base import Refusal
from handrail.execution.edits import apply
from handrail.execution.lock_files import plan_lock_files
from handrail.sources.files import WorkingTree
from handrail.sources.lock_files import lock_findings
from handrail.sources.project import Project

TEXT = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{}]
    operations = [migrations.RunSQL("SELECT {}")]
"""


def add(root: Path, app: str, name: str, after: str = "", number: int = 1) -> None:
    folder = root / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / f"{name}.py").write_text(TEXT.format(f'("{app}", "{after}")' if after else "", number))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add(tmp_path, "shop", "0001_initial")
    add(tmp_path, "shop", "0002_name", "0001_initial")
    add(tmp_path, "blog", "0001_initial")
    return tmp_path


def write(root: Path, *apps: str, create: bool = False) -> list[tuple[str, str]]:
    outcome = plan_lock_files(Project(root=root), apps, create=create)
    assert outcome.edits is not None
    if outcome.edits:
        apply(outcome.edits, root)
    return [(edit.action.value, edit.path) for edit in outcome.edits]


def messages(root: Path) -> list[tuple[str, tuple[str, ...], str]]:
    snapshot = Project(root=root).snapshot()
    found = lock_findings(WorkingTree(root), snapshot, MigrationGraph.build(snapshot.migrations))
    return [(finding.message, finding.notes, finding.command) for finding in found]


def test_the_first_time_every_app_gets_one(root: Path) -> None:
    assert messages(root) == []
    assert write(root) == [("create", "blog/migrations/migrations.lock"), ("create", "shop/migrations/migrations.lock")]
    assert messages(root) == []
    assert plan_lock_files(Project(root=root), [], create=False).summary == ("the lock-files are in step with the migrations",)


def test_later_only_those_that_have_one(root: Path) -> None:
    assert write(root, "shop", create=True) == [("create", "shop/migrations/migrations.lock")]
    add(root, "shop", "0003_price", "0002_name")
    add(root, "blog", "0002_text", "0001_initial")
    assert messages(root) == [
        (
            "lock-file: shop says 0002_name, the files say 0003_price",
            ("0003_price is not in the lock-file",),
            "handrail migrations-lock shop",
        )
    ]
    assert write(root) == [("rewrite", "shop/migrations/migrations.lock")]
    assert messages(root) == []
    assert write(root, create=True) == [("create", "blog/migrations/migrations.lock")]


def test_an_edited_migration_is_found_and_a_comment_is_not(root: Path) -> None:
    write(root)
    path = root / "shop" / "migrations" / "0001_initial.py"
    path.write_text("# a comment\n" + path.read_text())
    assert messages(root) == []
    add(root, "shop", "0001_initial", number=2)
    assert [(message, notes) for message, notes, _ in messages(root)] == [
        ("lock-file: shop says 0002_name, the files say 0002_name with other content", ("0001_initial was edited",))
    ]


def test_an_app_with_two_leaf_nodes_keeps_its_lock_file(root: Path) -> None:
    write(root)
    before = (root / "shop" / "migrations" / "migrations.lock").read_text()
    add(root, "shop", "0002_other", "0001_initial")
    outcome = plan_lock_files(Project(root=root), [], create=False)
    assert [finding.message for finding in outcome.findings] == [
        "conflict: shop has 2 heads 0002_name and 0002_other from common ancestor 0001_initial"
    ]
    assert (outcome.exit, outcome.edits) == (1, ())
    assert messages(root) == [
        (
            "lock-file: shop says 0002_name, the files say 0002_name and 0002_other",
            ("0002_other is not in the lock-file",),
            "handrail resolve shop",
        )
    ]
    assert (root / "shop" / "migrations" / "migrations.lock").read_text() == before


def test_conflict_markers_are_found_and_written_over(root: Path) -> None:
    write(root)
    path = root / "shop" / "migrations" / "migrations.lock"
    whole = path.read_text()
    path.write_text(f"<<<<<<< ours\n{whole}=======\n{whole}>>>>>>> theirs\n")
    assert messages(root) == [
        (
            "lock-file: shop says nothing that can be read, the files say 0002_name",
            (),
            "handrail migrations-lock shop",
        )
    ]
    write(root)
    assert path.read_text() == whole


def test_many_differences_are_counted(root: Path) -> None:
    write(root)
    for number in range(3, 10):
        add(root, "shop", f"{number:04}_x", f"{number - 1:04}_{'x' if number > 3 else 'name'}")
    ((_, notes, _),) = messages(root)
    assert notes[-1] == "and 2 more"
    assert len(notes) == 6


def test_a_migration_that_cannot_be_read_is_refused(root: Path) -> None:
    (root / "shop" / "migrations" / "0003_price.py").write_text("<<<<<<< HEAD\n")
    with pytest.raises(Refusal) as caught:
        plan_lock_files(Project(root=root), [], create=False)
    assert caught.value.finding.code == "HR212"


def test_an_app_that_is_not_there_is_refused(root: Path) -> None:
    with pytest.raises(Refusal) as caught:
        plan_lock_files(Project(root=root), ["shopp"], create=True)
    assert caught.value.finding.message == "usage: no app shopp with migrations"


def test_the_command(root: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "handrail", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    status, text = run("migrations-lock", "shop", "--dry-run")
    assert status == 0
    assert "shop/migrations/migrations.lock" in text
    assert not (root / "shop" / "migrations" / "migrations.lock").exists()
    assert run("migrations-lock", "shop")[0] == 0
    assert (root / "shop" / "migrations" / "migrations.lock").exists()
    assert run("migrations-lock") == (0, "the lock-files are in step with the migrations\n")
    assert Action.CREATE.value in text
