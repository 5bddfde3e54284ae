"""The pytest plugin: fixtures that give a test a database of its own.

`database` runs a test on every database; `server` gives the server alone. `durable_database` is on a server that survives being
killed. Set HANDRAIL_TEST_POSTGRES_URL or HANDRAIL_TEST_MARIADB_URL to use a server that is there already.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.servers import mariadb, pgbouncer, postgresql, process
from tests.servers.base import Database, Server, Settings, make
from tests.servers.memory import use_memory
from tests.servers.run import VARIABLE, Address, Run
from tests.servers.sqlite import SqliteServer

POSTGRES_URL = "HANDRAIL_TEST_POSTGRES_URL"
MARIADB_URL = "HANDRAIL_TEST_MARIADB_URL"
DATABASES = "HANDRAIL_TEST_DATABASES"
WHEEL_VERSION = 18
OWNED = pytest.StashKey[tuple[Run, str | None]]()


def database_names() -> list[str]:
    """Return the ids of all databases a contract is tested on: those that DATABASES names, where it is set."""
    if named := os.environ.get(DATABASES):
        return named.split(",")
    versions = sorted({WHEEL_VERSION, *postgresql.distribution_versions()}, reverse=True)
    private = [f"postgresql{version}" for version in versions]
    return ["sqlite", *(["postgresql"] if POSTGRES_URL in os.environ else private), "mariadb"]


def parse(url: str) -> tuple[Address, str]:
    """Return the server and the database of an address such as postgresql://user:password@host:5432/name."""
    parts = urlsplit(url)
    port = parts.port or (5432 if parts.scheme.startswith("postgres") else 3306)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(host=parts.hostname or "127.0.0.1", port=port, user=user, password=password), parts.path.lstrip("/")


def get_server(name: str, *, durable: bool = False) -> Server:
    """Return a server of this run, started if nobody asked for it before; raise MissingServerError where it is not installed."""
    run = Run.of_environment()
    label = f"{name}-durable" if durable else name
    if name == "sqlite":
        return SqliteServer(run)
    if name == "postgresql":
        address, maintenance = parse(os.environ[POSTGRES_URL])
        return postgresql.PostgresServer(run, name, address, maintenance or "postgres")
    if name == "mariadb" and MARIADB_URL in os.environ:
        return mariadb.MariadbServer(run, name, parse(os.environ[MARIADB_URL])[0])
    if name == "mariadb":
        return mariadb.MariadbServer(run, label, run.server(label, lambda folder: mariadb.start(folder, durable=durable)))
    version = int(name.removeprefix("postgresql"))

    def start(folder: Path) -> Address:
        return postgresql.start(postgresql.binaries_of(version, run), folder, durable=durable)

    return postgresql.PostgresServer(run, label, run.server(label, start))


def _server(name: str, *, durable: bool = False) -> Server:
    try:
        return get_server(name, durable=durable)
    except process.MissingServerError as error:
        pytest.fail(str(error), pytrace=False)


def _database(server: Server) -> Iterator[Database]:
    made: list[Database] = []
    try:
        yield make(server, made.append)
    finally:
        for database in made:
            server.drop(database.name)


@pytest.fixture(params=database_names())
def server(request: pytest.FixtureRequest) -> Server:
    """Every server in turn, started if need be."""
    return _server(request.param)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database on every server in turn."""
    yield from _database(server)


@pytest.fixture(params=database_names())
def durable_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database, in turn on every server, with all promises about a crash kept."""
    yield from _database(_server(request.param, durable=True))


@pytest.fixture
def pooled_database() -> Iterator[tuple[Database, Settings]]:
    """An empty PostgreSQL database, and Django's settings that lead to it through PgBouncer in transaction mode."""
    if POSTGRES_URL in os.environ:
        pytest.skip("a pooler is put in front of a private server alone")
    server = _server(f"postgresql{WHEEL_VERSION}")
    assert isinstance(server, postgresql.PostgresServer)
    try:
        pooler = Run.of_environment().server("pgbouncer", lambda folder: pgbouncer.start(server.address, folder))
    except process.MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    for database in _database(server):
        yield database, {**database.settings, "HOST": pooler.host, "PORT": str(pooler.port)}


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty SQLite database, for tests that are not about the kind of database."""
    yield from _database(_server("sqlite"))


def _drop_templates(run: Run) -> None:
    """Leave no template on a server that stays."""
    for name in [name for name, url in (("postgresql", POSTGRES_URL), ("mariadb", MARIADB_URL)) if url in os.environ]:
        if any(run.folder.glob(f"{name}-handrail_template_*.done")):
            server = get_server(name)
            for database in server.names():
                if database.startswith(run.template_prefix):
                    server.drop(database)


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def pytest_configure(config: pytest.Config) -> None:
    """Own a run where the tests start; the workers of pytest-xdist find it in the environment."""
    if hasattr(config, "workerinput"):
        return
    use_memory()
    config.stash[OWNED] = (Run.begin(), os.environ.get(VARIABLE))
    os.environ[VARIABLE] = str(config.stash[OWNED][0].folder)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _interrupt)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End every server of the run, also after Ctrl-C."""
    if owned := config.stash.get(OWNED, None):
        run, before = owned
        _drop_templates(run)
        run.end()
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
