"""Refs, missing refs, branches and common ancestors."""

from __future__ import annotations

import pytest

from handrail.errors.base import Refusal
from handrail.sources.git import Repository
from tests.git_sandbox import Sandbox, isolated, sandbox

__all__ = ["isolated", "sandbox"]


def found(sandbox: Sandbox) -> Repository:
    repository = Repository.find(sandbox.path)
    assert repository is not None
    return repository


def clone(sandbox: Sandbox, *options: str) -> Sandbox:
    """Clone by a URL, for git ignores --depth on paths."""
    Sandbox(sandbox.path.parent).git("clone", "--quiet", *options, f"file://{sandbox.path}", "clone")
    return Sandbox(sandbox.path.parent / "clone")


def refusal(repository: Repository, ref: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        repository.resolve(ref)
    return caught.value


def test_every_way_to_name_a_commit(sandbox: Sandbox) -> None:
    first, second = sandbox.commit(), sandbox.commit()
    sandbox.git("tag", "--annotate", "--message", "one", "v1", first)
    repository = found(sandbox)
    names = ["HEAD", "main", "refs/heads/main", "@", second, second[:10], "HEAD~1", "v1", "v1^{commit}", "main^0"]
    assert [repository.resolve(name) for name in names] == [second] * 6 + [first] * 2 + [first, second]


def test_commits_made_after_the_first_question_are_found(sandbox: Sandbox) -> None:
    sandbox.commit()
    repository = found(sandbox)
    repository.resolve("main")
    later = sandbox.commit()
    sandbox.git("gc", "--quiet")
    assert repository.resolve("main") == later


def test_a_missing_branch_of_a_remote_says_how_to_fetch_it(sandbox: Sandbox) -> None:
    sandbox.commit()
    sandbox.git("branch", "feature")
    cloned = clone(sandbox, "--single-branch", "--branch=feature")
    finding = refusal(found(cloned), "origin/main").finding
    assert finding.code == "HR011"
    assert finding.message == "ref not found: origin/main"
    assert finding.notes == ()
    assert finding.command == "git fetch origin +refs/heads/main:refs/remotes/origin/main"
    cloned.git(*finding.command.split()[1:])
    assert found(cloned).resolve("origin/main") == sandbox.git("rev-parse", "main")


def test_in_a_shallow_clone_the_command_fetches_the_history_too(sandbox: Sandbox) -> None:
    base = sandbox.commit()
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit()
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit()
    cloned = clone(sandbox, "--depth=1", "--branch=feature")
    finding = refusal(found(cloned), "origin/main").finding
    assert finding.notes == ("this clone is shallow: it holds only the newest commits, and perhaps only one branch",)
    assert finding.command == "git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main"
    cloned.git(*finding.command.split()[1:])
    cloned.git("fetch", "--quiet", "origin")
    assert found(cloned).merge_base("feature", "origin/main") == base


def test_a_slip_of_the_pen_names_what_there_is(sandbox: Sandbox) -> None:
    sandbox.commit()
    cloned = clone(sandbox)
    assert refusal(found(cloned), "origin/mian").finding.notes == ("did you mean origin/main",)
    assert refusal(found(cloned), "mian").finding.notes == ("did you mean main",)
    assert refusal(found(cloned), "upstream/main").finding.notes == ("did you mean main or origin/main",)


def test_a_branch_that_only_the_remote_has_locally_named(sandbox: Sandbox) -> None:
    sandbox.commit()
    sandbox.git("branch", "release/1.0")
    cloned = clone(sandbox)
    finding = refusal(found(cloned), "release/1.0").finding
    assert finding.notes == ("did you mean origin/release/1.0",)


def test_without_a_remote_the_page_is_next(sandbox: Sandbox) -> None:
    sandbox.commit()
    finding = refusal(found(sandbox), "nowhere").finding
    assert (finding.command, finding.help) == ("handrail explain HR011", "name a branch, a tag or a commit that is in this clone")


@pytest.mark.parametrize("ref", ["", "a\nb", "--all", ":", "main..HEAD", "HEAD:", "main main"])
def test_what_names_no_commit_is_refused(sandbox: Sandbox, ref: str) -> None:
    sandbox.commit()
    assert refusal(found(sandbox), ref).finding.code == "HR011"


def test_a_commit_that_is_not_here_is_fetched_by_its_id(sandbox: Sandbox) -> None:
    sandbox.commit()
    cloned = clone(sandbox)
    gone = "0123456789" * 4
    assert refusal(found(cloned), gone).finding.command == f"git fetch origin {gone}"


def test_the_head(sandbox: Sandbox) -> None:
    commit = sandbox.commit()
    assert found(sandbox).head().branch == "main"
    sandbox.git("switch", "--quiet", "--detach")
    head = found(sandbox).head()
    assert (head.branch, head.commit) == ("", commit)


def test_the_common_ancestor(sandbox: Sandbox) -> None:
    base = sandbox.commit()
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit()
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit()
    assert found(sandbox).merge_base("main", "feature") == base


def test_unrelated_histories_have_no_common_ancestor(sandbox: Sandbox) -> None:
    sandbox.commit()
    sandbox.git("switch", "--quiet", "--orphan", "other")
    sandbox.commit()
    assert found(sandbox).merge_base("main", "other") is None


def test_a_criss_cross_history_has_two_and_git_chooses(sandbox: Sandbox) -> None:
    sandbox.commit()
    sandbox.git("branch", "feature")
    one = sandbox.commit(a="1")
    sandbox.git("switch", "--quiet", "feature")
    other = sandbox.commit(b="1")
    sandbox.git("merge", "--quiet", "--no-edit", "main")
    sandbox.git("switch", "--quiet", "main")
    sandbox.git("merge", "--quiet", "--no-edit", other)
    sandbox.commit(a="2")
    repository = found(sandbox)
    assert sorted(repository.merge_bases("main", "feature")) == sorted([one, other])
    assert repository.merge_base("main", "feature") == sandbox.git("merge-base", "main", "feature")


def test_a_common_ancestor_that_is_cut_off_is_refused(sandbox: Sandbox) -> None:
    base = sandbox.commit()
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit()
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit()
    cloned = clone(sandbox, "--depth=1", "--no-single-branch")
    with pytest.raises(Refusal) as caught:
        found(cloned).merge_base("origin/main", "origin/feature")
    finding = caught.value.finding
    assert finding.code == "HR012"
    assert finding.message == "history not there: the common ancestor of origin/main and origin/feature"
    assert finding.help == "fetch the whole history, or more of it with: git fetch --deepen 200"
    cloned.git(*finding.command.split()[1:])
    assert found(cloned).merge_base("origin/main", "origin/feature") == base


def test_branches_newest_first_without_symbolic_ones(sandbox: Sandbox) -> None:
    sandbox.commit(author="Ann")
    sandbox.git("switch", "--quiet", "--create", "feature/a")
    newest = sandbox.commit(author="Bob")
    cloned = clone(sandbox)
    cloned.git("symbolic-ref", "refs/heads/alias", "refs/heads/feature/a")
    branches = found(cloned).branches()
    assert [branch.name for branch in branches] == ["feature/a", "origin/feature/a", "origin/main"]
    first = branches[0]
    assert (first.ref, first.short, first.commit) == ("refs/heads/feature/a", "feature/a", newest)
    assert (first.author, first.email, first.upstream) == ("Bob", "bob@example.org", "refs/remotes/origin/feature/a")
    assert first.time == int(sandbox.git("log", "-1", "--format=%ct"))
    assert branches[1].short == "feature/a"


def test_a_pattern_matches_names_with_and_without_the_remote(sandbox: Sandbox) -> None:
    sandbox.commit()
    sandbox.git("branch", "feature/a")
    repository = found(clone(sandbox))
    assert [branch.name for branch in repository.branches("feature/*")] == ["origin/feature/a"]
    assert [branch.name for branch in repository.branches("origin/*")] == ["origin/feature/a", "origin/main"]
    assert repository.branches("none*") == []


def test_a_repository_without_branches_has_none(sandbox: Sandbox) -> None:
    assert found(sandbox).branches() == []
    assert found(sandbox).default_branch() is None


def test_the_default_branch(sandbox: Sandbox) -> None:
    sandbox.commit()
    assert found(sandbox).default_branch() == "main"
    sandbox.git("branch", "--move", "trunk")
    assert found(sandbox).default_branch() is None
    sandbox.git("config", "init.defaultBranch", "trunk")
    assert found(sandbox).default_branch() == "trunk"
    cloned = clone(sandbox)
    assert found(cloned).default_branch() == "origin/trunk"
    sandbox.git("branch", "main")
    cloned.git("fetch", "--quiet")
    assert found(cloned).default_branch() == "origin/trunk"
    cloned.git("remote", "set-head", "origin", "--delete")
    assert found(cloned).default_branch() == "origin/main"
    cloned.git("remote", "rename", "origin", "company")
    assert found(cloned).default_branch() == "company/main"
