"""Interpreters are found where they run, not where a file has their name."""

import sys
from pathlib import Path

import pytest

from tools import interpreters

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_version_is_what_the_interpreter_says(tmp_path: Path) -> None:
    assert interpreters.version_of(Path(sys.executable)) == OWN
    assert interpreters.version_of(tmp_path / "none") == ""


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "python3.99", "exit 127")
    right = program(tmp_path / "pyenv/versions/3.99.1/bin", "python", "echo 3.99")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert interpreters.find("3.99") == right


def test_the_newest_supported_version_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = program(tmp_path, "python3.99", "echo 3.99")
    program(tmp_path, "python3.98", "echo 3.98")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(interpreters, "SUPPORTED", ("3.100", "3.99", "3.98"))
    assert interpreters.newest() == ("3.99", newer)


def test_no_supported_version_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "SUPPORTED", ("3.100",))
    assert interpreters.newest() is None
