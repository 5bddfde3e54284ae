"""What every subcommand has, and the options that all of them take."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NoReturn

from handrail.cli.output import terminal_width
from handrail.domain.dataclasses import dataclass, field
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.report.base import Form

if TYPE_CHECKING:
    from handrail.sources.project import Project

FORMATS = ("text", "json", "github", "gitlab", "sarif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One invocation. typed: the command line as it was typed, without --yes. form: how the output looks.

    registered: whether manage.py has set Django up, so that the app registry says which apps there are.
    """

    root: Path
    typed: str
    form: Form
    registered: bool
    projects: list[Project] = field(default_factory=list, repr=False, compare=False)

    def project(self) -> Project:
        """Return the project that the command is about; nothing of it has been read yet."""
        from handrail.sources.project import Project

        self.projects.append(Project(root=self.root, registered=self.registered))
        return self.projects[-1]

    def close(self) -> None:
        """Keep what was read for the next run."""
        for project in self.projects:
            project.cache.save()


class Command:
    """One subcommand: a subclass lives in a file named after it.

    The first line of its docstring is what the list of commands says of it, the rest its description. examples: command lines
    with what each does.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments; the common ones are there already."""

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Do it."""
        raise NotImplementedError

    @classmethod
    def title(cls) -> str:
        """Return the first line of the docstring, without its full stop."""
        return (cls.__doc__ or "").partition("\n")[0].rstrip(".")


class Parser(argparse.ArgumentParser):
    """A parser that refuses instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse a command line that cannot be parsed."""
        raise Misused(problem=message[:1].lower() + message[1:], command=f"{self.prog} --help")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as everything else; argparse would ask shutil, which takes longer to load than the command line to parse."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_width(sys.stdout) - 2)


def parser_for(command: Command, key: str, program: str) -> Parser:
    """Return the parser of a subcommand, with its examples at the end of the help."""
    parser = Parser(
        prog=f"{program} {key}",
        description=_filled(command.__doc__ or ""),
        epilog=_examples(command, program),
        formatter_class=_Help,
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    parser.usage = " ".join([parser.prog, "[options]", *map(placeholder, positionals(parser))])
    add_common(parser)
    return parser


def positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments that are no options."""
    return [action for action in parser._actions if not action.option_strings]


def placeholder(action: argparse.Action) -> str:
    """Return what stands for the value of an argument: REF, [APP ...], or nothing for a switch."""
    name = str(action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper())
    if action.nargs == 0:
        return ""
    return {"*": f"[{name} ...]", "+": f"{name} [{name} ...]", "?": f"[{name}]"}.get(str(action.nargs), name)


def _filled(text: str) -> str:
    """Fill the paragraphs of a docstring to the terminal, as argparse does with the help of its options."""
    width = terminal_width(sys.stdout) - 2
    return "\n\n".join(textwrap.fill(" ".join(block.split()), width) for block in text.strip().split("\n\n"))


def _examples(command: Command, program: str) -> str:
    lines = [f"  {program} {line}\n      {does}" for line, does in command.examples]
    return "\n".join(["examples:", *lines]) if lines else ""


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of all subcommands."""
    group = parser.add_argument_group("options of all commands")
    group.add_argument("--path", default=".", metavar="DIR", help="the project's root (default: the working folder)")
    group.add_argument("--format", choices=FORMATS, default="text", help="how the result is written (default: text)")
    databases = group.add_mutually_exclusive_group()
    databases.add_argument("--database", metavar="ALIAS", help="the database, where one is needed (default: default)")
    databases.add_argument("--all-databases", action="store_true", help="every database of the settings")
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (default: auto)")
    group.add_argument("--quiet", action="store_true", help="findings alone: no table, no difference, no last line")
    group.add_argument("--yes", action="store_true", help="answer yes to the plan that is shown")
    group.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
