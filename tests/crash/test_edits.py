"""Stopped at every step of writing, a project is brought back byte for byte."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from handrail.errors.base import Refusal
from handrail.execution.edit_records import STARTED, UNDOING, Records
from handrail.execution.edits import apply, undo
from tests.unit.execution.test_edits import EDITS, content

STEPS = ("fsync", "replace", "rename", "unlink", "chmod", "open", "rmdir")
"""The calls of the system that change something, or make it last."""


def fill(root: Path) -> None:
    folder = root / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0002_b.py").write_bytes(b"b\r\n")
    (folder / "0003_c.py").write_bytes(b"\xef\xbb\xbfc\n")
    (folder / "gone.py").write_bytes(b"gone")
    (folder / "max_migration.txt").write_bytes(b"0003_c\n")
    (folder / "0002_b.py").chmod(0o640)


def stopped_at(stop: int, what: str, root: Path) -> int:
    """Run in a process of its own that is killed before its step number stop; return its status. 0 stops nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a runner of tests may have threads; the child uses none of them
        child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    count = 0

    def counted(function: Callable) -> Callable:
        def step(*arguments, **keywords):
            nonlocal count
            count += 1
            if count == stop:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **keywords)

        return step

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    try:
        apply(EDITS, root) if what == "apply" else undo(root)
        os._exit(min(count, 255))
    finally:
        os._exit(0)


def steps(what: str, tmp_path: Path) -> int:
    """Return how many steps there are: what a run that is not stopped counts."""
    root = tmp_path / "whole"
    fill(root)
    if what == "undo":
        apply(EDITS, root)
    return os.waitstatus_to_exitcode(stopped_at(0, what, root))


@pytest.mark.parametrize("what", ["apply", "undo"])
def test_stopped_at_every_step(what, tmp_path):
    count = steps(what, tmp_path)
    assert count > 20
    seen = set()
    for stop in range(1, count + 1):
        root = tmp_path / str(stop)
        fill(root)
        before = content(root)
        if what == "undo":
            apply(EDITS, root)
        assert os.waitstatus_to_exitcode(stopped_at(stop, what, root)) == -signal.SIGKILL
        last = Records.of(root.resolve()).last()
        seen.add(last.status if last else "none")
        if last is not None and last.status in (STARTED, UNDOING):
            with pytest.raises(Refusal, match="the edits of resolve were not finished"):
                apply([], root)
        if last is not None:
            undo(root)
        assert content(root) == before, stop
    assert seen == ({"none", "started", "done"} if what == "apply" else {"done", "undoing", "none"})
