"""Stopping migrations from a test: one process a server, which lasts as long as the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.migrations import ALL, EVERYWHERE
from tests.crash.table import keep
from tests.servers.plugin import WHEEL_VERSION, database_names

ROOT = Path(__file__).parents[2]
MAIN = [
    name for name in database_names() if not name.startswith("postgresql") or name in ("postgresql", f"postgresql{WHEEL_VERSION}")
]
"""One server of every kind; the others are for the large run."""


def vendor_of(server: str) -> str:
    """Return what Django calls the kind of a server."""
    return next(vendor for vendor in EVERYWHERE if server.startswith(vendor.replace("mysql", "mariadb")))


class Forges:
    """Starts one process for each server, and asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[str]] = {}
        for label, case in ALL.items():
            place = folder / label / "migrations"
            place.mkdir(parents=True)
            for package in (place, place.parent):
                (package / "__init__.py").touch()
            for name, text in case.files().items():
                (place / f"{name}.py").write_text(text)

    def stop(self, server: str, label: str, points: str = "few") -> list[dict[str, Any]]:
        """Stop a migration in both directions, and return a tally of each; see tests.crash.points for points."""
        process = self._process(server)
        assert process.stdin is not None
        process.stdin.write(json.dumps({"label": label, "points": points}) + "\n")
        process.stdin.flush()
        tallies = self._answer(process)
        assert "broken" not in tallies, tallies["broken"]
        for direction, tally in tallies.items():
            keep(server, f"{label}-{direction}-{points}", tally)
        return list(tallies.values())

    def _process(self, server: str) -> subprocess.Popen[str]:
        if server not in self.processes:
            argument = json.dumps({"server": server, "folder": str(self.folder)})
            command = [sys.executable, "-m", "tests.crash.forge", argument]
            made = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.processes[server] = made
            assert self._answer(made) == {"ready": True}
        return self.processes[server]

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        found: dict[str, Any] = json.loads(process.stdout.readline())
        return found

    def close(self) -> None:
        """End all; each drops its database."""
        for process in self.processes.values():
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                stream.close()
            process.wait(30)


@pytest.fixture(scope="session")
def forges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forges]:
    """The processes of a run of tests."""
    made = Forges(tmp_path_factory.mktemp("stopped"))
    yield made
    made.close()


def assert_recovered(tallies: list[dict[str, Any]], *, asks: bool | None = False) -> None:
    """Every stop ended exactly before or after, or where it cannot be told at a question with nothing done twice.

    asks: whether there was such a question; None: either way.
    """
    problems = [problem for tally in tallies for problem in tally["problems"]]
    assert not problems, "\n".join(map(str, problems))
    for tally in tallies:
        assert tally["stops"] == tally["before"] + tally["after"] + tally["asked"] > 0
        assert (tally["person"], tally["lost"]) == (0, 0)
        assert asks is None or bool(tally["asked"]) == asks
