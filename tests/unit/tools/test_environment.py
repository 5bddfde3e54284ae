"""An environment is made once, and again when what it is made of changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment, quiet


def test_an_environment_for_the_tests_is_good_for_everything(tmp_path: Path) -> None:
    python = Path(sys.executable)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(python)
    environment.finish(tmp_path, [environment.digest(each, "", python) for each in environment.PURPOSES])
    assert environment.up_to_date(tmp_path, environment.digest("use", "", python))
    assert not environment.up_to_date(tmp_path, environment.digest("use", "5.2", python))
    assert not environment.up_to_date(tmp_path, environment.digest("use", "", Path("/usr/bin/python3")))


def test_an_environment_whose_python_has_gone_is_made_again(tmp_path: Path) -> None:
    python = Path(sys.executable)
    environment.finish(tmp_path, [environment.digest("use", "", python)])
    assert not environment.up_to_date(tmp_path, environment.digest("use", "", python))


def test_each_purpose_gets_what_it_needs() -> None:
    assert environment.requirements("use") == ["-e", str(environment.ROOT)]
    for_tests = environment.requirements("test")
    assert for_tests[:2] == ["-e", f"{environment.ROOT}[postgres,mysql,backup]"]
    assert any(requirement.startswith("pytest==") for requirement in for_tests)
    assert not any(requirement.startswith("pytest==") for requirement in environment.requirements("check"))


def test_every_tool_is_pinned() -> None:
    pins = {line.partition("==")[0] for line in environment.CONSTRAINTS.read_text().splitlines()}
    tools = [requirement.partition("==")[0] for requirement in environment.requirements("test")[2:]]
    assert [tool for tool in tools if tool not in pins] == []


def test_a_download_is_tried_again(tmp_path: Path) -> None:
    script = "import pathlib, sys; log = pathlib.Path(sys.argv[1]); log.open('a').write('x'); sys.exit(len(log.read_text()) < 3)"
    environment.run_patiently([sys.executable, "-W", "ignore", "-c", script, tmp_path / "log"])
    assert (tmp_path / "log").read_text() == "xxx"


def test_a_download_that_keeps_failing_is_said(tmp_path: Path) -> None:
    with pytest.raises(environment.EnvironmentNotMadeError, match=r"failed: no network$"):
        environment.run_patiently([sys.executable, "-c", "import sys; sys.exit('no network')"], tries=1)


def test_debian_without_venv_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3.11 && exit\necho "ensurepip is not available"; exit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr("tools.system_packages.administrator", lambda: None)
    line = "a virtual environment needs Debian's packages python3.11-venv: apt-get install python3.11-venv"
    with pytest.raises(environment.EnvironmentNotMadeError) as caught:
        environment.make(tmp_path / "venv", python)
    assert str(caught.value) == line


def test_quiet_shows_what_fails_alone(capfd: pytest.CaptureFixture[str]) -> None:
    assert quiet.main([sys.executable, "-c", "print('fine')"]) == 0
    assert capfd.readouterr().out == ""
    assert quiet.main([sys.executable, "-c", "print('broken'); raise SystemExit(3)"]) == 3
    assert capfd.readouterr().out == "broken\n"


def test_help_names_every_target() -> None:
    done = subprocess.run(["make", "-C", environment.ROOT, "help"], capture_output=True, text=True, check=True)
    listed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  make ")]
    targets = "help demo test test-projects test-crash test-versions matrix check reference bench clean"
    assert listed == targets.split()
