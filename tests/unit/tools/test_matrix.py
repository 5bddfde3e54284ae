"""The matrix leaves out what was tested already, and says what it cannot test."""

import sys
from pathlib import Path

import django
import pytest

from tools import environment, interpreters, matrix

OWN = "{}.{}:{}.{}".format(*sys.version_info[:2], *django.VERSION[:2])


def test_what_the_whole_suite_ran_on_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.main(["--tested", sys.executable, OWN]) == 0
    assert capsys.readouterr().out == ""


def test_a_python_that_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.main(["3.99:6.1"]) == 0
    assert capsys.readouterr().out == "python 3.99, django 6.1: not tested, python 3.99 is not on this machine\n"


def test_a_failure_on_one_pair_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str, str]] = []
    failing = tmp_path / ".venvs" / "python3.98-django5.2" / "bin" / "python"
    failing.parent.mkdir(parents=True)
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "prepare", lambda folder, *rest: made.append(rest))
    monkeypatch.setattr(interpreters, "find", lambda version: Path(sys.executable) if version == "3.98" else None)
    assert matrix.main(["3.97:5.2", "3.98:5.2"]) == 1
    assert made == [("test", "3.98", "5.2")]


def test_an_interpreter_without_django_is_no_pair(tmp_path: Path) -> None:
    assert matrix.cell_of(tmp_path / "none") == ""
    assert matrix.cell_of(Path(sys.executable)) == OWN
