"""Which repository a folder is in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.errors.base import Refusal
from handrail.sources.git import Repository
from handrail.sources.git_place import may_be_in_repository
from tests.git_sandbox import Sandbox, found, isolated

__all__ = ["isolated"]


def refusal(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        Repository.find(path)
    return caught.value


def test_a_folder_outside_every_repository_has_none(tmp_path: Path) -> None:
    assert Repository.find(tmp_path) is None


def test_the_top_and_a_folder_below_it(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.write(back__app__models="")
    top = found(tmp_path / "shop")
    assert (top.top, top.root, top.git_dir, top.shallow) == (sandbox.path, "", sandbox.path / ".git", False)
    below = found(tmp_path / "shop" / "back" / "app")
    assert (below.top, below.root) == (sandbox.path, "back/app")


def test_a_folder_reached_by_a_link_is_where_it_really_is(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.write(app__models="")
    (tmp_path / "link").symlink_to(sandbox.path / "app")
    assert (found(tmp_path / "link").top, found(tmp_path / "link").root) == (sandbox.path, "app")


def test_names_with_line_feeds(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "sh\nop")
    sandbox.write(**{"a\nb__models": ""})
    repository = found(sandbox.path / "a\nb")
    assert (repository.top, repository.root, repository.git_dir) == (sandbox.path, "a\nb", sandbox.path / ".git")


def test_a_worktree_has_its_own_top_and_the_branches_of_all(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    commit = sandbox.commit(app__models="1")
    sandbox.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "tree"))
    repository = found(tmp_path / "tree" / "app")
    assert (repository.top, repository.root) == (tmp_path / "tree", "app")
    assert repository.git_dir == sandbox.path / ".git" / "worktrees" / "tree"
    assert (repository.head().branch, repository.resolve("main")) == ("feature", commit)


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    Sandbox.create(tmp_path / "part").commit(app__models="1")
    outer = Sandbox.create(tmp_path / "whole")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "part"), "part")
    outer.commit()
    repository = found(outer.path / "part" / "app")
    assert (repository.top, repository.root) == (outer.path / "part", "app")
    assert sorted(found(outer.path).tree("HEAD").paths()) == [".gitmodules"]


def test_a_bare_repository_has_trees_and_no_index(tmp_path: Path) -> None:
    Sandbox.create(tmp_path / "shop").commit(app__models="1")
    Sandbox(tmp_path).git("clone", "--quiet", "--bare", "shop", "shop.git")
    repository = found(tmp_path / "shop.git")
    assert (repository.top, repository.root) == (None, "")
    assert repository.tree("main").read_many(["app/models.py"]) == {"app/models.py": b"1"}
    with pytest.raises(Refusal) as caught:
        repository.index()
    assert caught.value.finding.notes == ("a bare repository has no index",)


def test_inside_a_hook_of_the_same_repository_its_index_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in ``git commit FILE``, which gives its hooks another index (git help hooks: hooks run at the top)."""
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.commit(app__models="1")
    sandbox.write(app__models="2")
    sandbox.git("add", "app/models.py", GIT_INDEX_FILE=".git/next-index")
    monkeypatch.chdir(sandbox.path)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    repository = found(sandbox.path / "app")
    assert (repository.top, repository.root) == (sandbox.path, "app")
    assert repository.index().read_many(["models.py"]) == {"models.py": b"2"}


def test_the_index_of_a_hook_counts_without_a_git_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.write(app__models="2")
    sandbox.git("add", "app/models.py", GIT_INDEX_FILE=".git/next-index")
    monkeypatch.chdir(sandbox.path)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    assert found(sandbox.path / "app").index().paths() == ["models.py"]


def test_inside_a_hook_another_repository_is_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook, other = Sandbox.create(tmp_path / "hook"), Sandbox.create(tmp_path / "other")
    other.commit(models="1")
    inner = Sandbox.create(hook.path / "vendor" / "inner")
    monkeypatch.chdir(hook.path)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert found(other.path).git_dir == other.path / ".git"
    assert found(other.path).index().paths() == ["models.py"]
    assert found(inner.path).git_dir == inner.path / ".git"


def test_a_working_tree_apart_from_its_git_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox.create(tmp_path / "deploy", "--bare")
    (tmp_path / "served" / "app").mkdir(parents=True)
    monkeypatch.setenv("GIT_DIR", str(sandbox.path))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "served"))
    repository = found(tmp_path / "served" / "app")
    assert (repository.top, repository.root, repository.git_dir) == (tmp_path / "served", "app", sandbox.path)


def test_a_hook_of_a_bare_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in pre-receive, which runs in the repository with GIT_DIR=. (git help githooks)."""
    sandbox = Sandbox.create(tmp_path / "shop.git", "--bare")
    monkeypatch.chdir(sandbox.path)
    monkeypatch.setenv("GIT_DIR", ".")
    repository = found(sandbox.path)
    assert (repository.top, repository.git_dir) == (None, sandbox.path)


def test_a_git_file_that_points_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/.git/worktrees/tree\n")
    refused = refusal(tmp_path)
    assert refused.finding.code == "HR013"
    assert refused.finding.message == f"not a git repository: {tmp_path}"
    assert refused.finding.notes == ("not a git repository: /nowhere/.git/worktrees/tree",)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path / "gone")
    assert (refused.finding.code, refused.finding.notes) == ("HR013", ("there is no such folder",))


def test_without_git_a_repository_is_refused_and_another_folder_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Sandbox.create(tmp_path / "shop").write(app__models="")
    (tmp_path / "plain").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = refusal(tmp_path / "shop" / "app")
    assert refused.finding.code == "HR010"
    assert refused.finding.message == "git is not there: tried to start git"
    assert refused.finding.notes == ("No such file or directory",)
    assert Repository.find(tmp_path / "plain") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_refused_with_the_command_that_trusts_it(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    os.chown(sandbox.path, 65534, 65534)
    os.chown(sandbox.path / ".git", 65534, 65534)
    refused = refusal(sandbox.path)
    assert refused.finding.code == "HR014"
    assert refused.finding.message == f"git does not trust the repository at {sandbox.path}"
    assert refused.finding.command == f"git config --global --add safe.directory {sandbox.path}"


def test_a_repository_that_git_cannot_read_is_refused_with_its_words(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.git("config", "core.repositoryformatversion", "99")
    refused = refusal(sandbox.path)
    assert refused.finding.code == "HR015"
    assert refused.finding.message == "git rev-parse failed with exit code 128"
    assert refused.finding.notes[0].startswith("fatal: Expected git repo version <= 1, found 99")


def test_bare_repositories_may_be_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox.create(tmp_path / "shop.git", "--bare")
    config = tmp_path / "config"
    config.write_text("[safe]\n\tbareRepository = explicit\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert refusal(sandbox.path).finding.code == "HR014"


def test_git_is_not_asked_where_it_could_find_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop")
    sandbox.write(app__models="")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ".git").symlink_to(tmp_path / "nowhere")
    (tmp_path / "plain").mkdir()
    (tmp_path / "link").symlink_to(sandbox.path / "app")
    Sandbox.create(tmp_path / "bare.git", "--bare")
    folders = ("shop", "shop/app", "link", "linked", "bare.git", "bare.git/refs", "plain", "")
    assert [may_be_in_repository(tmp_path / folder, {}) for folder in folders] == [True] * 6 + [False] * 2
    assert may_be_in_repository(tmp_path / "plain", {"GIT_DIR": "/elsewhere/.git"})
