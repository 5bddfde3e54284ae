"""Whatever migrations do, and whenever rows are written: there and back, every value is what it has to be, and so is the schema.

The default run is short and the same every time; HYPOTHESIS_PROFILE=long looks further, with other examples each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.property.chains import chains
from tests.servers.base import Database

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FEW, MANY = 10, 500
FLOOR = 0.5
"""The least share of moves that were not refused: with fewer, the test would say nothing."""


class Process:
    """The process that runs chains."""

    def __init__(self, database: Database) -> None:
        chosen = {"default": database.settings, "fresh": database.fresh().settings}
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "tests.property.chain_runner"],
            cwd=ROOT,
            env={**os.environ, "CHAIN_DATABASES": json.dumps(chosen)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, chain: dict[str, Any]) -> dict[str, Any]:
        """Go through a chain."""
        assert self.popen.stdin and self.popen.stdout
        self.popen.stdin.write(json.dumps(chain) + "\n")
        self.popen.stdin.flush()
        answer: dict[str, Any] = json.loads(self.popen.stdout.readline())
        return answer


@contextmanager
def process_on(database: Database) -> Iterator[Process]:
    started = Process(database)
    try:
        yield started
    finally:
        started.popen.communicate()


def shown(chain: dict[str, Any], problems: list[str]) -> str:
    """Return a counterexample as a person would write it down."""
    texts = [f"# {number:04}_m\n{text}" for number, text in enumerate(chain["migrations"], 1)]
    return "\n".join([*texts, *map(str, chain["moves"]), *problems])


def go_through(database: Database, examples: int) -> None:
    """Let chains run, and hold what is found."""
    counts: Counter[str] = Counter()
    profile = settings(
        max_examples=MANY if LONG else examples,
        derandomize=not LONG,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with process_on(database) as process:

        @profile
        @given(chain=chains())
        def check(chain: dict[str, Any]) -> None:
            answer = process.run(chain)
            counts["went"] += answer["went"]
            counts.update(answer["refused"])
            assert not answer["problems"], shown(chain, answer["problems"])

        check()
    print(dict(counts))
    assert counts["went"] >= FLOOR * counts.total(), counts


def test_what_was_written_is_there_again(sqlite_database: Database):
    go_through(sqlite_database, FEW)


@pytest.mark.large
@pytest.mark.timeout(7200)
def test_what_was_written_is_there_again_on_every_database(database: Database):
    go_through(database, 5 * FEW)
