"""Readers and writers of a table while a long transaction blocks an ALTER of it: how long the longest of them is held up."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench import table
from bench.measure import MeasureError, environment
from bench.servers import on_servers
from tests.servers.base import Database, make
from tests.servers.plugin import get_server

SERVERS = ("postgresql18", "mariadb")
BLOCKED = 8.0
"""Seconds that the long transaction is open."""
HEAD = ("database", "migrate", "reader", "writer", "done after", "reader's ratio", "writer's")
SETTINGS = """\
SECRET_KEY = "none"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {settings!r}}}
INSTALLED_APPS = {apps!r}
HANDRAIL = {{}}
"""
FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())])]
"""
SECOND = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("thing", "p", models.IntegerField(null=True))]
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a server that cannot be had is named in a line instead of its rows."""
    yield f"A transaction that has read the table is open for {BLOCKED:.0f} s: the longest stall of a reader and of a writer"
    yield from on_servers(SERVERS, HEAD, scratch, rows_of)


def rows_of(name: str, scratch: Path) -> Iterator[list[str]]:
    """Measure one server, with plain Django and with Handrail."""
    plain = measure(name, scratch / f"{name}-plain", [])
    ours = measure(name, scratch / f"{name}-handrail", ["handrail"])
    for kind, found in (("plain Django", plain), ("Handrail", ours)):
        ratios = [table.times(theirs / own) for theirs, own in zip(plain[:2], found[:2], strict=True)]
        yield [name, kind, *map(table.seconds, found), *ratios]


def measure(name: str, folder: Path, apps: list[str]) -> tuple[float, float, float]:
    """Return the longest stall of a reader and of a writer, and after how long migrate was done, in seconds."""
    made: list[Database] = []
    server = get_server(name)
    database = make(server, made.append)
    try:
        write(folder, database, [*apps, "shop"])
        migrate(folder, "0001").check()
        database.query("INSERT INTO shop_thing (n) VALUES (1)")
        return stalls(folder, database)
    finally:
        server.drop(database.name)


def stalls(folder: Path, database: Database) -> tuple[float, float, float]:
    """Have the table used, and altered, while a transaction that has read it is open."""
    users = [User(database, "SELECT count(*) FROM shop_thing"), User(database, "UPDATE shop_thing SET n = n + 1")]
    blocker = database.server.connect(database.name)
    cursor = blocker.cursor()
    for sql in ("BEGIN", "SELECT count(*) FROM shop_thing"):
        cursor.execute(sql)
    cursor.fetchall()
    try:
        for user in users:
            user.start()
        started = time.monotonic()
        migrating = migrate(folder, "0002")
        time.sleep(BLOCKED)
        cursor.execute("COMMIT")
        migrating.check()
        took = time.monotonic() - started
    finally:
        blocker.close()
        for user in users:
            user.stop()
    return users[0].longest, users[1].longest, took


class User(threading.Thread):
    """Does one statement again and again on a connection of its own; longest: seconds that one took at the most."""

    def __init__(self, database: Database, sql: str) -> None:
        """Connect."""
        super().__init__(daemon=True)
        self.sql, self.longest = sql, 0.0
        self._connection = database.server.connect(database.name)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Go on until it is stopped."""
        cursor = self._connection.cursor()
        while not self._stopped.wait(0.01):
            started = time.monotonic()
            cursor.execute(self.sql)
            self.longest = max(self.longest, time.monotonic() - started)

    def stop(self) -> None:
        """End it, and its connection."""
        self._stopped.set()
        self.join()
        self._connection.close()


class Migrating:
    """A migrate that goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """process: with its output in a pipe."""
        self._process = process

    def check(self) -> None:
        """Wait for its end. Raises MeasureError unless it succeeded."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise MeasureError(output)


def migrate(folder: Path, target: str) -> Migrating:
    """Start migrate of the app shop."""
    words = [sys.executable, "-m", "django", "migrate", "shop", target]
    variables = environment({"DJANGO_SETTINGS_MODULE": "stall_settings", "PYTHONPATH": str(folder)})
    return Migrating(
        subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    )


def write(folder: Path, database: Database, apps: list[str]) -> None:
    """Write the project."""
    package = folder / "shop" / "migrations"
    package.mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "0001_initial.py").write_text(FIRST)
    (package / "0002_p.py").write_text(SECOND)
    (folder / "stall_settings.py").write_text(SETTINGS.format(settings=database.settings, apps=apps))
