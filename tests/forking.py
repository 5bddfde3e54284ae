"""Python processes that are forked from one that has imported Django and Handrail, which takes most of the time of a new one."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from tests.git_sandbox import SETTINGS


class ForkServer:
    """The process that others are forked from."""

    def __init__(self, **variables: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="handrail-forks-")
        self._lock = threading.Lock()
        self._numbers = count()
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DJANGO_"))}
        self.variables |= {**SETTINGS, **variables}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fork_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.variables,
        )
        assert self._read() == "ready\n"

    def enter(self, folder: Path) -> None:
        """Set Django up with a project's settings, so that all that is started from now on begins with that."""
        self._ask({"enter": str(folder)})

    def start(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str], output: Path, errors: Path) -> int:
        """Start Python, and return its pid; what it writes is added to the two files."""
        output.touch()
        errors.touch()
        places = {"output": str(output), "errors": str(errors), "folder": str(folder)}
        pid: int = self._ask({"arguments": list(arguments), "variables": dict(variables), **places})
        return pid

    def code(self, pid: int) -> int | None:
        """Return the exit code of a process, less than 0 for a signal; None while it runs."""
        found: int | None = self._ask({"ended": pid})
        return found

    def run(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str, str]:
        """Run Python to its end; return its exit code, less than 0 for a signal, and what it wrote to both streams."""
        output, errors = (Path(self._folder.name, f"{kind}-{next(self._numbers)}") for kind in ("out", "err"))
        pid = self.start(arguments, folder, variables, output, errors)
        self._wait(pid)
        code = self.code(pid)
        assert code is not None
        said = (code, output.read_text(), errors.read_text())
        output.unlink()
        errors.unlink()
        return said

    def close(self) -> None:
        """End it; what it has started goes on."""
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait(10)
        self._folder.cleanup()

    def _wait(self, pid: int) -> None:
        descriptor = os.pidfd_open(pid)
        try:
            select.select([descriptor], [], [])
        finally:
            os.close(descriptor)

    def _ask(self, question: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(f"{json.dumps(question)}\n")
            self._process.stdin.flush()
            return json.loads(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@cache
def fork_server() -> ForkServer:
    """Return the one of this process; it ends with it."""
    return ForkServer()
