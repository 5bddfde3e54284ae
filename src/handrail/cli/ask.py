"""The question before anything changes."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from handrail.cli.base import Session
from handrail.cli.output import is_terminal, write, write_lines
from handrail.domain.dataclasses import replace
from handrail.domain.outcome import Outcome
from handrail.errors.hr003 import NotConfirmed

Confirm = Callable[[Outcome], None]
"""Shows a plan and returns when it may be carried out; refuses otherwise."""


def confirmation(options: Namespace, session: Session) -> Confirm:
    """Return the question for a command line.

    The plan is shown whatever the answer: as text on standard output, or on standard error where standard output is for another
    program. With --yes nothing is asked; where nobody can answer, the command is refused.
    """

    def confirm(plan: Outcome) -> None:
        stream = sys.stdout if options.format == "text" else sys.stderr
        write(plan, "text", replace(session.form, colour=session.form.colour and stream is sys.stdout), stream)
        write_lines([""], stream)
        if options.yes:
            return
        if not is_terminal(sys.stdin):
            raise NotConfirmed(command=plan.command, reason="the input is not a terminal", typed=session.typed)
        stream.write("Do this? Type yes or no: ")
        stream.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise NotConfirmed(command=plan.command, reason="the answer was not yes", typed=session.typed)

    return confirm
