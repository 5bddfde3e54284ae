"""Real projects, each installed once in an environment of its own, and what Django's loader says of each."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
ENVIRONMENTS = CHECKOUT / ".venvs"
PYTHON = "3.12"


@dataclass(frozen=True, kw_only=True)
class Project:
    """An installed project: its name, its Python, and the folder its packages are installed in."""

    name: str
    python: Path
    site_packages: Path
    loaded: dict[str, Any]


def install(name: str) -> Path:
    """Return the Python of a project's environment, made from its requirements where it is missing or they have changed."""
    folder, requirements = ENVIRONMENTS / name, HERE / name / "requirements.txt"
    stamp = folder / "installed.txt"
    with locked(name):
        if not stamp.exists() or stamp.read_text() != requirements.read_text():
            uv = find_uv()
            run([uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(folder)])
            python = str(folder / "bin/python")
            run([uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "--requirement", str(requirements)])
            stamp.write_text(requirements.read_text())
    return folder / "bin/python"


def find_uv() -> str:
    found = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip("uv is not installed, which makes the environments of real projects")
    return found


@contextmanager
def locked(name: str) -> Iterator[None]:
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command: list[str], **variables: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Project:
    name: str = request.param
    python = install(name)
    (site_packages,) = (ENVIRONMENTS / name / "lib").glob("python*/site-packages")
    import_path = os.pathsep.join(map(str, (HERE / name, HERE, CHECKOUT / "src")))
    answer = run(
        [str(python), str(HERE / "probe.py"), str(site_packages)],
        PYTHONPATH=import_path,
        DJANGO_SETTINGS_MODULE="settings",
    )
    return Project(name=name, python=python, site_packages=site_packages, loaded=json.loads(answer))
