"""Whose side is whose while git is in the middle of something."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.sources.git import Repository
from handrail.sources.git_state import InProgress
from tests.git_sandbox import Sandbox, isolated

__all__ = ["isolated"]


class Story:
    """A branch main and a branch feature that both changed one file since base; feature is checked out."""

    def __init__(self, path: Path) -> None:
        self.sandbox = Sandbox.create(path)
        self.base = self.sandbox.commit(models="base\n")
        self.sandbox.git("switch", "--quiet", "--create", "feature")
        self.earlier = self.sandbox.commit(other="1\n")
        self.feature = self.sandbox.commit(models="feature\n")
        self.sandbox.git("switch", "--quiet", "main")
        self.main = self.sandbox.commit(models="main\n")
        self.sandbox.git("switch", "--quiet", "feature")

    def state(self) -> InProgress | None:
        repository = Repository.find(self.sandbox.path)
        assert repository is not None
        return repository.in_progress()

    def now(self) -> InProgress:
        state = self.state()
        assert state is not None
        return state

    def stage(self, number: int) -> str:
        repository = Repository.find(self.sandbox.path)
        assert repository is not None
        return repository.index(stage=number).read_many(["models.py"])["models.py"].decode()


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path / "shop")


def sides(state: InProgress | None) -> tuple[str, str, str, str, str, str]:
    assert state is not None
    return state.doing.value, state.ours, state.our_name, state.theirs, state.their_name, state.base


def test_nothing_is_in_progress(story: Story) -> None:
    assert story.state() is None


def test_main_merged_into_the_branch(story: Story) -> None:
    story.sandbox.git("merge", "main", status=1)
    assert sides(story.state()) == ("merge", story.feature, "feature", story.main, "main", story.base)
    assert story.stage(2) == "feature\n"
    assert story.now().head_is_ours


def test_the_branch_merged_into_main_leaves_main_in_its_place(story: Story) -> None:
    story.sandbox.git("switch", "--quiet", "main")
    story.sandbox.git("merge", "feature", status=1)
    assert sides(story.state()) == ("merge", story.feature, "feature", story.main, "main", story.base)
    assert story.stage(2) == "main\n"
    assert not story.now().head_is_ours


def test_a_merge_of_two_branches_that_are_not_the_default(story: Story) -> None:
    story.sandbox.git("branch", "--move", "main", "develop")
    story.sandbox.git("merge", "develop", status=1)
    assert sides(story.state()) == ("merge", story.feature, "feature", story.main, "develop", story.base)


def test_pulling_into_main_leaves_the_remote_in_its_place(story: Story, tmp_path: Path) -> None:
    story.sandbox.git("switch", "--quiet", "main")
    Sandbox(tmp_path).git("clone", "--quiet", "shop", "clone")
    cloned = Sandbox(tmp_path / "clone")
    mine = cloned.commit(models="mine\n")
    remote = story.sandbox.commit(models="remote\n")
    cloned.git("pull", "--quiet", "--no-rebase", status=1)
    repository = Repository.find(cloned.path)
    assert repository is not None
    assert sides(repository.in_progress()) == ("merge", mine, "main", remote, "origin/main", story.main)


def test_a_merge_on_a_detached_head(story: Story) -> None:
    story.sandbox.git("switch", "--quiet", "--detach", "main")
    story.sandbox.git("merge", "feature", status=1)
    assert sides(story.state()) == ("merge", story.feature, "feature", story.main, "", story.base)


def test_a_merge_of_three(story: Story) -> None:
    story.sandbox.git("switch", "--quiet", "--create", "third", story.base)
    third = story.sandbox.commit(third="1\n")
    story.sandbox.git("switch", "--quiet", "--create", "fourth", story.base)
    fourth = story.sandbox.commit(fourth="1\n")
    story.sandbox.git("switch", "--quiet", "feature")
    story.sandbox.git("merge", "--quiet", "--no-commit", "third", "fourth")
    state = story.now()
    assert (state.ours, state.theirs, state.others) == (story.feature, third, (fourth,))


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_keeps_the_target_in_its_place_though_git_calls_it_ours(story: Story, backend: str) -> None:
    story.sandbox.git("rebase", "--quiet", backend, "main", status=1)
    assert sides(story.state()) == ("rebase", story.feature, "feature", story.main, "main", story.base)
    state = story.now()
    assert (state.step, state.head_is_ours) == (story.feature, False)
    assert (story.stage(2), story.stage(3)) == ("main\n", "feature\n")


def test_of_several_branches_at_one_commit_the_default_one_is_named(story: Story) -> None:
    story.sandbox.git("branch", "another", "main")
    story.sandbox.git("rebase", "--quiet", "another", status=1)
    assert story.now().their_name == "main"


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_a_rebase_on_a_detached_head_in_a_worktree(story: Story, backend: str, tmp_path: Path) -> None:
    story.sandbox.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), "feature")
    tree = Sandbox(tmp_path / "tree")
    tree.git("rebase", "--quiet", backend, "main", status=1)
    repository = Repository.find(tree.path)
    assert repository is not None
    assert sides(repository.in_progress()) == ("rebase", story.feature, "", story.main, "main", story.base)
    assert story.state() is None


def test_an_interactive_rebase_that_stopped_without_a_conflict(story: Story) -> None:
    story.sandbox.git("rebase", "--quiet", "--interactive", story.base, GIT_SEQUENCE_EDITOR="sed -i 's/^pick/edit/'")
    state = story.state()
    assert sides(state) == ("rebase", story.feature, "feature", story.base, "", story.base)


def test_a_picked_commit_is_ours_where_the_target_is_checked_out(story: Story) -> None:
    story.sandbox.git("switch", "--quiet", "main")
    story.sandbox.git("cherry-pick", "feature", status=1)
    assert sides(story.state()) == ("cherry-pick", story.feature, "feature", story.main, "main", story.base)
    assert story.now().step == story.feature


def test_a_commit_picked_from_the_target_stays_theirs(story: Story) -> None:
    story.sandbox.git("cherry-pick", "main", status=1)
    assert sides(story.state()) == ("cherry-pick", story.feature, "feature", story.main, "main", story.base)


def test_a_revert(story: Story) -> None:
    story.sandbox.git("switch", "--quiet", "--create", "undo")
    later = story.sandbox.commit(models="later\n")
    story.sandbox.git("revert", story.feature, status=1)
    state = story.state()
    assert sides(state) == ("revert", later, "undo", story.earlier, "", story.feature)


@pytest.mark.parametrize("three_way", [[], ["--3way"]])
def test_a_patch_is_ours_and_what_it_is_applied_to_theirs(story: Story, three_way: list[str]) -> None:
    story.sandbox.git("format-patch", "--quiet", "--output-directory", "..", "-1", "feature")
    story.sandbox.git("switch", "--quiet", "main")
    patch = next(story.sandbox.path.parent.glob("*.patch"))
    story.sandbox.git("am", "--quiet", *three_way, str(patch), status=128)
    assert sides(story.state()) == ("am", story.feature, "feature", story.main, "main", story.base)


def test_a_patch_from_elsewhere_has_no_commit(story: Story) -> None:
    story.sandbox.git("format-patch", "--quiet", "--output-directory", "..", "-1", "feature")
    patch = next(story.sandbox.path.parent.glob("*.patch"))
    patch.write_text(patch.read_text().replace(story.feature, "0123456789" * 4))
    story.sandbox.git("switch", "--quiet", "main")
    story.sandbox.git("am", "--quiet", str(patch), status=128)
    assert sides(story.state()) == ("am", "", "", story.main, "main", "")
