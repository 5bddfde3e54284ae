"""SQLite: no server, a folder of files."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.base import Server, Settings
from tests.servers.run import Run


class SqliteServer(Server):
    """Databases are files in one folder of the run."""

    vendor = "sqlite"

    def __init__(self, run: Run, name: str = "sqlite") -> None:
        self.name = name
        self.run = run
        self.folder = run.folder / "sqlite"
        self.folder.mkdir(exist_ok=True)

    def path(self, database: str) -> Path:
        """Return the file of a database."""
        return self.folder / f"{database}.sqlite3"

    def create(self, database: str, template: str = "") -> None:
        """Make an empty file, or copy a template's."""
        if template:
            shutil.copyfile(self.path(template), self.path(database))
        else:
            self.path(database).touch()

    def drop(self, database: str) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for left in self.folder.glob(f"{database}.sqlite3*"):
            left.unlink(missing_ok=True)

    def keep_template(self, database: str) -> None:
        """Fold the write-ahead log in, so that the file alone is the database."""
        self.query(database, "PRAGMA wal_checkpoint(TRUNCATE)")

    def names(self) -> set[str]:
        """Return the files without their ending."""
        return {path.stem for path in self.folder.glob("*.sqlite3")}

    def settings(self, database: str) -> Settings:
        """Return the entry of Django's DATABASES for a database."""
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(self.path(database))}

    def query(self, database: str, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in autocommit."""
        with contextlib.closing(self.connect(database)) as connection:
            return connection.execute(sql, tuple(parameters)).fetchall()

    def connect(self, database: str) -> Any:
        """Return a connection of the sqlite3 module in autocommit."""
        return sqlite3.connect(self.path(database), isolation_level=None)

    def url(self, database: str) -> str:
        """Return the address, with four slashes as the path is absolute."""
        return f"sqlite:///{self.path(database)}"
