"""A project whose migrations fail, each written out in its test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cases.migrators import Launcher, Migrator, Project, soon
from tests.databases.small_project import migration
from tests.servers.base import Database, make
from tests.servers.plugin import WHEEL_VERSION, database_names, get_server

ALL = [
    name for name in database_names() if not name.startswith("postgresql") or name in ("postgresql", f"postgresql{WHEEL_VERSION}")
]
POSTGRES = [name for name in ALL if name.startswith("postgresql")]
SERVERS = [name for name in ALL if name != "sqlite"]
FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
]),
"""


class Shop(Project):
    """The app shop with a table of two rows, a and b."""

    def begin(self, rows: Sequence[tuple[str, int]] = (("a", 1), ("b", 2)), **options: Any) -> None:
        """Apply the first migration."""
        self.write(**options)
        self.put("0001_initial", FIRST)
        self.migrate()
        for name, n in rows:
            self.query(f"INSERT INTO shop_thing (name, n, x) VALUES ('{name}', {n}, 'x{n}')")

    def put(self, name: str, operations: str, code: str = "", *, atomic: bool = True) -> None:
        """Write a migration; it depends on the one whose number is one less."""
        before = f"{int(name[:4]) - 1:04}"
        package = self.folder / "shop" / "migrations"
        needed = [("shop", path.stem) for path in package.glob(f"{before}_*.py")]
        text = migration(operations, *needed, code=code)
        if not atomic:
            text = text.replace("(migrations.Migration):\n", "(migrations.Migration):\n    atomic = False\n")
        (package / f"{name}.py").write_text(text)

    def fails(self, *args: str, code: int = 1) -> Migrator:
        """Run migrate, which has to fail."""
        one = self.start(*args)
        assert one.end() == code, one.text
        return one

    def steps(self) -> list[tuple[Any, ...]]:
        """Return name, direction and status of the steps on record, without those of the first migration."""
        return self.query("SELECT name, direction, status FROM handrail_step WHERE name <> '0001_initial' ORDER BY id")

    def values(self, column: str) -> list[Any]:
        """Return a column of all rows."""
        return [value for (value,) in self.query(f"SELECT {column} FROM shop_thing ORDER BY id")]

    def tables(self) -> set[str]:
        """Return the names of the app's tables."""
        sql = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
            "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
        }
        return {name for (name,) in self.query(sql[self.database.vendor]) if "shop" in name}


@pytest.fixture
def shop(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Shop]:
    """The project on the server that the test names."""
    made: list[Database] = []
    server = get_server(request.param)
    try:
        yield Shop(tmp_path, launcher, make(server, made.append))
    finally:
        launcher.clear()
        for one in made:
            server.drop(one.name)


def last_error(migrator: Migrator) -> str:
    """Return the last line of a traceback."""
    return migrator.err.strip().splitlines()[-1]


everywhere = pytest.mark.parametrize("shop", ALL, indirect=True)
on_postgres = pytest.mark.parametrize("shop", POSTGRES, indirect=True)
on_servers = pytest.mark.parametrize("shop", SERVERS, indirect=True)
__all__ = ["Shop", "everywhere", "last_error", "on_postgres", "on_servers", "shop", "soon"]
