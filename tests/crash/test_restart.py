"""A server that goes down while a migration runs, and comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.migrators import GATE, Launcher, launcher
from tests.cases.shop import Shop
from tests.servers import mariadb, postgresql, process
from tests.servers.base import Database, Server, make
from tests.servers.plugin import WHEEL_VERSION
from tests.servers.run import Address, Run

__all__ = ["launcher"]
CODE = """

def forwards(apps, editor):
    things = apps.get_model("shop", "Thing").objects
    things.update(n=models.F("n") * 2)
    gate()
    things.update(n=models.F("n") + 1)
"""


class Falling:
    """A private server that a test can take down, as when its machine stops, and bring back."""

    def __init__(self, kind: str, run: Run) -> None:
        label = f"{kind}-falling"
        self.address = run.server(label, lambda folder: self._first(kind, folder, run))
        made = {"postgresql": postgresql.PostgresServer, "mariadb": mariadb.MariadbServer}[kind]
        self.server: Server = made(run, label, self.address)
        self.signal = {"postgresql": signal.SIGQUIT, "mariadb": signal.SIGKILL}[kind]

    def _first(self, kind: str, folder: Path, run: Run) -> Address:
        if kind == "mariadb":
            return mariadb.start(folder, durable=True)
        return postgresql.start(postgresql.binaries_of(WHEEL_VERSION, run), folder, durable=True)

    def falls(self) -> list[str]:
        """End it at once, and return what starts it."""
        assert self.address.pid is not None
        words = Path(f"/proc/{self.address.pid}/cmdline").read_text().rstrip("\0").split("\0")
        process.end(self.address.pid, self.signal)
        return [word for word in words if not word.startswith("--init-file")]

    def comes_back(self, command: list[str]) -> None:
        """Start it on the data that it has."""
        answers = {"postgresql": postgresql._answers, "mysql": mariadb._answers}[self.server.vendor]
        folder = Path(self.address.folder)
        process.start(command, folder, folder.with_suffix(".log"), lambda: answers(self.address))


@pytest.fixture(params=["postgresql", "mariadb"])
def falling(request: pytest.FixtureRequest) -> Falling:
    """One of each kind."""
    return Falling(request.param, Run.of_environment())


@pytest.fixture
def shop(falling: Falling, launcher: Launcher, tmp_path: Path) -> Iterator[Shop]:
    """A project on it."""
    made: list[Database] = []
    yield Shop(tmp_path, launcher, make(falling.server, made.append))
    launcher.clear()
    for one in made:
        falling.server.drop(one.name)


def test_a_server_that_goes_down_and_comes_back(falling: Falling, shop: Shop):
    shop.begin()
    shop.put(
        "0002_p",
        'migrations.AddField("thing", "p", models.IntegerField(null=True)),\nmigrations.RunPython(forwards),',
        GATE + CODE,
    )
    one = shop.start()
    shop.reached(one)
    command = falling.falls()
    shop.go()
    assert one.end() != 0
    falling.comes_back(command)
    again = shop.migrate()
    assert "run 2 was interrupted while applying shop.0002_p" in again.err
    assert shop.things() == [3, 5]
    assert shop.columns() == {"id", "name", "n", "x", "p"}
    assert shop.records() == ["0001_initial", "0002_p"]
