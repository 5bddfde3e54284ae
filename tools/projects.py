"""Environments with a real project in each, for tests/projects and the bench: CPython 3.12, the pins of its requirements.txt.

python3 tools/projects.py NAME...
"""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import environment, interpreters

PROJECTS = environment.ROOT / "tests" / "projects"
VENVS = environment.ROOT / ".venvs"
PYTHON = "3.12"
"""The version the pins were resolved for."""
BESIDE = ("sqlglot", "mysqlclient")
"""What Handrail needs beside a project's own packages: to read SQL, and to run the project on MariaDB."""


def python_of(name: str) -> Path:
    """Return the interpreter of a project's environment, made first where it is missing or its pins have changed.

    Safe to call from several processes at once. Raises environment.EnvironmentNotMadeError with one line for a person.
    """
    VENVS.mkdir(exist_ok=True)
    folder = VENVS / name
    with (VENVS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _prepare(folder, PROJECTS / name / "requirements.txt")
    return folder / "bin" / "python"


def packages_beside() -> Path:
    """Return the folder of the packages of BESIDE, for the import path of any project; see python_of."""
    VENVS.mkdir(exist_ok=True)
    folder = VENVS / "beside"
    with (VENVS / "beside.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(folder, "the tests of real projects", environment.CONSTRAINTS, ["-c", environment.CONSTRAINTS, *BESIDE])
    (packages,) = (folder / "lib").glob("python*/site-packages")
    return packages


def _prepare(folder: Path, pins: Path) -> None:
    # The pins are complete; what a project asks for beside them (drivers that have to be compiled, say) is not wanted.
    _make(folder, pins.parent.name, pins, ["-r", pins])


def _make(folder: Path, who: str, depends_on: Path, words: Sequence[str | Path]) -> None:
    """Make an environment unless it is up to date. words: what the installer is told, beside that nothing else is wanted."""
    wanted = hashlib.sha256(depends_on.read_bytes()).hexdigest()
    if environment.up_to_date(folder, wanted):
        return
    interpreter = interpreters.find(PYTHON)
    if interpreter is None:
        raise environment.EnvironmentNotMadeError(f"{who} needs python {PYTHON}, which is not on this machine")
    if "mysqlclient" in words:
        environment.need(interpreter, "mysqlclient")
    environment.make(folder, interpreter)
    environment.run_patiently([*environment.installer(folder), "--no-deps", *words])
    environment.finish(folder, [wanted])


def main(names: Sequence[str]) -> int:
    """Prepare the environments of projects and print their interpreters."""
    for name in names:
        try:
            print(python_of(name))
        except environment.EnvironmentNotMadeError as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
