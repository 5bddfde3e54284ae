"""The unit and case parts of the suite on other versions of Python and Django, each in an environment under .venvs.

python3 tools/matrix.py [--tested INTERPRETER] PYTHON:DJANGO...
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import environment, interpreters

PARTS = ("tests/unit", "tests/cases")
DJANGO = "import django, sys; print('%d.%d' % sys.version_info[:2] + ':%d.%d' % django.VERSION[:2])"


def cell_of(interpreter: Path) -> str:
    """Return the versions of Python and Django of an environment, such as 3.13:6.1, or "" where there is none."""
    try:
        done = subprocess.run([interpreter, "-c", DJANGO], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def test(cell: str, workers: str, databases: str) -> int:
    """Run the parts on one pair of versions; return pytest's exit code, 0 with one line where the Python is missing.

    databases: those that tests of all databases are run on, "" for all.
    """
    python, _, django = cell.partition(":")
    title = f"python {python}, django {django}"
    if interpreters.find(python) is None:
        print(f"{title}: not tested, python {python} is not on this machine", flush=True)
        return 0
    folder = environment.ROOT / ".venvs" / f"python{python}-django{django}"
    environment.prepare(folder, "test", python, django)
    print(f"{title}: {' '.join(PARTS)}", flush=True)
    command = [str(folder / "bin" / "python"), "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", *PARTS]
    variables = {**os.environ, **({"HANDRAIL_TEST_DATABASES": databases} if databases else {})}
    return subprocess.run(command, cwd=environment.ROOT, check=False, stdin=subprocess.DEVNULL, env=variables).returncode


def main(arguments: Sequence[str]) -> int:
    """Test each pair of versions that the whole suite did not run on; return 1 where a test failed."""
    parser = argparse.ArgumentParser(description="test on other versions of Python and Django")
    parser.add_argument("cells", nargs="+", metavar="PYTHON:DJANGO")
    parser.add_argument("--tested", type=Path, help="the interpreter the whole suite ran on: its versions are left out")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--databases", default="", help="those that tests of all databases are run on, such as sqlite")
    options = parser.parse_args(arguments)
    tested = cell_of(options.tested) if options.tested else ""
    try:
        codes = [test(cell, options.workers, options.databases) for cell in options.cells if cell != tested]
    except environment.EnvironmentNotMadeError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
