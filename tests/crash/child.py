"""Doing something in a process that may be killed."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

SECONDS = 60
"""What no child may take; a stopped one is followed by a wait for the lock of the dead session."""


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do something in a child process and return its answer, with how it ended where it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(SECONDS)
        try:
            answer = work()
        except BaseException:  # noqa: BLE001 - it is told by the parent
            answer = {"ended": "broken", "text": traceback.format_exc(limit=-6)}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {
            "ended": "killed",
            "text": signal.Signals(os.WTERMSIG(status)).name,
            "stopped": os.WTERMSIG(status) == signal.SIGKILL,
        }
    found: dict[str, Any] = json.loads(said)
    return found
