"""What the bench measures is what it says it measures."""

import sys
from pathlib import Path

import pytest

from bench import handrail_command, measure, open_branches, table
from bench.generate_repository import app_label, generate, migration_name
from bench.git import git
from bench.measure import Command, Cost


def python(code: str, cwd: Path, **rest: object) -> Command:
    return Command(words=[sys.executable, "-c", code], cwd=cwd, **rest)  # type: ignore[arg-type]


def test_time_and_memory_are_those_of_the_child(tmp_path: Path) -> None:
    small = measure.measure(python("", tmp_path))
    large = measure.measure(python("import time; keep = b'x' * 600_000_000; time.sleep(0.5)", tmp_path))
    assert small.mebibytes < 400
    assert 570 < large.mebibytes < 700
    assert large.seconds >= 0.5
    assert large.processor < large.seconds


def test_a_command_that_did_not_do_its_work_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(measure.MeasureError, match=r"ended with exit code 2:\nno settings\n"):
        measure.measure(python("import sys; print('no settings'); sys.exit(2)", tmp_path, codes=(0, 1)))


def test_commands_take_turns_after_a_run_that_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first, second = (python(f"open({str(log)!r}, 'a').write({letter!r})", tmp_path) for letter in "ab")
    assert len(measure.alternate([first, second], rounds=2)) == 2
    assert log.read_text() == "ababab"


def test_each_figure_is_a_median_of_its_own() -> None:
    costs = [Cost(seconds=s, processor=p, mebibytes=m) for s, p, m in ((1, 9, 5), (2, 8, 5), (9, 1, 6))]
    assert measure.median(costs) == Cost(seconds=2, processor=8, mebibytes=5)


def test_bytecode_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other")
    check = "import os, sys; sys.exit(sys.dont_write_bytecode or os.environ.get('DJANGO_SETTINGS_MODULE') != 'mine')"
    assert measure.measure(python(check, tmp_path, variables={"DJANGO_SETTINGS_MODULE": "mine"})).seconds > 0


def test_a_cold_run_finds_no_cache_of_the_one_before(tmp_path: Path) -> None:
    cold, cached = handrail_command.handrail(tmp_path, "conflicts")
    folder = Path(cold.variables["XDG_CACHE_HOME"])
    folder.mkdir()
    assert cold.before
    cold.before()
    assert not folder.exists()
    assert cached.before is None
    assert cached.variables["XDG_CACHE_HOME"] != cold.variables["XDG_CACHE_HOME"]


def test_a_table_fits_a_terminal() -> None:
    lines = table.lines(("what", "time"), [["short", "0.1 s"], ["a longer name", "12.0 s"]])
    assert lines == ["what             time", "-------------  ------", "short           0.1 s", "a longer name  12.0 s"]


def test_every_branch_holds_one_migration_more(tmp_path: Path) -> None:
    folder = open_branches.repository(tmp_path / "repository", 3)
    listed = git(folder, "ls-tree", "-r", "--name-only", "branch-002")
    start = git(folder, "ls-tree", "-r", "--name-only", "main")
    assert set(listed.split()) - set(start.split()) == {f"{app_label(2)}/migrations/9002_branch.py"}
    assert len(git(folder, "branch", "--list", "branch-*").split()) == 3


def test_the_generated_migrations_are_there(tmp_path: Path) -> None:
    assert generate(tmp_path, apps=3, migrations=6) == 6
    assert (tmp_path / app_label(2) / "migrations" / f"{migration_name(1)}.py").exists()
