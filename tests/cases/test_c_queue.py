"""Locks of the application in the way of a migration (C06, C06b, C06c, C14)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.cases.migrators import MIGRATIONS, Migrator, Project, launcher, postgres_project, project, soon, sqlite_project
from tests.databases.small_project import migration
from tests.servers.base import Database

__all__ = ["launcher", "postgres_project", "project", "sqlite_project"]
READ = "SELECT count(*) FROM shop_thing"
MIGRATIONS["0002_two_tables"] = migration(
    """
    migrations.AddField("other", "p", models.IntegerField(default=7)),
    migrations.AddField("thing", "p", models.IntegerField(default=7)),
    """,
    ("shop", "0001_two"),
)
MIGRATIONS["0001_two"] = migration(
    """
    migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0))]),
    migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0))]),
    """
)


def execute(connection: Any, *statements: str) -> None:
    """Run statements on a driver's connection."""
    cursor = connection.cursor()
    for sql in statements:
        cursor.execute(sql)
        if cursor.description:
            cursor.fetchall()
    cursor.close()


@contextmanager
def held(database: Database, *statements: str) -> Iterator[Any]:
    """Have a transaction of the application open that did something."""
    connection = database.server.connect(database.name)
    try:
        execute(connection, *statements)
        yield connection
    finally:
        connection.close()


class Reader(threading.Thread):
    """Reads the table again and again, and keeps how long the longest one took."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.longest, self.reads, self.database = 0.0, 0, database
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            started = time.monotonic()
            self.database.query(READ)
            self.longest, self.reads = max(self.longest, time.monotonic() - started), self.reads + 1
            time.sleep(0.01)

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.join()


def pending(project: Project, name: str) -> None:
    project.write("0001_initial")
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n) VALUES ('a', 1)")
    project.add(name)


def tries(migrator: Migrator) -> list[str]:
    return [line for line in migrator.err.splitlines() if line.startswith("a lock was not free in time")]


def said(migrator: Migrator) -> str:
    """Return what it wrote to standard error as one line."""
    return " ".join(migrator.err.split())


def blocker(database: Database, lock: str = "AccessShareLock", what: str = READ) -> str:
    """Return what is said of the one in the way, as a pattern."""
    if database.vendor == "sqlite":
        return re.escape(f"session unknown, holds a lock on {database.settings['NAME']}")
    if database.vendor == "mysql":
        return r"session \d+ of handrail on 127\.0\.0\.1, idle in transaction for \d+ s"
    who = r"session \d+ of handrail on 127\.0\.0\.1, idle in transaction for \d+ s, "
    return who + re.escape(f"holds {lock} on shop_thing: {what}")


def test_c06_readers_do_not_queue_behind_a_migration_that_waits(project: Project):
    pending(project, "0002_p")
    with held(project.database, "BEGIN", READ) as application, Reader(project.database) as reader:
        migrator = project.start("--lock-timeout", "200")
        soon(lambda: len(tries(migrator)) >= 3, text=lambda: migrator.text)
        assert migrator.code is None
        execute(application, "COMMIT")
        assert migrator.end() == 0, migrator.text
    for number, line in enumerate(tries(migrator), start=2):
        who = rf"{blocker(project.database)}(, and 1 more)?"  # the reader, where it was just reading
        pattern = f"a lock was not free in time: {who}; try {number} in " + r"\d+\.\d s"
        assert re.fullmatch(pattern, line), line
    assert reader.reads > 10
    assert reader.longest < (2.5 if project.database.vendor == "mysql" else 1.5)
    assert project.records() == ["0001_initial", "0002_p"]
    assert project.query("SELECT name, n, p FROM shop_thing") == [("a", 1, 7)]


def test_c06_at_the_end_of_the_time_nothing_is_changed(project: Project):
    pending(project, "0002_p")
    with held(project.database, "BEGIN", READ):
        migrator = project.start("--lock-timeout", "200", "--lock-wait", "2")
        assert migrator.end() == 2, migrator.text
        assert "p" not in project.columns()
    what = {"sqlite": "the journal", "mysql": r"ALTER TABLE `shop_thing` ADD COLUMN `p` .*"}.get(
        project.database.vendor, "shop.0002_p"
    )
    pattern = rf"CommandError: error\[HR302\]: queue: {what} did not get its lock on default \(\d+ tries in [12] s\) note: "
    assert re.search(pattern + blocker(project.database), said(migrator)), migrator.err
    assert project.records() == ["0001_initial"]
    assert project.migrate().out.endswith("Applying shop.0002_p... OK\n")
    assert project.query("SELECT name, n, p FROM shop_thing") == [("a", 1, 7)]


def test_c06b_a_writer_of_more_than_five_seconds(sqlite_project: Project):
    pending(sqlite_project, "0002_p")
    with held(sqlite_project.database, "BEGIN IMMEDIATE", "UPDATE shop_thing SET n = 5") as application:
        migrator = sqlite_project.start("--lock-timeout", "200")
        soon(lambda: len(tries(migrator)) >= 2, text=lambda: migrator.text)
        time.sleep(max(0, migrator.started + 6.5 - time.monotonic()))
        assert migrator.code is None, migrator.text
        execute(application, "COMMIT")
        assert migrator.end() == 0, migrator.text
    assert sqlite_project.query("SELECT name, n, p FROM shop_thing") == [("a", 5, 7)]
    assert sqlite_project.records() == ["0001_initial", "0002_p"]


def test_c06b_a_writer_that_does_not_end(sqlite_project: Project):
    pending(sqlite_project, "0002_p")
    with held(sqlite_project.database, "BEGIN IMMEDIATE", "UPDATE shop_thing SET n = 5"):
        migrator = sqlite_project.start("--lock-timeout", "200", "--lock-wait", "1")
        assert migrator.end() == 2, migrator.text
    note = f"note: session unknown, holds a lock on {sqlite_project.database.settings['NAME']} note: database is locked"
    assert "error[HR302]: queue: the journal did not get its lock on default (" in said(migrator)
    assert note in said(migrator)
    assert sqlite_project.records() == ["0001_initial"]
    sqlite_project.migrate()
    assert sqlite_project.query("SELECT name, n, p FROM shop_thing") == [("a", 1, 7)]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_c06c_a_reader_while_a_migration_commits(sqlite_project: Project, mode: str):
    sqlite_project.query(f"PRAGMA journal_mode = {mode}")
    pending(sqlite_project, "0002_p")
    with held(sqlite_project.database, "BEGIN", READ) as application:
        migrator = sqlite_project.start("--lock-timeout", "200")
        if mode == "delete":
            soon(lambda: len(tries(migrator)) >= 2, text=lambda: migrator.text)
            execute(application, "COMMIT")
        assert migrator.end() == 0, migrator.text
    assert sqlite_project.records() == ["0001_initial", "0002_p"]
    assert sqlite_project.query("SELECT name, n, p FROM shop_thing") == [("a", 1, 7)]


def test_c14_two_tables_in_the_other_order_than_the_application(postgres_project: Project):
    import psycopg

    project = postgres_project
    project.write("0001_two")
    project.migrate()
    project.query("INSERT INTO shop_thing (n) VALUES (1)")
    project.add("0002_two_tables")
    with held(project.database, "BEGIN", READ) as application:
        migrator = project.start("--lock-timeout", "20000")
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'shop_thing'::regclass"
        soon(lambda: project.query(waits) == [(1,)], text=lambda: migrator.text)
        with suppress(psycopg.errors.DeadlockDetected):  # the server ends one of the two, whichever notices first
            execute(application, "SELECT count(*) FROM shop_other")
        application.close()
    assert migrator.end() == 0, migrator.text
    assert project.records() == ["0001_two", "0002_two_tables"]
    assert project.query("SELECT n, p FROM shop_thing") == [(1, 7)]
