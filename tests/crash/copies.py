"""What a database was at some moments, to be had again without doing all again that led there."""

from __future__ import annotations

from tests.servers.base import Server


class Copies:
    """The copies of one database. Nobody may be connected to it while one is made or brought back."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database
        self.names: set[str] = set()

    def keep(self, name: str) -> None:
        """Make a copy of the database as it is now."""
        copy = f"{self.database}_{name}"
        self.server.keep_template(self.database)
        self.server.create(copy, self.database)
        self.server.keep_template(copy)
        self.names.add(name)

    def bring_back(self, name: str) -> None:
        """Put a copy in the place of the database."""
        self.server.drop(self.database)
        self.server.create(self.database, f"{self.database}_{name}")

    def forget(self) -> None:
        """Drop all copies."""
        for name in self.names:
            self.server.drop(f"{self.database}_{name}")
        self.names.clear()
