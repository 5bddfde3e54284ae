"""Resolving from the command line, in every state that a repository can be in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
OURS = {"shop.0002_b": migration(FIRST, field("b"))}
THEIRS = {"shop.0002_a": migration(FIRST, field("a"))}


@pytest.fixture
def team(make: Make) -> Team:
    """Theirs on main, ours on feature, which is checked out."""
    found = make()
    found.start()
    found.two_sides(OURS, THEIRS)
    return found


def test_on_a_branch(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")
    before = team.files()
    done = team.resolve()
    assert done["renamed"] == [[["shop", "0002_b"], ["shop", "0003_b"]]]
    team.undo(before)


MODELS = "class Thing:\n    name = 1\n{}"
MOVED = [[["shop", "0002_b"], ["shop", "0003_b"]]]


def with_models(name: str, files: dict[str, str]) -> dict[str, str]:
    """Return migrations with the line of models.py that belongs to them: both sides write the same line."""
    return {**files, "shop/models.py": MODELS.format(f"    {name} = 2\n")}


@pytest.fixture
def clashing(make: Make) -> Team:
    """Two sides whose models.py git cannot merge."""
    found = make()
    found.start({FIRST: migration("", THING), "shop/models.py": MODELS.format("")})
    found.two_sides(with_models("b", OURS), with_models("a", THEIRS))
    return found


def test_on_an_uncommitted_tree_what_is_committed_stays(make: Make) -> None:
    team = make()
    team.start()
    team.commit_files(THEIRS)
    team.put(OURS)
    before = team.files()
    assert team.resolve()["renamed"] == MOVED
    team.undo(before)


def test_in_the_middle_of_a_merge_on_our_branch(clashing: Team) -> None:
    clashing.git("merge", "-q", "main", status=1)
    before = clashing.files()
    assert b"<<<<<<<" in before["shop/models.py"]
    assert clashing.resolve()["renamed"] == MOVED
    assert clashing.files()["shop/migrations/0002_a.py"] == before["shop/migrations/0002_a.py"]
    assert clashing.files()["shop/models.py"] == before["shop/models.py"]
    clashing.undo(before)


def test_in_the_middle_of_a_merge_on_the_target_the_newcomer_moves(clashing: Team) -> None:
    clashing.git("checkout", "-q", "main")
    clashing.git("merge", "-q", "feature", status=1)
    before = clashing.files()
    assert clashing.resolve()["renamed"] == MOVED
    clashing.undo(before)


def test_in_the_middle_of_a_rebase(clashing: Team) -> None:
    clashing.git("rebase", "-q", "main", status=1)
    before = clashing.files()
    assert clashing.resolve()["renamed"] == MOVED
    clashing.undo(before)


def test_in_the_middle_of_a_cherry_pick(clashing: Team) -> None:
    clashing.git("checkout", "-q", "-b", "hotfix", "main")
    clashing.git("cherry-pick", "feature", status=1)
    before = clashing.files()
    assert clashing.resolve()["renamed"] == MOVED
    clashing.undo(before)


def test_a_merge_commit_on_main_without_a_remote(team: Team) -> None:
    team.git("checkout", "-q", "main")
    team.git("merge", "-q", "feature", "-m", "merge")
    found = team.handrail("conflicts").json
    assert [side["leaf"] for side in found["conflicts"][0]["sides"]] == [["shop", "0002_b"], ["shop", "0002_a"]]
    assert found["findings"][0]["command"] == "handrail resolve shop"
    before = team.files()
    done = team.resolve()
    assert (done["strategy"], done["renamed"]) == ("merge", [])
    team.undo(before)
    refused = team.refuse("--strategy", "rebase")
    assert refused.codes == ["HR121"]
    assert team.type(refused.next[0], "--yes").json["renamed"] == MOVED


def test_a_merge_commit_on_main_that_is_not_pushed(team: Team) -> None:
    team.git("checkout", "-q", "main")
    published = team.git("rev-parse", "HEAD")
    team.git("remote", "add", "origin", "nowhere")
    team.git("update-ref", "refs/remotes/origin/main", published)
    team.git("merge", "-q", "feature", "-m", "merge")
    assert team.handrail("conflicts").next == ["handrail resolve shop --onto origin/main"]
    assert team.resolve()["renamed"] == MOVED


def test_a_merge_commit_on_main_that_is_pushed(team: Team) -> None:
    team.git("checkout", "-q", "main")
    team.git("merge", "-q", "feature", "-m", "merge")
    team.git("remote", "add", "origin", "nowhere")
    team.git("update-ref", "refs/remotes/origin/main", "main")
    refused = team.refuse("--strategy", "rebase", "--onto", "origin/main")
    assert refused.codes == ["HR122"]
    assert team.type(refused.next[0], "--yes").json["strategy"] == "merge"


def test_the_target_is_the_remote_branch_where_the_local_one_is_older(team: Team) -> None:
    team.git("remote", "add", "origin", "nowhere")
    team.git("update-ref", "refs/remotes/origin/main", "main")
    team.git("branch", "-f", "main", "main~1")
    team.git("merge", "-q", "origin/main", "-m", "merge")
    assert team.handrail("conflicts").next == ["handrail resolve shop --onto origin/main"]
    assert team.resolve()["renamed"] == MOVED


def test_on_a_detached_head(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")
    team.git("checkout", "-q", "--detach")
    before = team.files()
    assert team.resolve()["renamed"] == MOVED
    team.undo(before)


def test_in_a_worktree(team: Team, tmp_path: Path) -> None:
    team.git("checkout", "-q", "--detach")
    team.git("worktree", "add", "-q", str(tmp_path / "beside"), "feature")
    beside = Team(tmp_path / "beside")
    beside.git("merge", "-q", "main", "-m", "merge")
    before = beside.files()
    assert beside.resolve()["renamed"] == MOVED
    assert team.handrail("undo-edits", "--yes").codes == ["HR126"]
    beside.undo(before)


def test_without_git(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")
    shutil.rmtree(team.path / ".git")
    before = team.files()
    assert team.resolve()["strategy"] == "merge"
    team.undo(before)
    assert team.refuse("--strategy", "rebase").codes == ["HR121"]


def test_onto_a_branch_that_is_not_merged_yet(team: Team) -> None:
    before = team.files()
    done = team.handrail("resolve", "--onto", "main", "--yes").json
    assert done["renamed"] == MOVED
    assert team.names() == ["0001_initial", "0003_b"]
    again = team.handrail("resolve", "--onto", "main", "--yes")
    assert (again.exit, again.json["edits"]) == (0, [])
    team.undo(before)
    team.handrail("resolve", "--onto", "main", "--yes")
    team.commit("renumbered")
    team.git("merge", "-q", "main", "-m", "merge")
    team.check(done)


def test_a_dependency_on_a_file_that_is_gone_is_no_success(team: Team) -> None:
    team.commit_files({"shop.0003_c": migration("shop.0002_gone", field("c"))})
    team.git("merge", "-q", "main", "-m", "merge")
    found = team.handrail("conflicts").json
    assert {conflict["verdict"] for conflict in found["conflicts"]} == {"independent", "opaque"}
    refused = team.refuse()
    assert [finding["message"] for finding in refused.json["findings"]] == [
        "missing-dependency: shop.0003_c depends on shop.0002_gone, which no file here has"
    ]
    assert refused.next == ["handrail explain HR116"]


def test_a_dependency_that_is_gone_in_an_app_of_no_concern(team: Team) -> None:
    team.commit_files({"blog.0001_initial": migration("shop.0002_b blog.0000_gone", THING)})
    team.git("merge", "-q", "main", "-m", "merge")
    assert team.refuse().codes == ["HR116"]
    assert team.handrail("resolve", "shop", "--yes").json["renamed"] == MOVED


def test_what_the_text_says_at_the_end(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")
    said = team.handrail("resolve", "--yes", format="text", width=80)
    assert said.out.splitlines()[-5:] == [
        "renamed shop/migrations/0002_b.py to shop/migrations/0003_b.py",
        "",
        "read again: one leaf node in every app (shop.0003_b)",
        "where shop.0002_b is applied already, next: handrail resolve --update-databases",
        "take it back with handrail undo-edits",
    ]


SETTINGS = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["shop"]\nDATABASES = {"default": {"ENGINE": "django.db.backends.nowhere"}}\n'


def test_a_proof_that_cannot_be_run_is_no_success(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")
    team.put({"./settings.py": SETTINGS, "./manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'})
    refused = team.refuse("--prove", "--database", "default")
    assert refused.codes == ["HR117"]
    assert refused.next == ["handrail explain HR117"]
    team.resolve()
