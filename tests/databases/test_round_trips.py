"""Every operation, on every database: apply, write rows, take back, compare every value; apply again, and compare again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.round_trip_operations import TRIPS, Trip
from tests.git_sandbox import SETTINGS, isolate
from tests.servers.base import Database

UNTOUCHED = {"1", "3"}
"""Rows that nothing was done to since they were there: as they come out of the database, as text."""
BY_CODE = {"coded", "noreverse", "noop", "sql", "sqlonly"}
"""Applied again, these change the rows that were written since too."""
HERE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def untouched(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the rows that were there before, by table and key."""
    return {table: {row["id"]: row for row in rows if row.get("id") in UNTOUCHED} for table, rows in seen["rows"].items() if rows}


def unequal(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """Say which tables and rows differ."""
    tables = {table for table in {*wanted, *found} if wanted.get(table) != found.get(table)}
    return "; ".join(f"{table} is {_only(found, wanted, table)} for {_only(wanted, found, table)}" for table in sorted(tables))


def _only(these: dict[str, Any], those: dict[str, Any], table: str) -> list[Any]:
    others = _list(those, table)
    return [row for row in _list(these, table) if row not in others]


def _list(seen: dict[str, Any], table: str) -> list[Any]:
    rows = seen.get(table, [])
    return list(rows.values()) if isinstance(rows, dict) else rows


def problems(trip: Trip, seen: dict[str, Any]) -> list[str]:
    """Say what is not as it has to be."""
    before, up, down, again = (seen[name][trip.label] for name in ("before", "up", "down", "again"))
    found = []
    if down["schema"] != before["schema"]:
        found.append(f"schema after down: {differing(before['schema'], down['schema'])}")
    if untouched(down) != untouched(before):
        found.append(f"rows after down: {unequal(untouched(before), untouched(down))}")
    if again["schema"] != up["schema"]:
        found.append(f"schema after up again: {differing(up['schema'], again['schema'])}")
    wanted, got = (untouched(each) if trip.label in BY_CODE else each["rows"] for each in (up, again))
    if got != wanted:
        found.append(f"rows after up again: {unequal(wanted, got)}")
    return [f"{trip.label}: {each}" for each in found]


def differing(wanted: list[Any], found: list[Any]) -> str:
    return f"lacks {[each for each in wanted if each not in found]}, has {[each for each in found if each not in wanted]}"


def test_every_operation_down_and_up_again_loses_nothing(tmp_path: Path, database: Database):
    trips = [each for each in TRIPS if database.server.vendor in each.vendors]
    files = {name: text for each in trips for name, text in each.files().items()}
    first = {name: text for name, text in files.items() if name.endswith("0001_initial")}
    labels = [each.label for each in trips]
    project = LiveProject.begin(tmp_path / "project", database, first, INSTALLED_APPS=["handrail", *labels])
    more = {str(project.place(name)): text for name, text in files.items() if name not in first}
    seen = travel(project, {"labels": labels, "more": more})
    found = [each for trip in trips for each in problems(trip, seen)]
    assert not found, "\n".join(found)
    assert "the reverse is not used" not in seen["said"]["down"]


def travel(project: LiveProject, asked: dict[str, Any]) -> dict[str, Any]:
    """Run the trips in the project, in one process."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.databases.round_trip"],
        cwd=project.path,
        env={**os.environ, **SETTINGS, "DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": str(HERE)},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
