"""MariaDB: a private server, or one that is there already."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers import process
from tests.servers.base import Server, Settings, render
from tests.servers.run import Address, Run

FAST = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-binlog=0", "--innodb-flush-method=nosync")
"""For servers whose data nobody needs after a crash of the machine; tests that stop the server itself ask for a durable one."""
NO_SUCH_THREAD = 1094
"""The connection has ended by itself in the meantime."""
MISSING = "MariaDB is not installed: apt-get install mariadb-server"


def program(*names: str) -> str:
    """Return the path of a program, also where sbin is not on PATH (Debian's own setting for users)."""
    path = os.pathsep.join((os.environ.get("PATH", ""), os.environ.get("HANDRAIL_TEST_SYSTEM_PATH", "/usr/sbin:/usr/local/sbin")))
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        raise process.MissingServerError(MISSING)
    return found


def start(folder: Path, *, durable: bool = False) -> Address:
    """Make a data folder in a new folder and start a server on a free port.

    The accounts that mariadb-install-db makes can only be used over the socket by the user of that name; the init file adds
    the one the tests use.
    """
    server, installer = program("mariadbd", "mysqld"), program("mariadb-install-db", "mysql_install_db")
    password = secrets.token_hex(16)
    process.give(folder)
    data, temporary = folder / "data", folder / "tmp"
    process.give(temporary)
    process.prepare([installer, "--no-defaults", f"--datadir={data}", f"--tmpdir={temporary}", "--skip-test-db"], folder)
    accounts = folder / "accounts.sql"
    accounts.write_text(
        f"CREATE USER handrail@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        "GRANT ALL PRIVILEGES ON *.* TO handrail@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    accounts.chmod(0o644)
    for _ in range(5):
        address = Address(host="127.0.0.1", port=process.free_port(), user="handrail", password=password, folder=str(folder))
        try:
            pid = process.start(
                _command(server, folder, address.port, durable),
                folder,
                folder.with_suffix(".log"),
                lambda a=address: _answers(a),  # type: ignore[misc]
            )
        except process.ServerStartError as error:
            if "Address already in use" not in str(error):
                raise
            continue
        accounts.unlink()
        return Address(host=address.host, port=address.port, user="handrail", password=password, pid=pid, folder=str(folder))
    raise process.ServerStartError("no free port stayed free for MariaDB")


def _command(server: str, folder: Path, port: int, durable: bool) -> list[str]:
    return [
        server,
        "--no-defaults",
        f"--datadir={folder / 'data'}",
        f"--tmpdir={folder / 'tmp'}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'mariadb.pid'}",
        f"--init-file={folder / 'accounts.sql'}",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--skip-name-resolve",
        "--max-connections=300",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_general_ci",
        "--innodb-fast-shutdown=2",
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=16M",
        "--performance-schema=0",
        "--skip-log-bin",
        *(() if durable else FAST),
    ]


def connect(address: Address, database: str) -> Any:
    """Return a mysqlclient connection in autocommit."""
    try:
        import MySQLdb
    except ImportError:
        raise process.MissingServerError("mysqlclient is not installed: pip install 'django-handrail[mysql]'") from None
    return MySQLdb.connect(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
        database=database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=10,
    )


def _answers(address: Address) -> bool:
    import MySQLdb

    try:
        connect(address, "").close()
    except MySQLdb.OperationalError:
        return False
    return True


class MariadbServer(Server):
    """The databases of one server."""

    vendor = "mysql"

    def __init__(self, run: Run, name: str, address: Address) -> None:
        self.run = run
        self.name = name
        self.address = address

    def create(self, database: str, template: str = "") -> None:
        """Make an empty database, or one from the statements that keep_template wrote: MariaDB cannot copy databases."""
        self.query("", f"CREATE DATABASE `{database}`")
        if template:
            with self._dump(template).open("rb") as statements:
                self._client(["mariadb", "mysql"], [database], stdin=statements)

    def drop(self, database: str) -> None:
        """Drop a database; connections that use it are ended first, as their metadata locks would make the drop wait."""
        users = "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()"
        for (connection,) in self.query("", users, [database]):
            try:
                self.query("", f"KILL {connection}")
            except Exception as error:
                if error.args[0] != NO_SUCH_THREAD:
                    raise
        self.query("", f"DROP DATABASE IF EXISTS `{database}`")
        self._dump(database).unlink(missing_ok=True)

    def keep_template(self, database: str) -> None:
        """Write the database down as statements."""
        with self._dump(database).open("wb") as output:
            self._client(["mariadb-dump", "mysqldump"], ["--routines", "--events", "--skip-comments", database], stdout=output)

    def names(self) -> set[str]:
        """Return the names of all databases."""
        return {name for (name,) in self.query("", "SELECT schema_name FROM information_schema.schemata")}

    def settings(self, database: str) -> Settings:
        """Return the entry of Django's DATABASES for a database."""
        here = self.address
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": database,
            "HOST": here.host,
            "PORT": str(here.port),
            "USER": here.user,
            "PASSWORD": here.password,
            "OPTIONS": {"charset": "utf8mb4"},
        }

    def query(self, database: str, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in autocommit."""
        connection = connect(self.address, database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, tuple(parameters) or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def connect(self, database: str) -> Any:
        """Return a mysqlclient connection in autocommit."""
        return connect(self.address, database)

    def url(self, database: str) -> str:
        """Return the address."""
        return render("mysql", self.address, database)

    def _dump(self, database: str) -> Path:
        return self.run.folder / f"{self.name}-{database}.sql"

    def _client(self, names: list[str], arguments: list[str], **streams: Any) -> None:
        here = self.address
        command = [program(*names), "--no-defaults", f"--host={here.host}", f"--port={here.port}", f"--user={here.user}"]
        subprocess.run(
            [*command, "--default-character-set=utf8mb4", *arguments],
            env={"MYSQL_PWD": here.password},
            check=True,
            timeout=120,
            **streams,
        )
