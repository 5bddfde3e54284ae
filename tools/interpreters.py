"""Finding the Python interpreters of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SUPPORTED = ("3.13", "3.12", "3.11")
"""The versions of Python that Handrail supports, the newest first."""

QUESTION = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> Iterator[Path]:
    """Yield where an interpreter of a version may be: this one, PATH, pyenv's versions, /usr/bin."""
    yield Path(sys.executable)
    for name in (f"python{version}", "python3", "python"):
        if found := shutil.which(name):
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python"), reverse=True)
    yield Path("/usr/bin") / f"python{version}"


def version_of(interpreter: Path) -> str:
    """Return an interpreter's version, such as 3.13, or "" where it does not run (pyenv's shims often do not)."""
    try:
        done = subprocess.run([interpreter, "-c", QUESTION], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def find(version: str) -> Path | None:
    """Return an interpreter of a version that runs, or None."""
    return next((path for path in candidates(version) if version_of(path) == version), None)


def newest() -> tuple[str, Path] | None:
    """Return the newest supported version that is here and its interpreter, or None."""
    found = ((version, find(version)) for version in SUPPORTED)
    return next(((version, path) for version, path in found if path), None)
