"""Servers whose disk is full in the middle of a migration (D13): a file system of a few megabytes, which they alone see."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.migrators import Launcher, launcher
from tests.cases.shop import Shop
from tests.servers import mariadb, postgresql, process
from tests.servers.base import Database, Server
from tests.servers.plugin import WHEEL_VERSION
from tests.servers.run import Address, Run

__all__ = ["launcher"]
SMALL = "small"
MEGABYTES = 24
ENDED = {"postgresql": "failed", "mysql": "unwound"}
WORDS = {"failed": "failed, and nothing of it is left", "unwound": "failed, and what was done of it was taken back"}
SAID = {"postgresql": "could not extend file", "mysql": "is full"}


def seeing_a_small_disk(command: list[str | Path], place: Path) -> list[str | Path]:
    """Return what runs a command as its own user with a small file system at a place (unshare(1), util-linux 2.38).

    Mounting asks for a user namespace in which the user is root, which PostgreSQL refuses: it gets another one inside.
    """
    mount = f'mount -t tmpfs -o size={MEGABYTES}m,mode=0700 tmpfs "$0" && exec unshare --user --map-user=1000 --map-group=1000 -- "$@"'
    return ["unshare", "--user", "--mount", "--map-root-user", "sh", "-c", mount, place, *command]


class Cramped:
    """A private server with a database on a small file system."""

    def __init__(self, kind: str, run: Run) -> None:
        self.kind, label = kind, f"{kind}-cramped"
        self.address = run.server(label, lambda folder: self._first(folder, run))
        made = {"postgresql": postgresql.PostgresServer, "mariadb": mariadb.MariadbServer}[kind]
        self.server: Server = made(run, label, self.address)

    def _first(self, folder: Path, run: Run) -> Address:
        """Make a server, and start it again where it sees the small file system."""
        if self.kind == "mariadb":
            address, place = mariadb.start(folder), folder / "data" / SMALL
        else:
            address, place = postgresql.start(postgresql.binaries_of(WHEEL_VERSION, run), folder), folder / SMALL
        assert address.pid is not None
        words = Path(f"/proc/{address.pid}/cmdline").read_text().rstrip("\0").split("\0")
        process.end(address.pid, signal.SIGTERM)
        process.give(place)
        command = seeing_a_small_disk([word for word in words if not word.startswith("--init-file")], place)
        answers = postgresql._answers if self.kind == "postgresql" else mariadb._answers
        pid = process.start(command, folder, folder.with_suffix(".log"), lambda: answers(address))
        return replace(address, pid=pid)

    def database(self) -> Database:
        """Make the database on the small file system: MariaDB takes the folder for one already."""
        if self.kind == "postgresql":
            self.server.query("postgres", f"CREATE TABLESPACE {SMALL} LOCATION '{self.address.folder}/{SMALL}'")
            self.server.query("postgres", f"CREATE DATABASE {SMALL} TABLESPACE {SMALL} TEMPLATE template0 STRATEGY wal_log")
        return Database(self.server, SMALL, lambda _: None)


def fill(shop: Shop) -> None:
    """Use the disk up with rows of no meaning."""
    series = {"postgresql": "generate_series(1, {})", "mysql": "seq_1_to_{}"}[shop.database.vendor]
    shop.query("CREATE TABLE filler (t char(200))")
    for rows in (4000, 400, 40, 4):
        with pytest.raises(Exception, match=SAID[shop.database.vendor]):
            while True:
                shop.query(f"INSERT INTO filler SELECT 'x' FROM {series.format(rows)} AS s")


@pytest.fixture(params=["postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Shop]:
    """A project on it."""
    tried = subprocess.run([*seeing_a_small_disk(["true"], tmp_path)], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"nothing can be mounted here: {tried.stderr.strip()}")
    yield Shop(tmp_path, launcher, Cramped(request.param, Run.of_environment()).database())
    launcher.clear()


@pytest.mark.large
def test_d13_a_server_whose_disk_is_full(shop: Shop) -> None:
    shop.begin([])
    rows = {"postgresql": "generate_series(1, 20000) AS s(seq)", "mysql": "seq_1_to_20000"}[shop.database.vendor]
    shop.query(f"INSERT INTO shop_thing (name, n, x) SELECT concat('name ', seq), seq, 'xxxxxxxxxxxxxxxxxxxx' FROM {rows}")
    operations = """
    migrations.AddField("thing", "p", models.IntegerField(null=True)),
    migrations.AlterField("thing", "n", models.BigIntegerField(default=0)),
    """
    shop.put("0002_big", operations)
    fill(shop)
    one = shop.fails()
    assert SAID[shop.database.vendor] in one.err
    ended = ENDED[shop.database.vendor]
    assert shop.steps() == [("0002_big", "forward", ended)]
    assert f"run 2: 0 done, shop.0002_big {WORDS[ended]}\n" in one.err
    assert shop.columns() == {"id", "name", "n", "x"}
    assert shop.records() == ["0001_initial"]
    assert shop.query("SELECT COUNT(*), SUM(n) FROM shop_thing") == [(20000, 200010000)]
    shop.query("DROP TABLE filler")
    shop.migrate()
    assert shop.columns() == {"id", "name", "n", "x", "p"}
    assert shop.query("SELECT COUNT(*), SUM(n) FROM shop_thing") == [(20000, 200010000)]
    assert shop.records() == ["0001_initial", "0002_big"]
