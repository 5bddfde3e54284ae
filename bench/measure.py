"""Measuring whole processes: time, processor time and peak memory of a child."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class MeasureError(Exception):
    """A command that was to be measured did not do its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to measure. codes: the exit codes that mean that it did its work. before: run each time before, not measured."""

    words: Sequence[str | Path]
    cwd: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    codes: Collection[int] = (0,)
    before: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took: seconds on the clock and of the processors (its children's too), peak memory in MiB.

    A child begins as a copy of the one who starts it, so the peak is never below this process's own memory, some 25 MiB.
    """

    seconds: float
    processor: float
    mebibytes: float


def measure(command: Command) -> Cost:
    """Run a command once, in a process of its own."""
    if command.before:
        command.before()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            [*map(str, command.words)],
            cwd=command.cwd,
            env=environment(command.variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = code = os.waitstatus_to_exitcode(status)
        if code not in command.codes:
            output.seek(0)
            text = output.read().decode(errors="replace")
            raise MeasureError(f"{' '.join(map(str, command.words))} ended with exit code {code}:\n{text[-2000:]}")
    # ru_maxrss is in KiB (getrusage(2), Linux).
    return Cost(seconds=seconds, processor=usage.ru_utime + usage.ru_stime, mebibytes=usage.ru_maxrss / 1024)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's environment with bytecode allowed, since Django's own speed depends on it, and with variables."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in left_out} | dict(variables)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        seconds=statistics.median(cost.seconds for cost in costs),
        processor=statistics.median(cost.processor for cost in costs),
        mebibytes=statistics.median(cost.mebibytes for cost in costs),
    )


def alternate(commands: Sequence[Command], rounds: int, warm: bool = True) -> list[Cost]:
    """Measure commands in turns, so that a slow moment of the machine meets all of them; return the median of each.

    warm: run each once before, unmeasured, so that bytecode, caches and the file system's memory are there.
    """
    if warm:
        for command in commands:
            measure(command)
    costs = [[measure(command) for command in commands] for _ in range(rounds)]
    return [median(column) for column in zip(*costs, strict=True)]
