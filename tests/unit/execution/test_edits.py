"""Edits are all made or none, keep what they do not change, and are taken back byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from handrail.domain.edit import Action, Edit
from handrail.errors.base import Refusal
from handrail.execution.edit_records import Records
from handrail.execution.edits import apply, reversed_edits, undo


def content(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return contents and permissions of all files but Handrail's and git's own."""
    found = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and inside.parts[0] not in (".handrail", ".git"):
            found[inside.as_posix()] = (path.read_bytes(), path.stat().st_mode & 0o777)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0002_b.py").write_bytes(b"b\r\n")
    (folder / "0003_c.py").write_bytes(b"\xef\xbb\xbfc\n")
    (folder / "gone.py").write_bytes(b"gone")
    (folder / "max_migration.txt").write_bytes(b"0003_c\n")
    (folder / "0002_b.py").chmod(0o640)
    (folder / "gone.py").chmod(0o755)
    return tmp_path


EDITS = (
    Edit(path="shop/migrations/0002_b.py", action=Action.RENAME, before=b"b\r\n", after=b"B\r\n", to="shop/migrations/0003_c.py"),
    Edit(
        path="shop/migrations/0003_c.py",
        action=Action.RENAME,
        before=b"\xef\xbb\xbfc\n",
        after=b"\xef\xbb\xbfC\n",
        to="shop/migrations/0004_c.py",
    ),
    Edit(path="shop/migrations/gone.py", action=Action.DELETE, before=b"gone"),
    Edit(path="shop/migrations/max_migration.txt", action=Action.REWRITE, before=b"0003_c\n", after=b"0004_c\n"),
    Edit(path="shop/migrations/new.py", action=Action.CREATE, after=b"new"),
)  # fmt: skip


def refused(function, *arguments) -> tuple[str, str]:
    with pytest.raises(Refusal) as found:
        function(*arguments)
    return found.value.finding.code, found.value.finding.message


def test_all_edits_are_made_also_where_one_file_takes_the_name_of_another(root):
    apply(EDITS, root)
    assert content(root) == {
        "shop/migrations/0003_c.py": (b"B\r\n", 0o640),
        "shop/migrations/0004_c.py": (b"\xef\xbb\xbfC\n", 0o644),
        "shop/migrations/max_migration.txt": (b"0004_c\n", 0o644),
        "shop/migrations/new.py": (b"new", 0o644),
    }


def test_they_are_taken_back_with_their_permissions_and_once_only(root):
    before = content(root)
    apply(EDITS, root, command="resolve", details={"renamed": [["a", "b"]]})
    record = undo(root)
    assert content(root) == before
    assert (record.command, record.details) == ("resolve", {"renamed": [["a", "b"]]})
    assert [(edit.action.value, edit.path, edit.to) for edit in reversed_edits(record)] == [
        ("delete", "shop/migrations/new.py", ""),
        ("rewrite", "shop/migrations/max_migration.txt", ""),
        ("create", "shop/migrations/gone.py", ""),
        ("rename", "shop/migrations/0004_c.py", "shop/migrations/0003_c.py"),
        ("rename", "shop/migrations/0003_c.py", "shop/migrations/0002_b.py"),
    ]
    assert refused(undo, root) == ("HR126", "the last edits are not taken back: there are none on record")


def test_the_last_edits_are_taken_back_first(root):
    apply([EDITS[4]], root)
    apply([Edit(path="shop/migrations/new.py", action=Action.REWRITE, before=b"new", after=b"newer")], root)
    undo(root)
    assert content(root)["shop/migrations/new.py"][0] == b"new"
    undo(root)
    assert "shop/migrations/new.py" not in content(root)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("shop/migrations/max_migration.txt", b"mine\n"),
        ("shop/migrations/gone.py", None),
        ("shop/migrations/new.py", b"there already"),
        ("shop/migrations/0004_c.py", b"there already"),
    ],
)
def test_a_file_that_changed_since_it_was_read_stops_everything(root, path, change):
    place = root / path
    place.unlink(missing_ok=True)
    if change is not None:
        place.write_bytes(change)
    before = content(root)
    assert refused(apply, EDITS, root) == ("HR125", f"{path} changed since it was read")
    assert content(root) == before
    assert Records.of(root).last() is None


def test_a_file_that_changed_after_the_edits_stops_the_undoing(root):
    apply(EDITS, root)
    (root / "shop/migrations/new.py").write_bytes(b"mine")
    before = content(root)
    message = "the last edits are not taken back: shop/migrations/new.py changed after them"
    assert refused(undo, root) == ("HR126", message)
    assert content(root) == before


def test_what_leads_out_of_the_project_is_refused(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.py").write_bytes(b"x")
    (root / "linked").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "x.py")
    for path in ("linked/x.py", "link.py", "../x.py", str(outside / "x.py")):
        edit = Edit(path=path, action=Action.REWRITE, before=b"x", after=b"y")
        assert refused(apply, [edit], root) == ("HR124", f"{path} leads out of the project")
    assert (outside / "x.py").read_bytes() == b"x"


def test_a_failure_half_way_puts_everything_back(root):
    before = content(root)
    folder = root / "blocked"
    folder.write_bytes(b"a file where a folder is needed")
    edits = (*EDITS, Edit(path="blocked/0001.py", action=Action.CREATE, after=b""))
    with pytest.raises(OSError, match="blocked"):
        apply(edits, root)
    folder.unlink()
    assert content(root) == before
    assert Records.of(root).last() is None


def test_a_folder_that_is_left_empty_goes_and_comes_back(root):
    (root / "old/migrations/__pycache__").mkdir(parents=True)
    (root / "old/migrations/__pycache__/a.cpython-313.pyc").write_bytes(b"")
    (root / "old/migrations/a.py").write_bytes(b"a")
    apply([Edit(path="old/migrations/a.py", action=Action.DELETE, before=b"a")], root)
    assert not (root / "old/migrations").exists()
    undo(root)
    assert (root / "old/migrations/a.py").read_bytes() == b"a"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_records_are_in_the_git_folder_of_the_right_worktree(tmp_path):
    main, other = tmp_path / "main", tmp_path / "other"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(other))
    for folder in (main, other):
        apply([Edit(path="a.py", action=Action.CREATE, after=folder.name.encode())], folder)
    undo(other)
    assert (main / "a.py").read_bytes() == b"main"
    assert not (other / "a.py").exists()
    assert not (main / ".handrail").exists()
    assert (main / ".git/handrail/edits/000001.json").exists()
    assert (main / ".git/worktrees/other/handrail/edits/000001.json").exists()


def test_a_damaged_record_is_not_followed(root):
    apply(EDITS, root)
    path = root / ".handrail/edits/000001.json"
    path.write_text(path.read_text().replace("max_migration", "min_migration"))
    assert refused(undo, root) == ("HR126", "the last edits are not taken back: the record 000001.json is damaged")


def test_while_one_command_writes_no_other_does(root):
    with Records.of(root).alone():
        assert refused(apply, EDITS, root) == ("HR127", "another command is writing files of this project")


def test_old_records_are_removed(root):
    for number in range(25):
        apply([Edit(path=f"n{number}", action=Action.CREATE, after=b"")], root)
    names = sorted(path.name for path in (root / ".handrail/edits").glob("*.json"))
    assert (len(names), names[0], names[-1]) == (20, "000006.json", "000025.json")
    data = json.loads((root / ".handrail/edits/000025.json").read_text().rpartition("\n")[0].rpartition("\n")[0])
    assert (data["status"], data["root"]) == ("done", os.path.realpath(root))
