"""The process in which a proof runs: python -m handrail.execution.proof_worker, JSON on standard input and output.

It imports the project's code and runs it, so it is started for one proof and ends with it. Standard input holds one request;
every line of standard output is one report. What the project's code prints goes to standard error, and what it asks for on
standard input is not there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

Report = Callable[..., None]


class StoppedError(BaseException):
    """The proof is to end now; no Exception, so that the code of a migration does not catch it by accident."""


def main() -> None:
    """Read the request, run the proof, report."""
    request = json.loads(sys.stdin.buffer.read())
    report = _take_streams()
    signal.signal(signal.SIGTERM, _stop)
    from handrail.execution.proof_settings import SettingsError, configure

    try:
        notes = configure(request)
    except SettingsError as error:
        report("settings", error=str(error))
        return
    for note in notes:
        report("note", text=note)
    from handrail.execution.proof_orders import prove_orders

    prove_orders(request, report)


def _stop(_number: int, _frame: object) -> None:
    raise StoppedError


def _take_streams() -> Report:
    """Keep standard output for reports alone, and leave nothing to read on standard input."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def report(event: str, **facts: Any) -> None:
        output.write(json.dumps({"event": event, **facts}) + "\n")
        output.flush()

    return report


if __name__ == "__main__":
    main()
