"""The pytest plugin that prints what became of all stops, one line for each kind of database, when the tests are over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.servers.run import Run

COLUMNS = {
    "stops": "stops",
    "before": "ended before",
    "after": "ended after",
    "asked": "asked, as it must",
    "person": "needed a person",
    "lost": "lost rows",
}


def keep(server: str, name: str, tally: Mapping[str, Any]) -> None:
    """Write down what is to be printed, by a name of its own; the processes of pytest-xdist share the folder of the run."""
    folder = Run.of_environment().folder / "stopped"
    folder.mkdir(exist_ok=True)
    numbers = {name: tally[name] for name in COLUMNS}
    (folder / f"{name}-{server}.json").write_text(json.dumps({"server": server, **numbers}))


def lines(run: Run) -> list[str]:
    """Return the table, [] where nothing was stopped."""
    sums: dict[str, dict[str, int]] = {}
    migrations: dict[str, int] = {}
    for path in sorted((run.folder / "stopped").glob("*.json")):
        one = json.loads(path.read_text())
        server = one.pop("server")
        migrations[server] = migrations.get(server, 0) + 1
        sums[server] = {name: sums.get(server, {}).get(name, 0) + one[name] for name in COLUMNS}
    if not sums:
        return []
    rows = [["database", "migrations", *COLUMNS.values()]]
    rows += [[server, str(migrations[server]), *(str(found[name]) for name in COLUMNS)] for server, found in sorted(sums.items())]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(f"{cell:{'<' if at == 0 else '>'}{widths[at]}}" for at, cell in enumerate(row)) for row in rows]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    if hasattr(config, "workerinput"):
        return
    found = lines(Run.of_environment())
    if found:
        terminalreporter.section("migrations stopped anywhere, and recovered")
        for line in found:
            terminalreporter.write_line(line)
