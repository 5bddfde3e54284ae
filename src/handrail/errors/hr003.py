"""HR003: a plan that nobody said yes to."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NotConfirmed(Refusal):
    """A command showed its plan and got no yes to it, so it changed nothing.

    Why it matters
    --------------
    Files and databases change only after somebody has seen what will happen to them.

    What Django does
    ----------------
    Commands that ask, such as ``flush``, fail with "EOFError" where there is nobody to answer; ``migrate`` never
    asks.

    What to do
    ----------
    Run the command in a terminal and answer. In a script, read the plan with ``--dry-run`` first, and then give
    ``--yes``.

    Example
    -------
    ::

        error[HR003]: not-confirmed: handrail resolve changed nothing (the input is not a terminal)
    """

    code = "HR003"
    summary = "not-confirmed: handrail {command} changed nothing ({reason})"

    def __init__(self, *, command: str, reason: str, typed: str) -> None:
        """command: the subcommand; reason: why there was no yes; typed: the whole command line, to be typed again."""
        help = "read the plan above, then run it in a terminal and answer yes, or add --yes"
        super().__init__(self.say({"command": command, "reason": reason}, help=help, command=typed))
