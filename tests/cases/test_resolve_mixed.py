"""Resolving from the command line where both sides gave a migration the same name, and where a rebase is half done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handrail.execution.edit_records import Records
from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
OURS = {
    "shop.0002_thing": migration(FIRST, field("b")),
    "shop.0003_c": migration("shop.0002_thing", field("c")),
    "blog.0001_initial": migration("shop.0002_thing", THING),
}
THEIRS = {"shop.0002_thing": migration(FIRST, field("a"))}
MOVED = [[["shop", "0002_thing"], ["shop", "0003_thing"]], [["shop", "0003_c"], ["shop", "0004_c"]]]
NOTES = [
    "each side added shop.0002_thing: theirs keeps the name, ours is 0003_thing now",
    "a database that has shop.0002_thing recorded may have applied either of the two: look before it is migrated",
]


@pytest.fixture
def team(make: Make) -> Team:
    found = make()
    found.labels = ("shop", "blog")
    found.start()
    found.two_sides(OURS, THEIRS)
    return found


def resolved(team: Team) -> None:
    """Check what became of both sides."""
    assert team.names() == ["0001_initial", "0002_thing", "0003_thing", "0004_c"]
    assert team.text("shop.0002_thing") == THEIRS["shop.0002_thing"]
    assert team.text("shop.0003_thing") == migration("shop.0002_thing", field("b"))
    assert team.text("shop.0004_c") == migration("shop.0003_thing", field("c"))
    assert team.text("blog.0001_initial") == migration("shop.0003_thing", THING)


def merging(team: Team) -> None:
    team.git("merge", "-q", "main", status=1)


def merging_into_main(team: Team) -> None:
    team.git("checkout", "-q", "main")
    team.git("merge", "-q", "feature", status=1)


def rebasing(team: Team) -> None:
    team.git("rebase", "-q", "main", status=1)


def picking(team: Team) -> None:
    team.git("checkout", "-q", "-b", "hotfix", "main")
    team.git("cherry-pick", "feature", status=1)


STATES = [merging, merging_into_main, rebasing, picking]


@pytest.mark.parametrize("state", STATES, ids=[state.__name__ for state in STATES])
def test_a_file_that_git_mixed_becomes_two_again(team: Team, state: Callable[[Team], None]) -> None:
    state(team)
    before = team.files()
    assert b"<<<<<<<" in before["shop/migrations/0002_thing.py"]
    found = team.handrail("conflicts").json["findings"]
    assert [(one["code"], one["command"].split(" --onto")[0]) for one in found] == [
        ("HR212", "handrail resolve shop"),
        ("HR101", "handrail resolve shop"),
    ]
    done = team.resolve()
    assert (done["renamed"], done["notes"]) == (MOVED, NOTES)
    resolved(team)
    team.undo(before)
    assert team.type(found[1]["command"], "--yes").json["renamed"] == MOVED
    resolved(team)


def test_the_same_before_the_merge(team: Team) -> None:
    before = team.files()
    found = team.handrail("conflicts", "--base", "main").json["findings"]
    assert [(one["code"], one["command"]) for one in found] == [("HR109", "handrail resolve shop --onto main")]
    done = team.type(found[0]["command"], "--yes").json
    assert (done["renamed"], done["notes"]) == (MOVED, NOTES)
    assert team.names() == ["0001_initial", "0003_thing", "0004_c"]
    team.undo(before)
    team.type(found[0]["command"], "--yes")
    team.commit("resolved")
    team.git("merge", "-q", "main", "-m", "merge")
    resolved(team)
    team.check(done)


@pytest.mark.parametrize("name", ["0002_thing", "thing"])
def test_with_a_merge_migration(make: Make, name: str) -> None:
    team = make()
    team.start()
    team.two_sides({f"shop.{name}": migration(FIRST, field("b"))}, {f"shop.{name}": migration(FIRST, field("a"))})
    merging(team)
    before = team.files()
    done = team.resolve("--strategy", "merge")
    assert done["renamed"] == [[["shop", name], ["shop", f"{name}_2"]]]
    assert team.names() == sorted(
        ["0001_initial", name, f"{name}_2", f"{'0003' if name[0] == '0' else '0002'}_merge_{name}_{name}_2"]
    )
    team.undo(before)


WIDER = 'migrations.AlterField("thing", "name", models.CharField(max_length={}))'


def test_values_that_merge_under_one_name(make: Make) -> None:
    team = make()
    team.start()
    nullable = WIDER.format("50, null=True")
    theirs = {"shop.0002_alter_thing_name": migration(FIRST, WIDER.format(80))}
    team.two_sides({"shop.0002_alter_thing_name": migration(FIRST, f"{field('b')}\n{nullable}")}, theirs)
    merging(team)
    before = team.files()
    team.resolve()
    assert team.names() == ["0001_initial", "0002_alter_thing_name", "0003_alter_thing_name", "0004_alter_thing_name_merged"]
    assert team.text("shop.0002_alter_thing_name") == theirs["shop.0002_alter_thing_name"]
    assert team.text("shop.0003_alter_thing_name") == migration("shop.0002_alter_thing_name", field("b"))
    assert "max_length=80, null=True" in team.text("shop.0004_alter_thing_name_merged")
    team.undo(before)


def test_values_that_do_not_merge_under_one_name(make: Make) -> None:
    team = make()
    team.start()
    sides = [{"shop.0002_alter_thing_name": migration(FIRST, WIDER.format(length))} for length in (80, 90)]
    team.two_sides(*sides)
    assert team.refuse("--onto", "main").codes == ["HR103"]
    merging(team)
    assert team.refuse().codes == ["HR103"]


def test_one_content_under_one_name_is_no_conflict(make: Make) -> None:
    team = make()
    team.start()
    theirs = migration(FIRST, field("a"))
    team.two_sides({"shop.0002_a": f"# mine\n{theirs}"}, {"shop.0002_a": f"# yours\n{theirs}"})
    assert team.handrail("conflicts", "--base", "main").json["findings"] == []
    merging(team)
    assert team.refuse().codes == ["HR212"]


def test_a_file_that_both_sides_changed_is_refused(make: Make) -> None:
    team = make()
    team.start({FIRST: migration("", THING), "shop.0002_a": migration(FIRST, field("a"))})
    ours, theirs = ({"shop.0002_a": migration(FIRST, field(name))} for name in ("b", "c"))
    team.two_sides(ours, theirs)
    assert team.refuse("--onto", "main").codes == ["HR109"]
    merging(team)
    assert team.refuse().codes == ["HR212"]


def test_a_rebase_with_commits_still_to_come(make: Make) -> None:
    team = make()
    team.start({FIRST: migration("", THING), "shop/pages.py": "x = 1\n"})
    team.git("checkout", "-q", "-b", "feature")
    team.commit_files({"shop.0002_b": migration(FIRST, field("b")), "shop/pages.py": "x = 2\n"})
    team.commit_files({"shop.0003_c": migration("shop.0002_b", field("c"))})
    team.git("checkout", "-q", "main")
    team.commit_files({"shop.0002_a": migration(FIRST, field("a")), "shop/pages.py": "x = 3\n"})
    team.git("checkout", "-q", "feature")
    team.git("rebase", "-q", "main", status=1)
    assert team.handrail("resolve", "--yes").json["notes"] == [
        "shop.0003_c is still to come in this rebase and needs shop.0002_b: run handrail resolve again when it is done"
    ]
    team.put({"shop/pages.py": "x = 4\n"})
    team.git("add", "-A")
    team.git("rebase", "--continue")
    assert team.names() == ["0001_initial", "0002_a", "0003_b", "0003_c"]
    assert team.look().error.startswith("NodeNotFoundError")
    before = team.files()
    found = team.handrail("conflicts").json["findings"]
    assert (found[0]["code"], found[0]["command"]) == ("HR116", "handrail resolve shop")
    done = team.resolve()
    assert done["notes"] == ["shop.0003_c names shop.0002_b, which resolve has renamed to shop.0003_b"]
    assert team.text("shop.0003_c") == migration("shop.0003_b", field("c"))
    team.undo(before)


@pytest.mark.parametrize(("needs", "independent"), [("", True), ("shop.0002_alter_thing_name", False)])
def test_records_follow_in_an_app_that_needs_nothing_of_the_merged_value(make: Make, needs: str, independent: bool) -> None:
    team = make()
    team.labels = ("shop", "blog")
    team.start({FIRST: migration("", THING), "blog.0001_initial": migration("", THING)})
    ours = {
        "shop.0002_alter_thing_name": migration(FIRST, WIDER.format("50, null=True")),
        "blog.0002_b": migration(f"blog.0001_initial {needs}", field("b")),
    }
    theirs = {
        "shop.0002_alter_thing_name": migration(FIRST, WIDER.format(80)),
        "blog.0002_a": migration("blog.0001_initial", field("a")),
    }
    team.two_sides(ours, theirs)
    merging(team)
    done = team.resolve()
    assert [["blog", "0002_b"], ["blog", "0003_b"]] in done["renamed"]
    record = Records.of(team.root.resolve()).last()
    assert record is not None
    assert record.details["renamed"] == [[["blog", "0002_b"], ["blog", "0003_b"]]]
    assert record.details["independent"] is independent
