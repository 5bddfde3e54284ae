"""From a command line to an exit code: find the command, run it, and write what it has to say."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from handrail import __version__, registry
from handrail.cli import commands
from handrail.cli.base import FORMATS, Command, Parser, Session, parser_for
from handrail.cli.output import form_of, show, terminal_width, write_lines
from handrail.domain.dataclasses import replace
from handrail.domain.outcome import REFUSED, Outcome
from handrail.errors.base import Refusal
from handrail.errors.hr001 import Misused
from handrail.errors.hr002 import NoSuchFolder
from handrail.errors.hr900 import Bug

HELP = frozenset({"-h", "--help", "help"})


def run(arguments: Sequence[str], program: str = "handrail", registered: bool = False) -> int:
    """Run one command line and return its exit code; no exception comes out, unless HANDRAIL_DEBUG is set."""
    try:
        return _run(list(arguments), program, registered)
    except KeyboardInterrupt as interrupt:
        from handrail.api.signals import exit_code

        print("\ninterrupted", file=sys.stderr)
        return exit_code(interrupt)
    except BrokenPipeError:
        return _reader_gone()


def _run(arguments: list[str], program: str, registered: bool) -> int:
    try:
        if not arguments or arguments[0] in HELP:
            return _overview(program)
        if arguments[0] == "--version":
            write_lines([f"handrail {__version__}"], sys.stdout)
            return 0
        return _command(arguments, program, registered)
    except Refusal as refusal:
        return _refused(refusal, arguments, program)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        if os.environ.get("HANDRAIL_DEBUG"):
            raise
        return _refused(_bug(error, arguments, program), arguments, program)


def _command(arguments: list[str], program: str, registered: bool) -> int:
    key, rest = arguments[0], arguments[1:]
    command = _load(key, program)()
    try:
        options = parser_for(command, key, program).parse_args(rest)
    except SystemExit:  # argparse has written the help
        return 0
    root = _root(options.path)
    form = form_of(options, root)
    session = Session(root=root, typed=_typed(arguments, program), form=form, registered=registered)
    try:
        outcome = command.run(options, session)
        show(_typeable(outcome, program, options.path), options.format, form)
    finally:
        session.close()
    return outcome.exit


def _load(key: str, program: str) -> type[Command]:
    try:
        return registry.load(commands, Command, key)
    except LookupError:
        from difflib import get_close_matches

        near = get_close_matches(key, registry.names(commands), n=1, cutoff=0.5)
        problem = f"unknown option {key} before the command" if key.startswith("-") else f'unknown command "{key}"'
        help = "name one of the commands that the help lists"
        if near or key.startswith("-"):
            help = f"did you mean {near[0]}?" if near else "options come after the command"
        raise Misused(problem=problem, help=help, command=f"{program} --help") from None


def _root(path: str) -> Path:
    """Return the project's root. Raises NoSuchFolder."""
    root = Path(path)
    try:
        if not root.is_dir():
            raise NoSuchFolder(path=path, problem="is not a folder" if root.exists() else "does not exist")
        next(root.iterdir(), None)
    except OSError as error:
        raise NoSuchFolder(path=path, problem=f"cannot be read: {error.strerror}") from error
    return root


def _typed(arguments: Sequence[str], program: str) -> str:
    return shlex.join([*program.split(), *(word for word in arguments if word != "--yes")])


def _typeable(outcome: Outcome, program: str, path: str) -> Outcome:
    """Return an outcome whose next commands can be typed as they stand, here and by the same program."""
    findings = tuple(replace(finding, command=_command_here(finding.command, program, path)) for finding in outcome.findings)
    return replace(outcome, findings=findings)


def _command_here(command: str, program: str, path: str) -> str:
    words = command.split(" ")
    if words[0] != "handrail" or len(words) < 2:
        return command
    somewhere = path != "." and words[1] in registry.names(commands) and words[1] != "explain" and "--path" not in words
    return " ".join([program, *words[1:], *(["--path", shlex.quote(path)] if somewhere else [])])


def _overview(program: str) -> int:
    """List the commands. Each is imported for its first line, so none may import much at its top."""
    found = registry.discover(commands, Command)
    width = max(map(len, found), default=0)
    lines = [f"usage: {program} COMMAND [options]", "", "commands:"]
    indent = " " * (width + 4)
    for key, command in found.items():
        lines += textwrap.wrap(f"  {key.ljust(width)}  {command.title()}", terminal_width(sys.stdout), subsequent_indent=indent)
    lines += ["", f"{program} COMMAND --help   options and examples", f"{program} --version        the version", ""]
    lines += ["exit codes: 0 clean or done, 1 findings, 2 refused or misused, 3 stopped part-way"]
    write_lines(lines, sys.stdout)
    return 0


def _refused(refusal: Refusal, arguments: Sequence[str], program: str) -> int:
    """Write a refusal in the format that was asked for, even where the command line could not be parsed."""
    options = _output_options(arguments)
    outcome = Outcome(command=_named(arguments), exit=refusal.exit_code, findings=refusal.findings)
    show(_typeable(outcome, program, options.path), options.format, form_of(options, Path(options.path)))
    return refusal.exit_code


def _output_options(arguments: Sequence[str]) -> Namespace:
    """Read the options that decide how the output looks, and pass over everything else."""
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--format", default="text")
    parser.add_argument("--color", default="auto")
    parser.add_argument("--path", default=".")
    parser.add_argument("--quiet", action="store_true")
    try:
        options, _ = parser.parse_known_args([*arguments])
    except Refusal:
        options = parser.parse_args([])
    options.format = options.format if options.format in FORMATS else "text"
    return options


def _named(arguments: Sequence[str]) -> str:
    return arguments[0] if arguments and arguments[0] in registry.names(commands) else ""


def _bug(error: Exception, arguments: Sequence[str], program: str) -> Bug:
    import platform

    words = str(error)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "an unknown place"
    notes = [
        f"at {place}",
        f"handrail {__version__}, Python {platform.python_version()}, {sys.platform}",
    ]
    problem = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return Bug(problem=problem, notes=notes, typed=_typed(arguments, program))


def _reader_gone() -> int:
    """End quietly when the reader of a pipe has gone away.

    Standard output is led away first, or the interpreter's own flush at the end fails again (Python documentation, signal,
    "Note on SIGPIPE").
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return REFUSED
