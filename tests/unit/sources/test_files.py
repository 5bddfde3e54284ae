"""The working tree as it is on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.sources.files import WorkingTree


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())


def test_paths_are_relative_sorted_and_have_slashes(tmp_path: Path) -> None:
    write(tmp_path, "shop/migrations/0001_initial.py", "manage.py", "shop/models.py")
    assert WorkingTree(tmp_path).paths() == ["manage.py", "shop/migrations/0001_initial.py", "shop/models.py"]


def test_folders_without_code_of_the_project_are_skipped(tmp_path: Path) -> None:
    write(
        tmp_path,
        ".venv/a.py",
        "venv/b.py",
        "x/node_modules/c.py",
        "lib/site-packages/d.py",
        "x/__pycache__/e.pyc",
        ".git/f",
        "x/g.py",
    )
    assert WorkingTree(tmp_path).paths() == ["x/g.py"]


def test_a_root_that_is_such_a_folder_itself_is_read(tmp_path: Path) -> None:
    write(tmp_path, "venv/lib/site-packages/shop/models.py")
    assert WorkingTree(tmp_path / "venv/lib/site-packages").paths() == ["shop/models.py"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c.py")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert WorkingTree(tmp_path).paths() == ["a/b/c.py", "self"]


def test_a_folder_is_read_under_its_real_place_and_not_again_under_a_link(tmp_path: Path) -> None:
    write(tmp_path, "real/c.py")
    (tmp_path / "another").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "whole").symlink_to(tmp_path, target_is_directory=True)
    assert WorkingTree(tmp_path).paths() == ["real/c.py"]


def test_a_linked_folder_outside_the_root_is_read(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/migrations/0001_initial.py", "project/manage.py")
    (tmp_path / "project/shop").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert WorkingTree(tmp_path / "project").paths() == ["manage.py", "shop/migrations/0001_initial.py"]


def test_contents_are_read_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "folder/b.py")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    found = WorkingTree(tmp_path).read_many(["a.py", "gone.py", "folder", "self", "folder/b.py"])
    assert found == {"a.py": b"a.py", "folder/b.py": b"folder/b.py"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "shut/a.py", "open/b.py")
    (tmp_path / "shut").chmod(0)
    assert WorkingTree(tmp_path).paths() == ["open/b.py"]
    (tmp_path / "shut").chmod(0o700)


def test_a_root_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert WorkingTree(tmp_path / "gone").paths() == []
