"""What every command does alike: parsing, help, formats, refusals, and ending without a traceback."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from handrail import __version__, registry
from handrail.cli import commands
from handrail.cli.base import Command
from handrail.cli.commands.explain import Explain
from handrail.cli.run import run
from handrail.domain.finding import Finding, Severity
from handrail.domain.outcome import Outcome

HANDRAIL = [sys.executable, "-m", "handrail"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HANDRAIL_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(self: Explain, options: object, session: object) -> None:
        raise error

    monkeypatch.setattr(Explain, "run", fail)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_the_overview_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: handrail COMMAND [options]\n")
    assert " conflicts Find migration conflicts in one tree or between branches " in " ".join(text.split())
    assert text.endswith("exit codes: 0 clean or done, 1 findings, 2 refused or misused, 3 stopped part-way\n")
    assert [key for key in registry.names(commands) if f"\n  {key} " not in text] == []


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"handrail {__version__}\n"


@pytest.mark.parametrize("key", registry.names(commands))
def test_every_command_explains_itself_with_examples_that_parse(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    from handrail.cli.base import parser_for

    assert run([key, "--help"], "manage.py handrail") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: manage.py handrail {key} [options]")
    assert f"\nexamples:\n  manage.py handrail {key}" in text
    assert all(len(line) <= 80 for line in text.splitlines() if not line.startswith("  manage.py"))
    command = registry.load(commands, Command, key)
    for line, does in command.examples:
        words = line.replace("'", "").replace("%L", "7").split()
        assert words[0] == key
        parser_for(command(), key, "handrail").parse_args(words[1:])
        assert does[0].islower()


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["conflict"],
            ['error[HR001]: usage: unknown command "conflict"', "  help: did you mean conflicts?", "  next: handrail --help"],
        ),
        (
            ["zzz"],
            [
                'error[HR001]: usage: unknown command "zzz"',
                "  help: name one of the commands that the help lists",
                "  next: handrail --help",
            ],
        ),
        (
            ["--yes", "resolve"],
            [
                "error[HR001]: usage: unknown option --yes before the command",
                "  help: options come after the command",
                "  next: handrail --help",
            ],
        ),
        (["explain", "--nope"], ["error[HR001]: usage: unrecognized arguments: --nope", "  next: handrail explain --help"]),
        (
            ["explain", "--for"],
            ["error[HR001]: usage: unrecognized arguments: --for", "  next: handrail explain --help"],
        ),
        (
            ["conflicts", "--base", "a", "--all-branches"],
            [
                "error[HR001]: usage: argument --all-branches: not allowed with argument --base",
                "  next: handrail conflicts --help",
            ],
        ),
        (
            ["explain", "HR110x"],
            ['error[HR001]: usage: unknown code "HR110x"', "  help: did you mean HR110?", "  next: handrail explain"],
        ),
        (
            ["explain", "--path", "nowhere"],
            [
                "error[HR002]: no-folder: nowhere does not exist",
                "  help: name the project's root, the folder of manage.py",
                "  next: handrail explain HR002",
            ],
        ),
    ],
)
def test_a_misuse_is_refused_with_what_to_type(
    arguments: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == lines
    assert captured.out == ""


def test_a_path_that_is_a_file_or_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert run(["explain", "--path", "file"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error[HR002]: no-folder: file is not a folder"
    assert run(["explain", "--path", "a" * 300]) == 2
    assert capsys.readouterr().err.splitlines()[2] == "    cannot be read: File name too long"


def test_a_refusal_is_written_in_the_format_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "HR999", "--format", "json"]) == 2
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["version"], found["command"], found["exit"]) == (1, "explain", 2)
    assert found["findings"][0]["code"] == "HR001"
    assert captured.err == ""
    assert run(["conflictz", "--format=github"]) == 2
    assert capsys.readouterr().out.startswith('::error title=HR001 error::usage: unknown command "conflictz"%0Ahelp:')
    assert run(["explain", "--format"]) == 2
    assert capsys.readouterr().err.startswith("error[HR001]: usage: argument --format: expected one argument")


def test_a_mistake_of_ours_is_a_finding_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, KeyError("shop"))
    assert run(["explain", "--yes"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error[HR900]: bug: KeyError: 'shop'"
    assert lines[1].startswith(f"  note: at {__file__}:") or lines[2].strip().startswith(__file__)
    assert f"  note: handrail {__version__}, Python {sys.version.split()[0]}, {sys.platform}" in lines
    assert lines[-1] == "  next: HANDRAIL_DEBUG=1 handrail explain"
    raising(monkeypatch, AssertionError())
    assert run(["explain"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error[HR900]: bug: AssertionError"


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DEBUG", "1")
    raising(monkeypatch, KeyError("shop"))
    with pytest.raises(KeyError):
        run(["explain"])


@pytest.mark.parametrize(
    ("command", "program", "path", "typed"),
    [
        ("handrail resolve shop", "handrail", ".", "handrail resolve shop"),
        ("handrail resolve shop", "handrail", "a b", "handrail resolve shop --path 'a b'"),
        ("handrail resolve shop --path x", "handrail", "x", "handrail resolve shop --path x"),
        ("handrail explain HR101", "handrail", "x", "handrail explain HR101"),
        ("handrail --help", "python manage.py handrail", "x", "python manage.py handrail --help"),
        ("handrail resolve", "python manage.py handrail", ".", "python manage.py handrail resolve"),
        ("git fetch origin", "python manage.py handrail", "x", "git fetch origin"),
        ("", "handrail", "x", ""),
    ],
)
def test_the_next_command_can_be_typed_as_it_stands(
    command: str,
    program: str,
    path: str,
    typed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding = Finding(code="HR101", severity=Severity.ERROR, message="m", command=command)
    monkeypatch.setattr(Explain, "run", lambda self, options, session: Outcome(command="explain", exit=1, findings=(finding,)))
    if path != ".":
        (tmp_path / path).mkdir()
    assert run(["explain", "--path", path, "--format", "json"], program) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["command"] == typed


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, KeyboardInterrupt())
    assert run(["explain"]) == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -m handrail explain | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "2"}  # 0 where the pipe took everything before its reader went


def test_a_real_ctrl_c_leaves_no_traceback() -> None:
    with subprocess.Popen(
        [*HANDRAIL, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.endswith("interrupted\n")


HEAVY = {"django", "libcst", "sqlglot", "rich", "sqlite3", "subprocess", "asyncio", "difflib", "handrail.api"}


def loaded(*arguments: str) -> tuple[set[str], list[str]]:
    """Return the heavy modules and the commands that a command line loads."""
    program = "import sys; from handrail.cli.run import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    modules = done.stderr.split()
    return HEAVY & set(modules), sorted(name for name in modules if name.startswith("handrail.cli.commands."))


def test_only_the_command_that_was_asked_for_is_loaded() -> None:
    assert loaded("explain", "HR101") == (set(), ["handrail.cli.commands.explain"])


@pytest.mark.parametrize("key", registry.names(commands))
def test_no_command_loads_much_before_it_runs(key: str) -> None:
    assert loaded(key, "--help") == (set(), [f"handrail.cli.commands.{key.replace('-', '_')}"])


@pytest.mark.parametrize(
    ("choice", "variables", "coloured"),
    [("always", {"NO_COLOR": "1"}, True), ("never", {}, False), ("auto", {}, False)],
)
def test_colours_come_when_they_are_asked_for(
    choice: str, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["explain", "nothing", "--color", choice]) == 2
    assert ("\x1b[" in capsys.readouterr().err) is coloured


def test_letters_that_the_terminal_does_not_have_are_escaped() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*HANDRAIL, "explain", "é"], capture_output=True, env=environment, check=False)
    assert done.stderr.startswith(b'error[HR001]: usage: unknown code "\\xe9"')


def test_the_console_script_and_the_module_are_one(capfd: pytest.CaptureFixture[str]) -> None:
    script = Path(sys.executable).with_name("handrail")
    for command in ([str(script)], HANDRAIL):
        subprocess.run([*command, "--version"], check=True)
        assert capfd.readouterr().out == f"handrail {__version__}\n"


@pytest.mark.parametrize(("columns", "width"), [("", 61), ("70", 70), ("7", 40), ("1000", 120), ("wide", 61)])
def test_the_width_is_that_of_the_terminal_within_reason(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from handrail.cli.output import terminal_width

    monkeypatch.setenv("COLUMNS", columns)
    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs, "w") as stream:
        fcntl.ioctl(stream, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 61, 0, 0))
        assert terminal_width(stream) == width
    assert terminal_width(io.StringIO()) == 80


def test_a_closed_output_is_no_terminal() -> None:
    from handrail.cli.output import is_terminal

    stream = io.StringIO()
    stream.close()
    assert not is_terminal(stream)
    assert not is_terminal(None)
