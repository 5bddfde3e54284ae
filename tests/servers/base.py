"""What every kind of server can do: the interface the fixtures are written against."""

from __future__ import annotations

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from tests.servers.run import Address, Run

Settings = dict[str, Any]
"""One entry of Django's DATABASES."""


class Server(ABC):
    """One server of this run, or SQLite, which is a folder of files.

    name: the fixture's id, such as postgresql18. vendor: what Django calls connection.vendor: sqlite, postgresql or mysql.
    """

    name: str
    vendor: str
    run: Run

    @abstractmethod
    def create(self, database: str, template: str = "") -> None:
        """Make an empty database, or a copy of one that keep_template kept."""

    @abstractmethod
    def drop(self, database: str) -> None:
        """Drop a database, also one that is in use or not there."""

    @abstractmethod
    def keep_template(self, database: str) -> None:
        """Make a database that is complete now ready to be copied by create."""

    @abstractmethod
    def names(self) -> set[str]:
        """Return the names of all databases on the server that its user may see."""

    @abstractmethod
    def settings(self, database: str) -> Settings:
        """Return the entry of Django's DATABASES for a database."""

    @abstractmethod
    def query(self, database: str, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own in autocommit and return its rows, if it has any."""

    @abstractmethod
    def connect(self, database: str) -> Any:
        """Return a DB-API connection in autocommit, of the driver Django uses."""

    @abstractmethod
    def url(self, database: str) -> str:
        """Return the database's address as one string."""


class Database:
    """A database of one test, dropped when the test is over.

    name: its name on the server; for SQLite its file's path.
    """

    def __init__(self, server: Server, name: str, register: Callable[[Database], None]) -> None:
        self.server = server
        self.name = name
        self._register = register
        register(self)

    @property
    def vendor(self) -> str:
        """Django's word for the kind of database."""
        return self.server.vendor

    @property
    def url(self) -> str:
        """The address as one string."""
        return self.server.url(self.name)

    @property
    def settings(self) -> Settings:
        """The entry of Django's DATABASES."""
        return self.server.settings(self.name)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own in autocommit and return its rows, if it has any."""
        return self.server.query(self.name, sql, parameters)

    def fresh(self) -> Database:
        """Return another empty database on the same server, dropped with this one."""
        return make(self.server, self._register)

    def from_template(self, key: str, build: Callable[[Settings], None]) -> Database:
        """Return a copy of a database that is built once in a run.

        key names what is built (make it from the content); build fills the empty database whose settings it is given and
        leaves no connection open.
        """
        template = self.server.run.template_prefix + hashlib.sha256(key.encode()).hexdigest()[:16]

        def once() -> None:
            self.server.drop(template)
            self.server.create(template)
            build(self.server.settings(template))
            self.server.keep_template(template)

        self.server.run.once(f"{self.server.name}-{template}", once)
        return make(self.server, self._register, template)


def make(server: Server, register: Callable[[Database], None], template: str = "") -> Database:
    """Make a database with a name nobody else uses."""
    name = f"handrail_test_{secrets.token_hex(6)}"
    server.create(name, template)
    return Database(server, name, register)


def render(scheme: str, address: Address, database: str) -> str:
    """Write an address as a URL."""
    return f"{scheme}://{quote(address.user)}:{quote(address.password)}@{address.host}:{address.port}/{quote(database)}"
