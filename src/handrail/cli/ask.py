"""The question before anything changes."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Protocol

from handrail.cli.base import Session
from handrail.cli.output import is_terminal, write, write_lines
from handrail.domain.dataclasses import replace
from handrail.domain.outcome import Outcome
from handrail.errors.hr003 import NotConfirmed
from handrail.errors.hr623 import NotRestorable


class Confirm(Protocol):
    """Shows a plan and returns when it may be carried out; refuses otherwise. word: what has to be typed, "" for yes."""

    def __call__(self, plan: Outcome, word: str = "") -> None:
        """Show the plan and ask."""


def confirmation(options: Namespace, session: Session) -> Confirm:
    """Return the question for a command line.

    The plan is shown whatever the answer: as text on standard output, or on standard error where standard output is for another
    program. With --yes nothing is asked; where nobody can answer, the command is refused.
    """

    def confirm(plan: Outcome, word: str = "") -> None:
        stream = sys.stdout if options.format == "text" else sys.stderr
        write(plan, "text", replace(session.form, colour=session.form.colour and stream is sys.stdout), stream)
        write_lines([""], stream)
        if options.yes:
            return
        if not is_terminal(sys.stdin):
            raise NotConfirmed(command=plan.command, reason="the input is not a terminal", typed=session.typed)
        stream.write(f"Do this? Type {word} to go on: " if word else "Do this? Type yes or no: ")
        stream.flush()
        answer = sys.stdin.readline().strip().lower()
        if answer not in ({word.lower()} if word else {"y", "yes"}):
            raise NotConfirmed(command=plan.command, reason=f"the answer was not {word or 'yes'}", typed=session.typed)

    return confirm


def naming(options: Namespace, session: Session) -> Callable[[Outcome, str], None]:
    """Return the question of a command that destroys what --yes alone must not: the name of it has to be typed.

    options.replace: the name, where it was given beforehand. Where the name is "", nothing is destroyed, and it asks as
    confirmation does.
    """
    plain = confirmation(options, session)

    def confirm(plan: Outcome, name: str) -> None:
        if not name:
            plain(plan)
            return
        stream = sys.stdout if options.format == "text" else sys.stderr
        write(plan, "text", replace(session.form, colour=session.form.colour and stream is sys.stdout), stream)
        write_lines([""], stream)
        if options.replace is None and is_terminal(sys.stdin):
            stream.write(f"Type the name of the database to replace all that it holds ({name}): ")
            stream.flush()
            given = sys.stdin.readline().strip()
        else:
            given = options.replace
        help = "type the name of the database that is to be replaced, or give it with --replace NAME"
        if given is None:
            raise NotRestorable(problem="nobody can type the name of the database", help=help, command=session.typed)
        if given != name:
            problem = f"{given!r} is not the name of the database, which is {name!r}"
            raise NotRestorable(problem=problem, help=help, command=_unnamed(session.typed))

    return confirm


def _unnamed(typed: str) -> str:
    """Return a command line without the name that was wrong: it asks for the right one."""
    words = shlex.split(typed)
    at = next((at for at, word in enumerate(words) if word.startswith("--replace")), len(words))
    return shlex.join([*words[:at], *words[at + (1 if "=" in "".join(words[at : at + 1]) else 2) :]])
