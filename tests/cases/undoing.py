"""What the tests of rollbacks compare: all that is in a database, and the catalogue without names that are made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from handrail import databases, registry
from handrail.databases.base import Backend, CatalogueObject
from tests.cases.migrators import Launcher, launcher
from tests.cases.shop import ALL, POSTGRES, Shop
from tests.databases.small_project import migration
from tests.servers.base import Database, make
from tests.servers.plugin import get_server

OWN = ("handrail_", "django_", "sqlite_", "hrk_")
THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
]),
"""


class Undoing(Shop):
    """A project whose migrations are taken back."""

    def up(self, *operations: str, first: str = THING, rows: Sequence[str] = (), code: str = "", **options: Any) -> None:
        """Apply the first migration and those given, 0002_x and so on; then run statements."""
        self.write(**options)
        self.write_files(first, *operations, code=code)
        self.migrate()
        for row in rows:
            self.query(row)

    def write_files(self, *texts: str, code: str = "") -> None:
        """Write the migrations alone."""
        package = self.folder / "shop" / "migrations"
        names = ["0001_initial", *(f"{number:04}_x" for number in range(2, len(texts) + 1))]
        for number, text in enumerate(texts):
            needed = [("shop", names[number - 1])] if number else []
            (package / f"{names[number]}.py").write_text(migration(text, *needed, code=code))

    def refused(self, target: str = "0001", *words: str) -> str:
        """Take back, which has to be refused with nothing changed; return what is said as one line."""
        before = self.everything()
        one = self.fails("shop", target, *words, code=2)
        assert self.everything() == before
        return " ".join(one.err.split())

    def down(self, target: str = "0001") -> str:
        """Take back, and return what is said on standard error as one line."""
        return " ".join(self.migrate("shop", target).err.split())

    def catalogue(self) -> list[CatalogueObject]:
        """All objects of the project as the catalogue has them."""
        backend = registry.load(databases, Backend, self.database.vendor)()  # type: ignore[type-abstract]
        with closing(self.database.server.connect(self.database.name)) as connection, closing(connection.cursor()) as cursor:
            found = backend.catalogue(cursor)
        return sorted(one for one in found if not f"{one.table or one.name}".startswith(OWN) and one.kind != "extension")

    def without_made_up_names(self, objects: Sequence[CatalogueObject] | None = None) -> list[tuple[str, ...]]:
        """The catalogue, without the names that Django or the database made up."""
        backend = registry.load(databases, Backend, self.database.vendor)()  # type: ignore[type-abstract]
        found = self.catalogue() if objects is None else objects
        return sorted((one.table, one.kind, "" if backend.is_generated(one.name) else one.name, one.definition) for one in found)

    def everything(self) -> tuple[Any, ...]:
        """The catalogue, the rows of all tables, and what is recorded."""
        found = self.catalogue()
        tables = sorted({one.table for one in found if one.kind == "table"})
        rows = {table: sorted(map(repr, self.query(f"SELECT * FROM {table}"))) for table in tables if "." not in table}
        return found, rows, self.records()


def project(name: str, launcher: Launcher, folder: Path) -> Iterator[Undoing]:
    """A project on the server of a name."""
    made: list[Database] = []
    server = get_server(name)
    try:
        yield Undoing(folder, launcher, make(server, made.append))
    finally:
        launcher.clear()
        for one in made:
            server.drop(one.name)


@pytest.fixture(params=ALL)
def undo(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Undoing]:
    """The project on every database in turn, or on the one that the test names."""
    yield from project(request.param, launcher, tmp_path)


on_postgres = pytest.mark.parametrize("undo", POSTGRES, indirect=True)
on_sqlite = pytest.mark.parametrize("undo", ["sqlite"], indirect=True)
on_mariadb = pytest.mark.parametrize("undo", ["mariadb"], indirect=True)
__all__ = ["THING", "Undoing", "launcher", "on_mariadb", "on_postgres", "on_sqlite", "undo"]
