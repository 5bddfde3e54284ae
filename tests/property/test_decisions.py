"""Whatever is decided to be independent is: both orders are really run, with rows.

The default run is short and the same every time; HYPOTHESIS_PROFILE=long looks further, with other examples each time.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from handrail.conflicts.decide import decide
from handrail.domain.conflict import Verdict
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.sources.files import read_snapshot
from tests.property.operations import BASE, side

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FLOOR = 0.15
"""The least share of independent pairs among all that could be run: with fewer, the test would say nothing."""
PROFILE = settings(
    max_examples=3000 if LONG else 250,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
Files = Sequence[Sequence[str]]


LEFT_OUT = {"AlterIndexTogether"}
"""Since Django 5.1 rebuilding a table on SQLite loses what this makes (DatabaseSchemaEditor._remake_table), in any order."""


def every_operation() -> set[str]:
    """Return the names of all operations of django.db.migrations."""
    from django.db import migrations
    from django.db.migrations.operations.base import Operation

    return {name for name, value in vars(migrations).items() if isinstance(value, type) and issubclass(value, Operation)}


class MemoryTree:
    """Files that are nowhere but in memory."""

    ref = ""

    def __init__(self, files: Files) -> None:
        self.files = {f"{app}/__init__.py": b"" for app, _, _ in files} | {
            f"{app}/migrations/__init__.py": b"" for app, _, _ in files
        }
        self.files |= {f"{app}/migrations/{name}.py": text.encode() for app, name, text in files}

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {path: self.files[path] for path in paths if path in self.files}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {}


class Process:
    """The process that runs pairs."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.property.both_orders"]
        self.popen = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, ours: Files, theirs: Files) -> dict[str, Any]:
        """Run both orders."""
        assert self.popen.stdin and self.popen.stdout
        self.popen.stdin.write(json.dumps({"base": BASE, "ours": ours, "theirs": theirs}) + "\n")
        self.popen.stdin.flush()
        answer: dict[str, Any] = json.loads(self.popen.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    started = Process()
    yield started
    started.popen.communicate()


def verdict_on(ours: Files, theirs: Files) -> Verdict:
    """Read the files and decide."""
    snapshot = read_snapshot(MemoryTree([*BASE, *ours, *theirs]))
    assert snapshot.findings == ()
    graph = MigrationGraph.build(snapshot.migrations)
    base, mine, yours = (
        [snapshot.migrations[MigrationKey(app, name)] for app, name, _ in files] for files in (BASE, ours, theirs)
    )
    return decide(base, mine, yours, ordered=graph.is_ordered)[0]


def shown(ours: Files, theirs: Files, result: Mapping[str, Any]) -> str:
    """Return a counterexample as a person would write it down."""
    texts = [f"# {app}.{name}\n{text}" for app, name, text in (*ours, *theirs)]
    return "\n".join([*texts, json.dumps(result, indent=1)])


def test_what_is_independent_runs_in_both_orders_and_ends_in_one_place(process: Process):
    counts: Counter[str] = Counter()
    unseen = every_operation() - LEFT_OUT

    @PROFILE
    @given(ours=side("a"), theirs=side("b"))
    def check(ours: Files, theirs: Files) -> None:
        assume(ours and theirs)
        unseen.difference_update(re.findall(r"migrations\.(\w+)\(", "".join(text for *_, text in (*ours, *theirs))))
        verdict = verdict_on(ours, theirs)
        if verdict is not Verdict.INDEPENDENT:
            counts[verdict] += 1
            return
        result = process.run(ours, theirs)
        assume(not result["alone"])
        counts[verdict] += 1
        assert not result["errors"] and not result["differences"], shown(ours, theirs, result)

    check()
    print(dict(counts))
    assert unseen == set()
    assert counts[Verdict.INDEPENDENT] >= FLOOR * counts.total(), counts
