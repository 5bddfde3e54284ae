"""Every next command can be typed as it stands, and the way along them ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
CODE = """import elsewhere


def forwards(apps, schema_editor):
    for one in apps.get_model("shop", "Thing").objects.all():
        one.name = one.name.upper()
        one.save()


"""
WIDER = 'migrations.AlterField("thing", "name", models.CharField(max_length={}{}))'
SIDES = {
    "independent": (field("a"), field("b")),
    "convergent": (field("a"), field("a")),
    "values that merge": (WIDER.format(80, ""), WIDER.format(50, ", null=True")),
    "values that need a choice": (WIDER.format(80, ""), WIDER.format(90, "")),
    "a renamed field": ('migrations.RenameField("thing", "n", "m")', 'migrations.AlterField("thing", "n", models.TextField())'),
    "a deleted field": ('migrations.RemoveField("thing", "n")', 'migrations.AlterField("thing", "n", models.TextField())'),
    "code that cannot be read": (field("a"), "migrations.RunPython(elsewhere.code, migrations.RunPython.noop)"),
    "code on the same rows": ("migrations.RunPython(forwards)", 'migrations.RunSQL("UPDATE shop_thing SET name = name || n")'),
}
ENDS = {
    "convergent": "resolved resolved resolved HR121 resolved HR102",
    "values that merge": "resolved resolved resolved HR121 resolved HR103",
    "values that need a choice": "HR103 HR103 HR103 HR103 HR103 HR103",
    "a renamed field": "resolved resolved resolved HR121 resolved HR104",
    "a deleted field": "HR105 HR105 HR105 HR105 HR105 HR105",
    "code on the same rows": "HR107 HR107 HR107 HR107 HR107 HR107",
}
"""How the way ends, by state; resolved where nothing else is said."""


def merged(team: Team) -> None:
    team.git("merge", "-q", "main", "-m", "merge")


def in_the_middle(team: Team) -> None:
    team.git("merge", "-q", "--no-commit", "main")


def merged_on_main(team: Team) -> None:
    team.git("checkout", "-q", "main")
    team.git("merge", "-q", "feature", "-m", "merge")


def without_git(team: Team) -> None:
    merged(team)
    shutil.rmtree(team.path / ".git")


def uncommitted(team: Team) -> None:
    team.git("checkout", "-q", "main")
    team.git("checkout", "-q", "feature", "--", "shop")
    team.git("reset", "-q")


def pushed(team: Team) -> None:
    merged_on_main(team)
    team.git("remote", "add", "origin", "nowhere")
    team.git("update-ref", "refs/remotes/origin/main", "main")


STATES = [merged, in_the_middle, merged_on_main, without_git, uncommitted, pushed]
SLOW = "code that cannot be read"
"""Its way leads through a proof, in a process of its own."""
WAYS = [(kind, state) for kind in SIDES for state in STATES if kind != SLOW or state in (merged, without_git)]


@pytest.mark.parametrize(("kind", "state"), WAYS, ids=[f"{kind}, {state.__name__}" for kind, state in WAYS])
def test_the_way_ends(make: Make, kind: str, state: Callable[[Team], None]) -> None:
    team = make()
    team.start({FIRST: migration("", THING), "./elsewhere.py": "def code(apps, schema_editor):\n    import sys\n"})
    theirs, ours = (migration(FIRST, operation, imports=CODE if "RunPython" in operation else "") for operation in SIDES[kind])
    team.two_sides({"shop.0002_b": ours}, {"shop.0002_a": theirs})
    state(team)
    before = team.files()
    end = way(team, "handrail conflicts")
    expected = ENDS.get(kind, " ".join(["resolved"] * len(STATES))).split()[STATES.index(state)]
    assert end == expected
    seen = team.look(migrate=False)
    assert seen.error == ("" if end == "resolved" else "conflicts in shop")
    if end == "resolved":
        team.undo(before)
    assert team.files() == before


def way(team: Team, command: str) -> str:
    """Type next commands until there is none, or only a page to read: resolved, or the code of that page."""
    typed: list[str] = []
    while " explain " not in command:
        assert command not in typed, typed
        typed.append(command)
        said = team.type(command, "--yes")
        if not said.json["findings"]:
            assert said.exit == 0
            return "resolved"
        command = said.next[0]
    assert team.type(command).exit == 0
    return command.rpartition(" ")[2]
