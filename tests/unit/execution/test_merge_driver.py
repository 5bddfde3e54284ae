"""The merge driver, called by git in real merges and rebases."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from handrail.execution.install_git import plan_install
from handrail.execution.merge_driver import drive
from handrail.planning.lockfile import Entry, Lock, LockError, parse, render
from handrail.sources.git import Repository
from tests.git_sandbox import Sandbox, isolated

__all__ = ["isolated"]

PROGRAM = [sys.executable, "-m", "handrail"]
PATH = "shop/migrations/migrations.lock"


def lock(*names: str, leaves: tuple[str, ...] = (), changed: str = "") -> str:
    """Return the text of a lock-file of one chain."""
    entries = tuple(
        Entry(name=name, digest="1" if name == changed else "0", parents=names[max(position - 1, 0) : position])
        for position, name in enumerate(names)
    )
    return render(Lock(app_label="shop", leaves=leaves or names[-1:], entries=entries))


class Story:
    """A branch main and a branch feature, each with its own lock-file over a common one; the driver is set up."""

    def __init__(self, path: Path, base: str, main: str, feature: str) -> None:
        self.sandbox = Sandbox.create(path)
        repository = Repository.find(path)
        assert repository is not None
        for step in plan_install(repository, PROGRAM, hooks=False, driver=True):
            step.do()
        self.file = path / PATH
        self.commit(base)
        self.sandbox.git("switch", "--quiet", "--create", "feature")
        self.commit(feature)
        self.sandbox.git("switch", "--quiet", "main")
        self.commit(main)

    def commit(self, text: str) -> None:
        if text:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(text)
        self.sandbox.commit(other=text)


def chain(*names: str) -> str:
    return lock("0001_initial", *names)


def test_two_branches_that_both_add_a_migration_stop_git(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_a"))
    story.sandbox.git("merge", "feature", status=1)
    assert story.sandbox.git("diff", "--name-only", "--diff-filter=U").splitlines() == ["other.py", PATH]
    text = story.file.read_text()
    assert text == f"<<<<<<< ours\n{chain('0002_b')}=======\n{chain('0002_a')}>>>>>>> theirs\n"
    with pytest.raises(LockError, match="line 1: conflict markers of git"):
        parse(text)


def test_without_the_driver_git_stops_too(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_a"))
    story.sandbox.git("config", "--remove-section", "merge.handrail")
    story.sandbox.git("merge", "feature", status=1)
    assert PATH in story.sandbox.git("diff", "--name-only", "--diff-filter=U")


def test_git_shows_what_to_run(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_a"))
    said = tmp_path / "said"
    story.sandbox.git("-c", f"alias.m=!git merge --quiet feature 2>{said}", "m", status=1)
    assert said.read_text() == (
        f"handrail: {PATH}: both sides added migrations, so there would be 2 leaf nodes: 0002_a, 0002_b\n"
        "handrail: next: handrail resolve\n"
    )


def test_a_branch_that_holds_the_other_s_migrations_merges(tmp_path: Path) -> None:
    """As after a cherry-pick: git's own merge would stop, for both sides changed the same line."""
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_b", "0003_c"))
    story.sandbox.git("merge", "--quiet", "--no-commit", "-X", "ours", "feature")
    assert story.file.read_text() == chain("0002_b", "0003_c")
    assert story.sandbox.git("diff", "--name-only", "--diff-filter=U") == ""


def test_a_changed_and_an_added_migration_merge(tmp_path: Path) -> None:
    edited = lock("0001_initial", changed="0001_initial")
    story = Story(tmp_path / "shop", chain(), edited, chain("0002_a"))
    story.sandbox.git("merge", "--quiet", "--no-commit", "-X", "ours", "feature")
    assert story.file.read_text() == lock("0001_initial", "0002_a", changed="0001_initial")


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_stops_as_well(tmp_path: Path, backend: str) -> None:
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_a"))
    story.sandbox.git("switch", "--quiet", "feature")
    story.sandbox.git("rebase", "--quiet", backend, "main", status=1)
    assert PATH in story.sandbox.git("diff", "--name-only", "--diff-filter=U")
    assert story.file.read_text().startswith("<<<<<<< ours\n")


def test_both_sides_bring_the_file(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop", "", chain(), chain("0002_a"))
    story.sandbox.git("merge", "--quiet", "--no-commit", "-X", "ours", "feature")
    assert story.file.read_text() == chain("0002_a")


def test_a_path_with_odd_signs_reaches_the_driver_whole(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop", chain(), chain("0002_b"), chain("0002_a"))
    story.sandbox.git("merge", "--quiet", "-X", "ours", "feature", status=1)
    story.sandbox.git("merge", "--abort")
    for branch in ("main", "feature"):
        story.sandbox.git("switch", "--quiet", branch)
        story.sandbox.git("mv", "shop", "it's a $(touch hacked) shop")
        story.sandbox.commit()
    said = tmp_path / "said"
    story.sandbox.git("-c", f"alias.m=!git merge --quiet main 2>{said}", "m", status=1)
    assert said.read_text().startswith("handrail: it's a $(touch hacked) shop/migrations/migrations.lock: both sides added")
    assert not (story.sandbox.path / "hacked").exists()


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "problem"),
    [
        (chain(), "", chain("0002_a"), "a version of the file cannot be read: it does not start with an app and a leaf node"),
        (chain(), chain(), "<<<<<<< ours\n", "a version of the file cannot be read: line 1: conflict markers of git"),
        ("<<<<<<< ours\n", chain(), chain(), "a version of the file cannot be read: line 1: conflict markers of git"),
        (chain(), chain()[:-3], chain("0002_a"), None),
    ],
)
def test_versions_that_cannot_be_read_are_a_conflict(
    tmp_path: Path, base: str, ours: str, theirs: str, problem: str | None
) -> None:
    paths = [tmp_path / name for name in ("base", "ours", "theirs")]
    for path, text in zip(paths, (base, ours, theirs), strict=True):
        path.write_text(text)
    said = drive(*paths, 9)
    assert said == problem if problem else "cannot be read" in said
    end = "" if not ours or ours.endswith("\n") else "\n"
    assert paths[1].read_text() == f"<<<<<<<<< ours\n{ours}{end}=========\n{theirs}>>>>>>>>> theirs\n"
    assert (paths[0].read_text(), paths[2].read_text()) == (base, theirs)
