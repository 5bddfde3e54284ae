"""Measuring on every database that can be had, each with the servers of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from bench import table
from bench.measure import MeasureError
from tests.servers.process import MissingServerError
from tests.servers.run import VARIABLE, Run


def on_servers(
    names: Sequence[str], head: Sequence[str], scratch: Path, measure: Callable[[str, Path], Iterable[list[str]]]
) -> Iterator[str]:
    """Yield a table with the rows that measure returns for each; one that cannot be had is named in a line below it."""
    rows: list[list[str]] = []
    left_out = []
    run = Run.begin()
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(run.folder)
    try:
        for name in names:
            try:
                rows += measure(name, scratch)
            except (MissingServerError, MeasureError) as failure:
                left_out.append(f"{name}: not measured: {str(failure).splitlines()[-1]}")
    finally:
        run.end()
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before
    yield from table.lines(head, rows)
    yield from left_out
