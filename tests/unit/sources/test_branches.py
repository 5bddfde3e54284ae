"""Every open branch and what it changed, by a few git commands for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.errors.base import Refusal
from handrail.sources.branches import OpenBranch, open_branches, trees
from tests.git_sandbox import Sandbox, found, isolated

__all__ = ["isolated"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    made = Sandbox.create(tmp_path / "shop")
    made.commit(app__one="1", app__two="2", other="3")
    return made


def branch_off(sandbox: Sandbox, name: str, start: str = "main", author: str = "Ann", **files: str) -> str:
    sandbox.git("switch", "--quiet", "--create", name, start)
    commit = sandbox.commit(author=author, **files)
    sandbox.git("switch", "--quiet", "main")
    return commit


def changes(branch: OpenBranch) -> list[tuple[str, str]]:
    return [(change.status, change.path) for change in branch.changes]


def test_branches_with_their_base_and_their_changes(sandbox: Sandbox) -> None:
    base = sandbox.git("rev-parse", "main")
    a = branch_off(sandbox, "a", author="Bob", app__one="11", app__new="5", other="33")
    later = sandbox.commit(app__two="22")
    branch_off(sandbox, "b", app__two="222")
    branches = open_branches(found(sandbox.path / "app"))
    assert [(branch.branch.name, branch.base, changes(branch)) for branch in branches] == [
        ("b", later, [("M", "two.py")]),
        ("a", base, [("A", "new.py"), ("M", "one.py")]),
    ]
    assert (branches[1].branch.author, branches[1].branch.commit) == ("Bob", a)


def test_the_files_of_each_branch(sandbox: Sandbox) -> None:
    branch_off(sandbox, "a", app__new="5")
    sandbox.git("switch", "--quiet", "--create", "b")
    sandbox.git("rm", "--quiet", "app/one.py")
    (sandbox.path / "app" / "two.py").unlink()
    (sandbox.path / "app" / "two.py").symlink_to("one.py")
    sandbox.commit()
    sandbox.git("switch", "--quiet", "main")
    repository = found(sandbox.path / "app")
    b, a = trees(repository, open_branches(repository))
    assert (a.ref, a.paths(), a.read_many(["new.py"])) == ("a", ["new.py", "one.py", "two.py"], {"new.py": b"5"})
    assert (b.ref, b.paths()) == ("b", [])
    assert [tree.entries for tree in (a, b)] == [repository.tree("a").entries, repository.tree("b").entries]


def test_merged_and_unrelated_branches_are_left_out(sandbox: Sandbox) -> None:
    branch_off(sandbox, "merged", app__new="5")
    sandbox.git("merge", "--quiet", "merged")
    sandbox.git("branch", "same")
    sandbox.git("switch", "--quiet", "--orphan", "pages")
    sandbox.commit(page="1")
    assert open_branches(found(sandbox.path)) == []


def test_a_branch_without_changes_below_the_root_is_open(sandbox: Sandbox) -> None:
    branch_off(sandbox, "a", other="33")
    assert [(branch.branch.name, branch.changes) for branch in open_branches(found(sandbox.path / "app"))] == [("a", ())]


def test_the_default_branch_merged_into_branches_moves_their_base(sandbox: Sandbox) -> None:
    names = [f"a{number}" for number in range(8)]
    for name in names:
        branch_off(sandbox, name, app__new=name)
        sandbox.commit(other=name)
    later = sandbox.commit(app__two="22")
    for name in names:
        sandbox.git("switch", "--quiet", name)
        sandbox.git("merge", "--quiet", "--no-edit", "main")
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit(app__two="222")
    branches = open_branches(found(sandbox.path))
    assert [(branch.base, changes(branch)) for branch in branches] == [(later, [("A", "app/new.py")])] * 8


def test_a_branch_built_on_another_holds_both_changes(sandbox: Sandbox) -> None:
    branch_off(sandbox, "a", app__new="5")
    branch_off(sandbox, "b", start="a", app__newer="6")
    branches = open_branches(found(sandbox.path))
    assert [(branch.branch.name, changes(branch)) for branch in branches] == [
        ("b", [("A", "app/new.py"), ("A", "app/newer.py")]),
        ("a", [("A", "app/new.py")]),
    ]


def test_a_pushed_branch_counts_once_as_the_newer_has_it(sandbox: Sandbox, tmp_path: Path) -> None:
    branch_off(sandbox, "a", app__new="5")
    branch_off(sandbox, "b", app__b="6")
    Sandbox(tmp_path).git("clone", "--quiet", "shop", "clone")
    cloned = Sandbox(tmp_path / "clone")
    cloned.git("branch", "--quiet", "b", "origin/b")
    cloned.git("switch", "--quiet", "a")
    cloned.commit(app__newer="7")
    branches = open_branches(found(cloned.path))
    assert [(branch.branch.name, len(branch.changes)) for branch in branches] == [("a", 2), ("b", 1)]
    assert [branch.branch.name for branch in open_branches(found(cloned.path), "origin/*")] == ["origin/b", "origin/a"]


def test_one_name_at_two_remotes_is_two_branches(sandbox: Sandbox, tmp_path: Path) -> None:
    Sandbox(tmp_path).git("clone", "--quiet", "shop", "fork")
    fork = Sandbox(tmp_path / "fork")
    branch_off(fork, "patch", app__fork="1")
    branch_off(sandbox, "patch", app__new="5")
    Sandbox(tmp_path).git("clone", "--quiet", "shop", "clone")
    cloned = Sandbox(tmp_path / "clone")
    cloned.git("remote", "add", "fork", str(fork.path))
    cloned.git("fetch", "--quiet", "fork")
    names = [branch.branch.name for branch in open_branches(found(cloned.path))]
    assert sorted(names) == ["fork/patch", "origin/patch"]


def test_without_a_default_branch_it_is_refused(sandbox: Sandbox) -> None:
    sandbox.git("branch", "--move", "trunk")
    with pytest.raises(Refusal) as caught:
        open_branches(found(sandbox.path))
    assert caught.value.finding.message == "ref not found: the default branch (name it with --base)"
    assert open_branches(found(sandbox.path), onto="trunk") == []


def test_a_shallow_clone_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    branch_off(sandbox, "a", app__new="5")
    sandbox.commit()
    url = f"file://{sandbox.path}"
    Sandbox(tmp_path).git("clone", "--quiet", "--depth=1", "--no-single-branch", url, "clone")
    with pytest.raises(Refusal) as caught:
        open_branches(found(tmp_path / "clone"))
    assert caught.value.finding.message == "history not there: where origin/a left the default branch"
    assert caught.value.finding.command == "git fetch --unshallow"


def test_the_number_of_git_commands_does_not_grow_with_the_branches(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    log = sandbox.path.parent / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))

    def commands() -> int:
        log.unlink(missing_ok=True)
        repository = found(sandbox.path)
        branches = open_branches(repository)
        for tree, branch in zip(trees(repository, branches), branches, strict=True):
            tree.read_many([change.path for change in branch.changes])
        return sum("built-in" in line for line in log.read_text().splitlines())

    branch_off(sandbox, "b0", app__new="0")
    few = commands()
    for number in range(1, 20):
        sandbox.commit(other=str(number))
        branch_off(sandbox, f"b{number}", app__new=str(number))
    assert commands() == few
