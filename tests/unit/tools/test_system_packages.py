"""Debian's packages are installed where that is allowed, and named in one line where it is not."""

import os
from pathlib import Path

import pytest

from tests.unit.tools.test_interpreters import program
from tools import system_packages

LINE = "tests needs Debian's packages mariadb-server-core: apt-get install mariadb-server-core"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "env", 'while [ "${1#*=}" != "$1" ]; do shift; done; exec "$@"')
    return tmp_path / "bin"


def test_root_installs_without_questions(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(path, "apt-get", f'echo "$@" >> {path}/log')
    assert system_packages.install(["mariadb-server-core"], "tests") == ""
    assert (path / "log").read_text().splitlines()[0].endswith("install --no-install-recommends mariadb-server-core")
    assert capsys.readouterr().out == "installing mariadb-server-core for tests\n"


def test_lists_are_updated_once_after_a_failure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(
        path, "apt-get", f'echo "$@" >> {path}/log; case "$*" in *update) touch {path}/fresh;; *) test -e {path}/fresh;; esac'
    )
    assert system_packages.install(["mariadb-server-core"], "tests") == ""
    assert [line.split()[-1] for line in (path / "log").read_text().splitlines()] == [
        "mariadb-server-core",
        "update",
        "mariadb-server-core",
    ]


def test_a_failure_of_apt_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(path, "apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
    assert system_packages.install(["mariadb-server-core"], "tests") == f"{LINE} (apt-get failed: E: Unable to locate package)"


@pytest.mark.parametrize("sudo", ["", "exit 1"], ids=["no sudo", "sudo asks for a password"])
def test_without_rights_the_packages_are_named(path: Path, monkeypatch: pytest.MonkeyPatch, sudo: str) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(path))
    program(path, "apt-get", f"touch {path}/log")
    if sudo:
        program(path, "sudo", sudo)
    assert system_packages.install(["mariadb-server-core"], "tests") == LINE
    assert not (path / "log").exists()


def test_sudo_without_a_password_is_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    program(path, "sudo", 'shift; [ "$1" = true ] && exit 0; echo "sudo $*" >> ' + f"{path}/log")
    program(path, "apt-get", "exit 1")
    assert system_packages.install(["mariadb-server-core"], "tests") == ""
    assert "apt-get" in (path / "log").read_text()


def test_what_is_there_is_not_touched(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(system_packages.NEEDS, "here", ((lambda: True, ("never",)),))
    monkeypatch.setitem(system_packages.NEEDS, "absent", ((lambda: False, ("mariadb-server-core",)),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(path))
    assert system_packages.main(["here"]) == 0
    assert system_packages.main(["here", "absent"]) == 1
    assert capsys.readouterr().err == LINE.replace("tests needs", "absent needs") + "\n"


def test_only_what_is_missing_is_asked_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(path, "apt-get", f'echo "$@" >> {path}/log')
    monkeypatch.setattr(system_packages, "has_library", lambda name: False)
    for name in ("cc", "pkg-config"):
        program(path, name, "exit 0")
    assert system_packages.main(["mysqlclient"]) == 0
    assert (path / "log").read_text().rstrip().endswith("install --no-install-recommends libmariadb-dev")
