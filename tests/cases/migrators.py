"""`manage.py migrate` of small projects, each in a process of its own, forked from one that has imported Django."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.databases.small_project import migration
from tests.forking import ForkServer
from tests.servers.base import Database, make
from tests.servers.plugin import database_names, get_server

ROOT = Path(__file__).parents[2]
HOST = socket.gethostname()
COMMIT = "1a2b3c4d5e6f"
USER = "ann"
SECONDS = 60
"""How long a test waits for something before it fails."""
COMMAND = """
import os, sys
sys.argv[0], sys.path[0] = "manage.py", os.getcwd()
if name := os.environ.get("DATABASE"):
    from django.conf import settings
    settings.DATABASES["default"]["NAME"] = name
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["models.W042"]
DATABASES = {databases!r}
INSTALLED_APPS = {apps!r}
HANDRAIL = {handrail!r}
"""
GATE = """
import time
from pathlib import Path

def gate():
    Path("reached").touch()
    while not Path("go").exists():
        time.sleep(0.01)
"""
"""What lets a test hold a migration: it says that it was reached, and goes on when the test says go."""


class Migrator:
    """One process that runs a command of manage.py."""

    def __init__(self, launcher: Launcher, pid: int, output: Path, errors: Path) -> None:
        self._launcher, self.pid, self._output, self._errors = launcher, pid, output, errors
        self.started = time.monotonic()

    @property
    def code(self) -> int | None:
        """The exit code, less than 0 for a signal; None while it runs."""
        return self._launcher.code(self.pid)

    def end(self, seconds: float = SECONDS) -> int:
        """Wait until it has ended, and return its exit code."""
        soon(lambda: self.code is not None, seconds, lambda: self.text)
        code = self.code
        assert code is not None
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; after SIGKILL wait until it has ended."""
        os.kill(self.pid, number)
        if number is signal.SIGKILL:
            self.end()

    @property
    def out(self) -> str:
        """What it has written to its standard output so far."""
        return self._output.read_text()

    @property
    def err(self) -> str:
        """The same of standard error."""
        return self._errors.read_text()

    @property
    def text(self) -> str:
        """Both, for a message."""
        return f"{self.out}\n{self.err}"


class Launcher(ForkServer):
    """Starts commands of manage.py in projects, as one user at one commit."""

    def __init__(self) -> None:
        super().__init__(HANDRAIL_COMMIT=COMMIT, LOGNAME=USER)
        self.all: list[Migrator] = []
        self._files = count()

    def begin(self, folder: Path, args: Sequence[str], *, name: str = "") -> Migrator:
        """Start a command of manage.py in a project's folder. name: another database, where Django is set up already."""
        output, errors = (folder / f"{kind}-{next(self._files)}" for kind in ("out", "err"))
        variables = {**self.variables, "DJANGO_SETTINGS_MODULE": "project_settings", "DATABASE": name}
        pid = self.start(["-c", COMMAND, *args], folder, variables, output, errors)
        self.all.append(Migrator(self, pid, output, errors))
        return self.all[-1]

    def clear(self) -> None:
        """End what a test left running."""
        for one in self.all:
            if one.code is None:
                one.signal(signal.SIGKILL)
        self.all.clear()


class Project:
    """A project with Handrail, the app shop, and a database."""

    def __init__(self, folder: Path, launcher: Launcher, database: Database) -> None:
        self.folder, self.launcher, self.database = folder, launcher, database

    def write(
        self,
        *files: str,
        apps: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        handrail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the project. files: names of migrations in MIGRATIONS. settings: over those of the database."""
        package = self.folder / "shop" / "migrations"
        package.mkdir(parents=True, exist_ok=True)
        (self.folder / "shop" / "__init__.py").touch()
        (package / "__init__.py").touch()
        databases = {"default": {**self.database.settings, **(settings or {})}}
        text = SETTINGS.format(databases=databases, apps=["handrail", *apps, "shop"], handrail=dict(handrail or {}))
        (self.folder / "project_settings.py").write_text(text)
        self.add(*files)

    def add(self, *files: str) -> None:
        """Write migrations of MIGRATIONS."""
        for name in files:
            (self.folder / "shop" / "migrations" / f"{name}.py").write_text(MIGRATIONS[name])

    def start(self, *args: str) -> Migrator:
        """Start migrate with arguments."""
        return self.launcher.begin(self.folder, ["migrate", *args])

    def migrate(self, *args: str) -> Migrator:
        """Run migrate to its end, which has to be a success."""
        one = self.start(*args)
        assert one.end() == 0, one.text
        return one

    def reached(self, by: Migrator) -> None:
        """Wait until a migration is at its gate."""
        soon((self.folder / "reached").exists, SECONDS, lambda: by.text)

    def go(self) -> None:
        """Let the migration at the gate go on."""
        (self.folder / "go").touch()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement."""
        return [tuple(row) for row in self.database.query(sql)]

    def records(self) -> list[str]:
        """Return the names of shop's records, in their order, each as often as it is there."""
        return [name for (name,) in self.query("SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY name")]

    def runs(self) -> list[tuple[Any, ...]]:
        """Return the status of each run on record."""
        return [status for (status,) in self.query("SELECT status FROM handrail_run ORDER BY id")]

    def things(self) -> list[tuple[Any, ...]]:
        """Return n of each row."""
        return [n for (n,) in self.query("SELECT n FROM shop_thing ORDER BY id")]

    def columns(self) -> set[str]:
        """Return the names of the columns of shop_thing, but for those that are set aside."""
        sql = {
            "sqlite": "SELECT name FROM pragma_table_info('shop_thing')",
            "postgresql": "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_thing'",
            "mysql": "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_thing' AND table_schema = DATABASE()",
        }
        return {name for (name,) in self.query(sql[self.database.vendor]) if not name.startswith("hrk_")}


def soon(condition: Callable[[], object], seconds: float = SECONDS, text: Callable[[], str] = str) -> float:
    """Wait until something is so, and return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, text()
        time.sleep(0.01)
    return time.monotonic() - started


def waiting_line(holder: Migrator, step: str, run: int) -> re.Pattern[str]:
    """Return what one that waits says of the one that migrates."""
    who = f"migrate by {USER} on {HOST} (pid {holder.pid})"
    return re.compile(
        re.escape(f"waiting for the lock on default: {who}, since ")
        + r"\d\d:\d\d:\d\d"
        + re.escape(f", run {run}, {step}, commit {COMMIT[:7]}\n")
    )


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """One for all tests of a run."""
    made = Launcher()
    yield made
    made.close()


@pytest.fixture
def project(launcher: Launcher, tmp_path: Path, database: Database) -> Iterator[Project]:
    """A project on every database in turn."""
    yield Project(tmp_path, launcher, database)
    launcher.clear()


SERVERS = [name for name in database_names() if name != "sqlite"]
POSTGRES = [name for name in SERVERS if name.startswith("postgresql")]


@pytest.fixture(params=SERVERS)
def server_project(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Project]:
    """A project on every server in turn."""
    yield from _project(request.param, launcher, tmp_path)


@pytest.fixture(params=POSTGRES)
def postgres_project(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Project]:
    """A project on every PostgreSQL in turn."""
    yield from _project(request.param, launcher, tmp_path)


def _project(name: str, launcher: Launcher, folder: Path) -> Iterator[Project]:
    databases: list[Database] = []
    server = get_server(name)
    try:
        yield Project(folder, launcher, make(server, databases.append))
    finally:
        launcher.clear()
        for one in databases:
            server.drop(one.name)


@pytest.fixture
def sqlite_project(launcher: Launcher, tmp_path: Path, sqlite_database: Database) -> Iterator[Project]:
    """A project on SQLite."""
    yield Project(tmp_path, launcher, sqlite_database)
    launcher.clear()


THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
]),
"""
FIRST = ("shop", "0001_initial")
SECOND = ("shop", "0002_p")
RUN = "migrations.RunPython(forwards, migrations.RunPython.noop),"
DOUBLE = """
def forwards(apps, schema_editor):
    {before}
    for thing in apps.get_model("shop", "Thing").objects.all():
        thing.n *= 2
        thing.save()
"""
MIGRATIONS = {
    "0001_initial": migration(THING),
    "0002_p": migration('migrations.AddField("thing", "p", models.IntegerField(default=7)),', FIRST),
    "0003_seed": migration(
        RUN,
        SECOND,
        code='def forwards(apps, schema_editor):\n    apps.get_model("shop", "Thing").objects.create(name="seed", n=1)',
    ),
    "0004_double": migration(RUN, ("shop", "0003_seed"), code=DOUBLE.format(before="pass")),
    "0002_double": migration(RUN, FIRST, code=DOUBLE.format(before="pass")),
    "0002_slow_double": migration(RUN, FIRST, code=DOUBLE.format(before="import time; time.sleep(0.3)")),
    "0002_gated_double": migration(RUN, FIRST, code=GATE + DOUBLE.format(before="gate()")),
    "0002_gated_after_ddl": migration(
        f'migrations.AddField("thing", "p", models.IntegerField(default=7)),\n{RUN}',
        FIRST,
        code=GATE + DOUBLE.format(before="gate()"),
    ),
    "0002_fields": migration(
        """
        migrations.AddField("thing", "p", models.IntegerField(default=7)),
        migrations.AlterField("thing", "name", models.CharField(max_length=80)),
        migrations.AddIndex("thing", models.Index(fields=["n"], name="shop_thing_n")),
        """,
        FIRST,
    ),
    "0003_b": migration('migrations.AddField("thing", "b", models.IntegerField(default=2)),', SECOND),
    "0004_c": migration('migrations.AddField("thing", "c", models.IntegerField(default=3)),', ("shop", "0003_b")),
}
"""The migrations of the app shop, by name."""
