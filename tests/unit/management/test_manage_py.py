"""``manage.py handrail``, in a real project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nothing")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["handrail"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "never.sqlite3"}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    (tmp_path / "config.py").write_text(SETTINGS, "utf-8")
    return tmp_path


def manage(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "where", [["--settings", "config"], ["--settings=config", "--pythonpath", "."], ["--settings", "config", "--pythonpath=."]]
)
def test_the_same_commands_with_the_settings_that_manage_py_takes(project: Path, where: list[str]) -> None:
    done = manage(project, "handrail", "explain", *where, "HR110")
    assert done.stderr == ""
    assert done.stdout.startswith("HR110: Two merge migrations")
    assert done.returncode == 0


def test_help_is_handrails_own(project: Path) -> None:
    done = manage(project, "handrail", "conflicts", "--help", "--settings=config")
    assert done.stdout.startswith("usage: python manage.py handrail conflicts [options] [APP ...]\n")
    assert "  python manage.py handrail conflicts --base origin/main\n" in done.stdout
    assert manage(project, "handrail", "--settings=config").stdout.startswith("usage: python manage.py handrail COMMAND")


def test_exit_codes_and_refusals_are_those_of_the_console_script(project: Path) -> None:
    done = manage(project, "handrail", "conflict", "--settings=config")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "  next: python manage.py handrail --help"
    assert not (project / "never.sqlite3").exists()


def test_call_command_takes_the_words_of_the_command_line(project: Path) -> None:
    program = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config'\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('handrail', 'explain', 'HR101')\n"
        "call_command('handrail', 'explain', '--format', 'json', 'HR101')\n"
        "print('and on')\n"
        "call_command('handrail', 'explain', 'HR999')\n"
        "print('never here')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("HR101: ")
    assert '"command": "explain"' in done.stdout
    assert done.stdout.endswith("and on\n")
    assert done.returncode == 2
