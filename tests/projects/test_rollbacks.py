"""Real projects, filled with rows, rolled back by one command and migrated again: nothing fails half-way, nothing is different.

Each project runs on the databases that it says it runs on. A rollback that is refused must have been refused before its first
statement, and only what REFUSED names may be.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.crash.state import Reader, State
from tests.projects.conftest import CHECKOUT, HERE, install
from tests.projects.redis_server import redis_server
from tests.servers.base import Database, Settings, make
from tests.servers.plugin import database_names, get_server
from tools import projects

pytestmark = [pytest.mark.large, pytest.mark.timeout(3600)]

SETTINGS = """\
from settings import *
ROOT_URLCONF = "no_urls"
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E408", "admin.E409", "admin.E410"]
DATABASES = {{"default": {database!r}}}
INSTALLED_APPS = ["handrail", *INSTALLED_APPS]
if DATABASES["default"]["ENGINE"].endswith("postgresql") and "django.contrib.postgres" not in INSTALLED_APPS:
    INSTALLED_APPS.append("django.contrib.postgres")
"""
NEXT_NUMBERS = {
    "sqlite": "SELECT name, seq FROM sqlite_sequence",
    "postgresql": "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences "
    "WHERE schemaname = 'public' AND NOT starts_with(sequencename, 'hrk_')",
    "mysql": "SELECT table_name, auto_increment FROM information_schema.tables "
    "WHERE table_schema = database() AND auto_increment IS NOT NULL",
}
STEPS = (1, 10, 50)
ANY = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """biggest: the app with the most migrations. databases: those that the project runs on.

    needs: a query of rows without which it does not.
    """

    biggest: str
    databases: tuple[str, ...] = ANY
    needs: str = ""


PROJECTS = {
    "djcontrib": Facts(biggest="auth"),
    "machina": Facts(biggest="forum_conversation"),
    "helpdesk": Facts(biggest="helpdesk"),
    "oscar": Facts(biggest="catalogue"),
    "wagtail": Facts(biggest="wagtailcore"),
    "mayan": Facts(biggest="documents", databases=("sqlite", "postgresql")),
    "pretix": Facts(biggest="pretixbase", databases=("sqlite", "postgresql")),
    "netbox": Facts(
        biggest="dcim",
        databases=("postgresql",),
        needs="SELECT 1 FROM pg_collation WHERE collprovider = 'i' AND collname <> 'unicode'",
    ),
}
REFUSED: dict[tuple[str, str], str] = {
    ("mayan", "zero"): "HR503",
    ("pretix", "zero"): "HR504",
    ("netbox", "zero"): "HR502",
}
"""By project and target, the code of the refusal: what no rollback can do, and plain Django neither."""
TREE = tuple(word for name in ("level", "tree_id", "rght", "lft") for word in ("--fill", f"wireless_wirelesslangroup.{name}=1"))
WORDS = {
    ("oscar", "zero"): ("--fill", "catalogue_category.full_name=full"),
    ("mayan", "50"): ("--fill", "tags_tag.color=red"),
    ("mayan", "zero"): ("--fill", "tags_tag.color=red"),
    ("netbox", "10"): TREE,
    ("netbox", "50"): TREE,
}
"""By project and target, what a rollback has to be told: a column that was required, and has had no values for years."""
INTERNAL = ("wagtailsearch_indexentry_fts_data", "wagtailsearch_indexentry_fts_idx")
"""Tables in which SQLite holds a full-text index: the same entries can be in other segments (fts5.html, 5)."""


def _named(kind: str, facts: Facts) -> list[str]:
    """Return the newest server of a kind of database that is asked for; all of them where it may not have what is needed."""
    return [name for name in database_names() if name.startswith(kind)][: None if facts.needs else 1]


PLACES = [
    pytest.param((name, server), id=f"{name}-{server}")
    for name, facts in PROJECTS.items()
    for kind in facts.databases
    for server in _named(kind, facts)
]


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended, and how long it took. err: what it wrote to standard error."""

    exit: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Place:
    """A project whose migrations are applied and whose tables have rows, with a database of its own."""

    name: str
    database: Database
    folder: Path

    def run(self, *words: str, exit: int | None = 0) -> Said:
        """Run the project's Python."""
        began = time.monotonic()
        done = subprocess.run(
            [install(self.name), *words],
            cwd=self.folder,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert exit in (None, done.returncode), done.stdout[-3000:] + done.stderr[-6000:]
        return Said(exit=done.returncode, out=done.stdout, err=done.stderr, seconds=time.monotonic() - began)

    def django(self, *words: str, exit: int | None = 0) -> Said:
        """Run a command of manage.py."""
        return self.run("-m", "django", *words, exit=exit)

    def _variables(self) -> dict[str, str]:
        places = [self.folder, HERE / self.name, HERE, CHECKOUT / "src", CHECKOUT, projects.packages_beside()]
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "rollback_settings",
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "DATA_DIR": str(self.folder),
            "MAYAN_MEDIA_ROOT": str(self.folder),
            "COLUMNS": "200",
        }

    def state(self) -> State:
        """Read the schema, the rows and what is recorded."""
        reader = Reader(self.database.server, self.database.name)
        try:
            return reader.state()
        finally:
            reader.connection.close()

    def next_numbers(self) -> dict[str, int]:
        """Read where the sequences are."""
        return dict(self.database.query(NEXT_NUMBERS[self.database.vendor]))


def write_settings(folder: Path, database: Settings) -> None:
    """Write what Django is started with."""
    folder.mkdir(exist_ok=True)
    (folder / "no_urls.py").write_text("urlpatterns = []\n")
    (folder / "rollback_settings.py").write_text(SETTINGS.format(database=database))


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path, redis: None) -> Iterator[Place]:
    """Every project on every database; the migrations and the rows are there once a run, and copied."""
    name, server_name = request.param
    server = get_server(server_name)
    made: list[Database] = []
    empty = make(server, made.append)
    if PROJECTS[name].needs and not empty.query(PROJECTS[name].needs):
        server.drop(empty.name)
        pytest.skip("the server was built without what the project needs")
    folder = tmp_path / "project"

    def build(settings: Settings) -> None:
        write_settings(folder, settings)
        first = Place(name=name, database=empty, folder=folder)
        first.django("migrate", "--verbosity", "0")
        said = json.loads(first.run(str(HERE / "seed.py"), *map(str, STEPS)).out.splitlines()[-1])
        assert said["rows"] > 30
        first.django("migrate", "--verbosity", "0")  # what a project writes whenever it starts is there before

    try:
        database = empty.from_template(f"rollbacks of {name}", build)
        write_settings(folder, database.settings)
        yield Place(name=name, database=database, folder=folder)
    finally:
        for each in made:
            server.drop(each.name)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with redis_server(tmp_path_factory.mktemp("redis")):
        yield


def differences(found: State, wanted: State) -> list[str]:
    """Say in what one state differs from the one that is wanted, a line for each object, table and record."""
    tables = sorted(name for name in {*found.rows, *wanted.rows} if found.rows.get(name) != wanted.rows.get(name))
    return [
        *(f"schema lacks {tuple(one)}" for one, _ in sorted(wanted.schema - found.schema)),
        *(f"schema has {tuple(one)}" for one, _ in sorted(found.schema - wanted.schema)),
        *(f"{table}: {_rows_that_differ(found, wanted, table)}" for table in tables),
        *(f"not recorded: {one}" for one in sorted({*wanted.records} - {*found.records})),
        *(f"recorded: {one}" for one in sorted({*found.records} - {*wanted.records})),
    ]


def _rows_that_differ(found: State, wanted: State, table: str) -> str:
    if table not in found.rows or table not in wanted.rows:
        return "is missing" if table in wanted.rows else "is new"
    (columns, rows), (before, lines) = found.rows[table], wanted.rows[table]
    if columns != before:
        return f"columns {columns} for {before}"
    return f"{[one for one in rows if one not in lines][:3]} for {[one for one in lines if one not in rows][:3]}"


def compared(state: State) -> State:
    """Return a state without the tables that mean nothing by themselves."""
    return replace(state, rows={table: found for table, found in state.rows.items() if table not in INTERNAL})


def went_back(found: dict[str, int], before: dict[str, int]) -> list[str]:
    """Return the sequences of the project that would give a number again."""
    return [name for name, number in before.items() if found.get(name, 0) < number and not name.startswith("hrk_")]


def down_and_up(place: Place, target: str, *words: str) -> None:
    """Roll back and migrate again."""
    key = (place.name, target)
    before, numbers = place.state(), place.next_numbers()
    assert sum(len(rows) for _, rows in before.rows.values()) > 30
    if key in WORDS:
        asked = place.django("handrail", "rollback", *words, "--yes", exit=2)
        assert "--fill" in asked.out + asked.err
        assert differences(place.state(), before) == []
    done = place.django("handrail", "rollback", *words, *WORDS.get(key, ()), "--yes", exit=None)
    if (code := REFUSED.get(key)) is not None:
        assert done.exit == 2, done.out[-3000:] + done.err[-6000:]
        assert f"error[{code}]" in done.out + done.err
        assert differences(place.state(), before) == []
        return
    assert done.exit == 0, done.out[-3000:] + done.err[-6000:]
    assert set(place.state().records) < set(before.records)
    again = place.django("migrate", "--verbosity", "0", exit=None)
    assert again.exit == 0, again.err[-6000:]
    assert differences(compared(place.state()), compared(before)) == []
    assert went_back(place.next_numbers(), numbers) == []


@pytest.mark.parametrize("steps", STEPS)
def test_steps_back_and_forward_again(place: Place, steps: int) -> None:
    down_and_up(place, str(steps), "--to-tag", f"before-{steps}")


def test_the_biggest_app_to_zero_and_forward_again(place: Place) -> None:
    others = sorted({app for app, _ in place.state().records} - {PROJECTS[place.name].biggest})
    down_and_up(place, "zero", PROJECTS[place.name].biggest, "zero", *(word for app in others for word in ("--also", app)))
