"""HR010: git is not installed."""

from __future__ import annotations

from handrail.errors.base import Refusal


class GitNotFound(Refusal):
    """The program git cannot be started.

    Why it matters
    --------------
    Handrail reads other branches with the git program that is already there. The folder is in a git repository, so an answer
    without git would leave out what the other branches hold.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    Install git (``apt-get install git``, or your system's way), or put the folder that holds it on PATH. In a slim container
    image, add it to the image that runs the check.

    Example
    -------
    ::

        error[HR010]: git is not there: tried to start git
    """

    code = "HR010"
    summary = "git is not there: tried to start {program}"

    def __init__(self, *, program: str, reason: str) -> None:
        """program: what was started; reason: the system's words."""
        super().__init__(self.say({"program": program}, notes=(reason,), help="install git, or put it on PATH"))
