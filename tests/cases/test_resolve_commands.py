"""What the commands around resolving promise: their JSON, their question, and that a stop in the middle is made good."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handrail import registry
from handrail.cli import commands
from tests.cases.live import Said
from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
OURS = {"shop.0002_b": migration(FIRST, field("b")), "shop.0003_c": migration("shop.0002_b", field("c"))}
THEIRS = {"shop.0002_a": migration(FIRST, field("a"))}
ALL = {"version", "command", "exit", "findings"}
RESOLVE = ALL | {"strategy", "edits", "renamed", "graph", "notes"}
FINDING = {"code", "severity", "message", "locations", "notes", "help", "command"}
REASON = {
    "kind",
    "code",
    "verdict",
    "explanation",
    "model",
    "field",
    "name",
    "base",
    "ours",
    "theirs",
    "merged",
    "operations",
    "order",
}


@pytest.fixture
def team(make: Make) -> Team:
    """Theirs on main, ours on feature, merged there."""
    found = make()
    found.start()
    found.two_sides(OURS, THEIRS)
    found.git("merge", "-q", "main", "-m", "merge")
    return found


def shape(said: Said, keys: set[str]) -> None:
    """Check the keys of an answer, and of what is in it."""
    found = said.json
    assert set(found) == keys
    assert (found["version"], found["exit"]) == (1, said.exit)
    for finding in found["findings"]:
        assert set(finding) == FINDING
        assert all(set(place) == {"path", "line", "remark"} for place in finding["locations"])
    for conflict in found.get("conflicts", ()):
        assert set(conflict) == {"apps", "ancestor", "sides", "verdict", "reasons"}
        assert all(set(side) == {"ref", "leaf", "migrations", "author"} for side in conflict["sides"])
        assert all(set(reason) == REASON for reason in conflict["reasons"])
    for edit in found.get("edits", ()):
        assert set(edit) == {"path", "action", "to"}


def test_the_json_of_every_command(team: Team) -> None:
    shape(team.handrail("conflicts"), ALL | {"conflicts"})
    shape(team.handrail("conflicts", "--base", "main"), ALL | {"conflicts"})
    shape(team.handrail("conflicts", "--all-branches"), ALL | {"conflicts"})
    shape(team.handrail("conflicts", "--prove"), ALL | {"conflicts", "proofs"})
    shape(team.handrail("resolve", "--dry-run"), RESOLVE)
    shape(team.handrail("resolve"), ALL)
    shape(team.handrail("resolve", "--onto", "nowhere"), ALL)
    shape(team.handrail("resolve", "--yes"), RESOLVE)
    shape(team.handrail("resolve", "--yes"), RESOLVE)
    shape(team.handrail("undo-edits", "--dry-run"), ALL | {"edits"})
    shape(team.handrail("undo-edits", "--yes"), ALL | {"edits"})
    shape(team.handrail("undo-edits", "--yes"), ALL)
    shape(team.handrail("migrations-lock", "--all", "--dry-run"), ALL | {"edits"})
    shape(team.handrail("install-git", "--dry-run"), ALL)
    shape(team.handrail("explain", "HR101"), ALL | {"code", "summary", "page"})
    shape(team.handrail("explain"), ALL | {"codes"})
    team.put({"shop.0003_c": migration("shop.0002_b", field("a").replace("Integer", "Text"))})
    shape(team.refuse(), RESOLVE | {"conflicts"})


def test_the_json_of_a_file_is_where_the_command_says_it_is(team: Team) -> None:
    done = team.handrail("resolve", "--yes").json
    assert done["edits"] == [
        {"path": "shop/migrations/0002_b.py", "action": "rename", "to": "shop/migrations/0003_b.py"},
        {"path": "shop/migrations/0003_c.py", "action": "rename", "to": "shop/migrations/0004_c.py"},
    ]
    assert (done["strategy"], done["graph"]) == ("rebase", {"leaves": [["shop", "0004_c"]]})


@pytest.mark.parametrize("command", ["resolve", "undo-edits"])
def test_without_a_terminal_nobody_has_said_yes(team: Team, command: str) -> None:
    if command == "undo-edits":
        team.handrail("resolve", "--yes")
    before = team.files()
    said = team.handrail(command)
    assert (said.exit, said.codes, said.next) == (2, ["HR003"], [f"handrail {command} --format json"])
    assert team.files() == before
    assert team.handrail(command, "--yes").exit == 0


@pytest.mark.parametrize("options", [["--onto", "nowhere"], ["--onto", "main~9"], ["nothing"], ["--strategy", "best"]])
def test_what_is_not_there_is_refused(team: Team, options: list[str]) -> None:
    assert team.refuse(*options).codes[0] in ("HR001", "HR011")


@pytest.mark.parametrize("words", [["conflicts"], ["conflicts", "--base", "main"], ["conflicts", "--all-branches"], ["resolve"]])
def test_an_app_that_is_not_there_is_no_clean_answer(team: Team, words: list[str]) -> None:
    said = team.handrail(*words, "shop", "shpo")
    assert (said.exit, said.codes, said.next) == (2, ["HR001"], ["handrail explain HR001"])
    assert said.json["findings"][0]["message"] == "usage: no app shpo with migrations"
    assert said.json["findings"][0]["help"] == "did you mean shop?"


def test_an_app_on_one_side_alone_is_there(team: Team) -> None:
    team.git("checkout", "-q", "-b", "more", "main")
    team.commit_files({"blog.0001_initial": migration("", THING)})
    assert team.handrail("conflicts", "blog", "--base", "main").exit == 0
    assert team.handrail("conflicts", "blog", "--base", "more", "--head", "main").exit == 0
    assert team.handrail("conflicts", "blog", "--base", "feature", "--head", "main").codes == ["HR001"]


def test_an_empty_repository(make: Make) -> None:
    team = make()
    assert team.handrail("resolve", "--yes").json["edits"] == []
    team.put({FIRST: migration("", THING), "shop.0002_a": THEIRS["shop.0002_a"], "shop.0002_b": OURS["shop.0002_b"]})
    assert team.refuse("--onto", "main").codes == ["HR011"]
    assert team.resolve()["strategy"] == "merge"


STOPS = ("fsync", "replace", "unlink")


def killed(team: Team, stop: int, *words: str) -> bool:
    """Run a command that is killed at its step number stop; say whether it came so far."""
    code = (
        "import os, signal, sys\n"
        "count = 0\n"
        "def counted(function):\n"
        "    def step(*arguments, **keywords):\n"
        "        global count\n"
        "        count += 1\n"
        f"        if count == {stop}:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return function(*arguments, **keywords)\n"
        "    return step\n"
        f"for name in {STOPS!r}:\n"
        "    setattr(os, name, counted(getattr(os, name)))\n"
        "from handrail.cli.run import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=team.root, capture_output=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.parametrize("stop", [1, 3, 5, 6, 8, 9])
def test_killed_while_it_writes(team: Team, stop: int) -> None:
    before = team.files()
    assert killed(team, stop, "resolve", "--yes")
    said = team.handrail("resolve", "--yes")
    if said.exit:
        assert (said.codes, said.next) == (["HR127"], ["handrail undo-edits"])
        assert team.type(said.next[0], "--yes").exit == 0
        assert team.files() == before
        team.resolve()
    assert team.names() == ["0001_initial", "0002_a", "0003_b", "0004_c"]
    team.undo(before)


def test_killed_while_it_takes_back(team: Team) -> None:
    before = team.files()
    team.handrail("resolve", "--yes")
    assert killed(team, 5, "undo-edits", "--yes")
    assert team.files() != before
    team.undo(before)


def test_a_file_that_changed_since_is_not_taken_back(team: Team) -> None:
    team.handrail("resolve", "--yes")
    with team.place("shop.0003_b").open("a") as file:
        file.write("# more\n")
    after = team.files()
    said = team.handrail("undo-edits", "--yes")
    assert (said.exit, said.codes, said.json["findings"][0]["message"]) == (
        2,
        ["HR126"],
        "the last edits are not taken back: shop/migrations/0003_b.py changed after them",
    )
    assert team.files() == after


def test_check_says_what_conflicts_says_and_ends_clean_after_resolve(team: Team) -> None:
    assert team.handrail("check", "--static").codes == ["HR101"]
    team.handrail("resolve", "--yes")
    clean = team.handrail("check", "--static")
    assert (clean.exit, clean.codes) == (0, [])


def test_git_with_the_driver_and_the_hooks_stops_and_goes_on(make: Make) -> None:
    team = make()
    team.start()
    team.git("config", "user.name", "Ann")
    assert team.handrail("install-git").exit == 0
    team.handrail("migrations-lock", "--all")
    team.commit("locks")
    team.git("checkout", "-q", "-b", "feature")
    team.put(OURS)
    team.handrail("migrations-lock")
    team.commit("ours")
    team.git("checkout", "-q", "main")
    team.put(THEIRS)
    team.handrail("migrations-lock")
    team.commit("theirs")
    team.git("checkout", "-q", "feature")
    said = team.git("merge", "main", status=1)
    assert "CONFLICT (content): Merge conflict in shop/migrations/migrations.lock" in said
    before = team.files()
    team.resolve()
    team.undo(before)
    team.resolve()
    team.git("add", "-A")
    team.git("commit", "-q", "-m", "merge")
    assert team.handrail("check", "--static").json["findings"] == []
    team.put({"shop.0003_x": migration("shop.0002_a", field("x"))})
    team.git("add", "-A")
    team.git("commit", "-q", "-m", "torn", status=1)
    assert team.handrail("install-git", "--remove").exit == 0
    team.git("commit", "-q", "-m", "torn")


def test_the_console_script_and_the_module_do_the_same(team: Team) -> None:
    script = Path(sys.executable).with_name("handrail")
    programs = [[sys.executable, "-m", "handrail"], *([[str(script)]] if script.exists() else [])]
    answers = [
        subprocess.run([*program, "conflicts", "--format", "json"], cwd=team.root, capture_output=True, check=False)
        for program in programs
    ]
    assert [answer.returncode for answer in answers] == [1] * len(programs)
    assert all(json.loads(answer.stdout) == team.handrail("conflicts").json for answer in answers)


def test_every_command_has_a_page_that_can_be_typed(team: Team) -> None:
    for code in [one["code"] for one in team.handrail("explain").json["codes"]]:
        assert team.type(f"handrail explain {code}").exit == 0
    assert set(registry.names(commands)) >= {
        "conflicts",
        "resolve",
        "undo-edits",
        "check",
        "explain",
        "install-git",
        "merge-driver",
    }


SETTINGS = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["handrail", "shop"]\nUSE_TZ = True\n'
MANAGE = "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"


def test_manage_py_resolves_and_lets_the_database_follow(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    database = f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{team.path}/../db.sqlite3"}}}}\n'
    team.put({"./manage.py": MANAGE, "./settings.py": SETTINGS + database, "./.gitignore": "__pycache__/\n"})
    team.commit("a project")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "settings")
    team.git("checkout", "-q", "HEAD~1^1", "--", "shop/migrations")
    team.git("rm", "-q", "-f", "shop/migrations/0002_a.py")
    manage(team, "migrate -v0")
    team.git("checkout", "-q", "HEAD", "--", "shop/migrations")
    assert manage(team, "migrate -v0", status=2).startswith("CommandError: error[HR101]: conflict: shop has 2 heads")
    manage(team, "handrail resolve --yes")
    said = manage(team, "handrail check", status=1)
    assert "renamed-after-apply: record shop.0002_b has the content of file shop.0003_b" in " ".join(said.split())
    manage(team, "handrail resolve --update-databases --yes")
    assert manage(team, "handrail check").endswith("no findings\n")
    manage(team, "migrate -v0")
    seen = team.look(team.path.parent / "db.sqlite3", migrate=False)
    assert seen.recorded == ["shop.0001_initial", "shop.0002_a", "shop.0003_b", "shop.0004_c"]
    assert seen.schema == team.look().schema


def manage(team: Team, line: str, status: int = 0) -> str:
    """Run manage.py; returns what it wrote."""
    command = [sys.executable, "-W", "ignore", "manage.py", *shlex.split(line)]
    environment = {**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=team.root, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
