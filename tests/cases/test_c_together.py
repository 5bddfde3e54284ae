"""Processes that migrate one database at the same time (C01 to C05, C13, C15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.migrators import Launcher, Migrator, Project, launcher, project, soon, waiting_line
from tests.servers.base import Database

__all__ = ["launcher", "project"]
SEEDED = ("0001_initial", "0002_p", "0003_seed")
NOTHING = "No migrations to apply."


def together(project: Project, *commands: tuple[str, ...]) -> list[Migrator]:
    """Start processes at once; all of them have to succeed."""
    started = [project.start(*args) for args in commands]
    for one in started:
        assert one.end() == 0, one.text
    return started


def applied_by(started: list[Migrator], name: str) -> list[Migrator]:
    return [one for one in started if f"Applying shop.{name}... OK" in one.out]


def pending(project: Project, name: str) -> None:
    """Have one row with n = 1, and a migration that was not applied yet."""
    project.write("0001_initial")
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n) VALUES ('a', 1)")
    project.add(name)


def assert_once(project: Project, started: list[Migrator], names: tuple[str, ...]) -> None:
    """Every migration was applied by one process; the others had nothing left to do."""
    assert project.records() == list(names)
    for name in names:
        assert len(applied_by(started, name)) == 1
    assert sum(NOTHING in one.out for one in started) == len(started) - 1
    assert set(project.runs()) == {"done"}


def test_c01_two_processes_on_an_empty_database(project: Project):
    project.write(*SEEDED)
    started = together(project, (), ())
    assert_once(project, started, SEEDED)
    assert project.things() == [1]


def test_c02_ten_processes_on_an_empty_database(project: Project):
    project.write(*SEEDED, "0004_double")
    started = together(project, *[()] * 10)
    assert_once(project, started, (*SEEDED, "0004_double"))
    assert project.things() == [2]


def test_c03_two_processes_and_data_that_is_doubled(project: Project):
    pending(project, "0002_slow_double")
    started = together(project, (), ())
    assert len(applied_by(started, "0002_slow_double")) == 1
    assert project.records() == ["0001_initial", "0002_slow_double"]
    assert project.things() == [2]


def test_c03b_ten_processes_and_data_that_is_doubled(project: Project):
    pending(project, "0002_slow_double")
    started = together(project, *[()] * 10)
    assert len(applied_by(started, "0002_slow_double")) == 1
    assert project.records() == ["0001_initial", "0002_slow_double"]
    assert project.things() == [2]


@pytest.mark.parametrize("trial", range(2))
def test_c03d_two_processes_and_data_that_is_doubled_fast(project: Project, trial: int):
    pending(project, "0002_double")
    started = together(project, (), ())
    assert len(applied_by(started, "0002_double")) == 1
    assert project.records() == ["0001_initial", "0002_double"]
    assert project.things() == [2]


def test_c04_two_processes_and_a_changed_schema(project: Project):
    pending(project, "0002_fields")
    started = together(project, (), ())
    assert len(applied_by(started, "0002_fields")) == 1
    assert project.records() == ["0001_initial", "0002_fields"]
    assert project.query("SELECT name, n, p FROM shop_thing") == [("a", 1, 7)]


def test_c05_forwards_and_backwards_at_once(project: Project):
    project.write("0001_initial", "0002_p")
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n, p) VALUES ('a', 1, 7)")
    project.add("0003_b", "0004_c")
    together(project, (), ("shop", "0001"))
    ends = {
        ("0001_initial",): {"id", "name", "n"},
        ("0001_initial", "0002_p", "0003_b", "0004_c"): {"id", "name", "n", "p", "b", "c"},
    }
    assert project.columns() == ends[tuple(project.records())]
    assert project.query("SELECT name, n FROM shop_thing") == [("a", 1)]
    assert set(project.runs()) == {"done"}


def test_c13_content_types_and_permissions_are_made_under_the_lock(project: Project):
    apps = ["django.contrib.contenttypes", "django.contrib.auth"]
    project.write(*SEEDED, apps=apps)
    together(project, (), ())
    assert project.query("SELECT count(*) FROM django_content_type") == [(4,)]
    assert project.query("SELECT count(*) FROM auth_permission") == [(16,)]
    assert project.records() == list(SEEDED)


def test_c15_who_waited_plans_anew(project: Project):
    pending(project, "0002_gated_double")
    first = project.start()
    project.reached(first)
    second = project.start()
    line = waiting_line(first, "shop.0002_gated_double", 2)
    soon(lambda: second.err)
    assert line.fullmatch(second.err), second.err
    assert second.out == ""
    project.go()
    assert (first.end(), second.end()) == (0, 0), second.text
    assert "Applying shop.0002_gated_double... OK" in first.out
    assert NOTHING in second.out
    assert line.fullmatch(second.err), second.err
    assert project.records() == ["0001_initial", "0002_gated_double"]
    assert project.things() == [2]


@pytest.mark.large
@pytest.mark.timeout(7200)
def test_c02_ten_processes_a_hundred_times(database: Database, tmp_path: Path):
    """On an empty database each time: a schema, a row, and its n doubled."""
    launcher = Launcher()
    project = Project(tmp_path, launcher, database)
    project.write(*SEEDED, "0004_double")
    launcher.enter(tmp_path)
    try:
        for _ in range(100):
            project.database = database.fresh()
            name = project.database.settings["NAME"]
            started = [launcher.begin(tmp_path, ["migrate"], name=name) for _ in range(10)]
            assert [one.end() for one in started] == [0] * 10, "\n".join(one.text for one in started)
            assert_once(project, started, (*SEEDED, "0004_double"))
            assert project.things() == [2]
            launcher.clear()
            database.server.drop(project.database.name)
    finally:
        launcher.clear()
        launcher.close()
