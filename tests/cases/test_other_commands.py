"""Projects in which another app has a migrate command too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.lockers import Lockers, lockers
from tests.databases.small_project import THING, migration
from tests.servers.base import Database

__all__ = ["lockers"]
DERIVED = """
from django.core.management.commands import migrate


class Command(migrate.Command):
    "Theirs."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--greet", default="nobody")
        parser.add_argument("--also")

    def handle(self, *args, **options):
        self.stdout.write(f"before, greeting {options['greet']}")
        super().handle(*args, **options)
        if options["also"]:
            super().handle(*args, **{**options, "database": options["also"]})
        self.stdout.write("after")
"""
ALIEN = """
from django.core.management.base import BaseCommand
from django.db.migrations.autodetector import MigrationAutodetector


class Command(BaseCommand):
    autodetector = MigrationAutodetector

    def handle(self, *args, **options):
        self.stdout.write("something else")
"""


def begin(path: Path, databases: Database | dict[str, Database], apps: list[str], **commands: str) -> LiveProject:
    """Make a project with apps that have a migrate command each."""
    made = LiveProject.begin(path / "project", databases, {"shop.0001_initial": migration(THING)})
    for app, text in commands.items():
        made.put({f"{app}/{place}/__init__.py": "" for place in (".", "management", "management/commands")})
        made.put({f"{app}/management/commands/migrate.py": text})
    made.settings([*apps, "shop"])
    return made


def told(project: LiveProject, *words: str) -> list[str]:
    """Run manage.py check and return what it says about commands."""
    done = project.manage("check", *words)
    return [line for line in " ".join(done.err.split()).split("?: ")[1:] if "handrail." in line]


def test_another_command_runs_inside_ours_with_its_own_options(sqlite_database: Database, tmp_path: Path, lockers: Lockers):
    project = begin(tmp_path, sqlite_database, ["handrail", "tools"], tools=DERIVED)
    assert told(project) == []
    out = project.migrate("--greet", "ann", "--lock-wait", "1").splitlines()
    assert (out[0], out[-1]) == ("before, greeting ann", "after")
    assert "  Applying shop.0001_initial... OK" in out
    assert project.query("SELECT command, status FROM handrail_run") == [("migrate", "done")]
    holder = lockers(sqlite_database.settings)
    holder("take()")
    done = project.manage("migrate", "--lock-wait", "0.2", "--greet", "ann")
    assert (done.exit, done.out) == (2, "")
    assert done.err.startswith("CommandError: error[HR301]: locked: default is being migrated by ")


def test_what_another_command_migrates_besides_is_a_run_of_its_own(sqlite_database: Database, tmp_path: Path, lockers: Lockers):
    aliases = {"default": sqlite_database, "other": sqlite_database.fresh()}
    project = begin(tmp_path, aliases, ["handrail", "tools"], tools=DERIVED)
    project.migrate("--also", "other")
    for alias in aliases:
        assert project.query("SELECT status FROM handrail_run", alias) == [("done",)]
        assert project.recorded(alias=alias) == ["0001_initial"]
    holder = lockers(aliases["other"].settings)
    holder("take()")
    done = project.manage("migrate", "--also", "other", "--lock-wait", "0.2")
    assert done.exit == 2
    assert done.err.startswith("CommandError: error[HR301]: locked: other is being migrated by ")


def test_another_command_that_comes_first_is_named(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, ["tools", "handrail"], tools=DERIVED)
    (warning,) = told(project)
    assert warning.startswith(
        "(handrail.W001) the migrate command of tools is the one that runs, without Handrail's lock and journal"
        ' HINT: put "handrail" before "tools" in INSTALLED_APPS: its command then runs inside Handrail\'s'
    )
    assert project.manage("migrate").exit == 0
    assert project.query("SELECT name FROM sqlite_master WHERE name = 'handrail_run'") == []


@pytest.mark.parametrize("apps", [["handrail", "tools"], ["tools", "handrail"]])
def test_a_command_that_is_not_djangos_is_an_error(sqlite_database: Database, tmp_path: Path, apps: list[str]):
    project = begin(tmp_path, sqlite_database, apps, tools=ALIEN)
    (error,) = told(project)
    assert error.startswith(
        "(handrail.E001) the migrate command of tools is not derived from Django's, so it cannot run under Handrail's lock"
        " HINT: derive it from django.core.management.commands.migrate.Command, or take tools or handrail out of INSTALLED_APPS"
    )
    done = project.manage("migrate")
    assert done.exit == 1
    assert "handrail.E001" in done.err
    assert project.query("SELECT name FROM sqlite_master WHERE name = 'shop_thing'") == []


def test_nothing_is_said_where_nobody_else_has_a_migrate_command(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, ["django.contrib.contenttypes", "django.contrib.auth", "handrail"])
    assert told(project) == []
    done = project.manage("check")
    assert (done.exit, done.out) == (0, "System check identified no issues (0 silenced).\n")


def test_start_up_imports_nothing_of_ours_that_is_not_used(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, ["handrail"])
    program = "import django, sys; django.setup(); print(sorted(name for name in sys.modules if name.startswith('handrail')))"
    done = project.run_anew("-c", program, DJANGO_SETTINGS_MODULE="project_settings")
    assert done.out == "['handrail', 'handrail.apps']\n"
