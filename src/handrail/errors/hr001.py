"""HR001: a command line that means nothing."""

from __future__ import annotations

from handrail.errors.base import Refusal


class Misused(Refusal):
    """The command line has an unknown command, an unknown option, or a value that an option does not take.

    Why it matters
    --------------
    Guessing what was meant could change files or a database in a way that nobody asked for.

    What Django does
    ----------------
    The same: its commands stop with a usage line and exit code 2, or 1 for a "CommandError".

    What to do
    ----------
    Read the help of the command that is shown as the next one.

    Example
    -------
    ::

        error[HR001]: usage: unknown command "conflict"
          help: did you mean conflicts?
          next: handrail --help
    """

    code = "HR001"
    summary = "usage: {problem}"

    def __init__(self, *, problem: str, help: str = "", command: str) -> None:
        """problem: what is wrong, lower case; command: what shows the help."""
        super().__init__(self.say({"problem": problem}, help=help, command=command))
