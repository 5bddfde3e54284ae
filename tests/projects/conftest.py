"""Real projects, each installed once in an environment of its own, and what Django's loader says of each."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools import interpreters, projects
from tools.environment import EnvironmentNotMadeError

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent


@dataclass(frozen=True, kw_only=True)
class Project:
    """An installed project: its name, its Python, and the folder its packages are installed in."""

    name: str
    python: Path
    site_packages: Path
    loaded: dict[str, Any]


def install(name: str) -> Path:
    """Return the Python of a project's environment, made from its requirements where it is missing or they have changed."""
    try:
        return projects.python_of(name)
    except EnvironmentNotMadeError as failure:
        if interpreters.find(projects.PYTHON) is None:
            pytest.skip(str(failure))
        raise


def run(command: list[str], **variables: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Project:
    name: str = request.param
    python = install(name)
    (site_packages,) = (python.parent.parent / "lib").glob("python*/site-packages")
    import_path = os.pathsep.join(map(str, (HERE / name, HERE, CHECKOUT / "src")))
    answer = run(
        [str(python), str(HERE / "probe.py"), str(site_packages)],
        PYTHONPATH=import_path,
        DJANGO_SETTINGS_MODULE="settings",
    )
    return Project(name=name, python=python, site_packages=site_packages, loaded=json.loads(answer))
