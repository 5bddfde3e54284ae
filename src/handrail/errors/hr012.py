"""HR012: a part of the history that this clone does not have."""

from __future__ import annotations

from handrail.errors.base import Refusal


class HistoryNotThere(Refusal):
    """Commits or file contents that are needed are not in this clone.

    Why it matters
    --------------
    In a shallow clone the commit from which two branches grew may be cut off, and in a partial clone the contents of files are
    fetched only when they are asked for. Comparing without them would compare the wrong things.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    Run the command that is shown, and ask the CI service for the whole history (``fetch-depth: 0`` for actions/checkout,
    ``GIT_DEPTH: 0`` on GitLab). ``git fetch --deepen 200`` is often enough where the whole history is large.

    Example
    -------
    ::

        error[HR012]: history not there: the common ancestor of HEAD and origin/main
          next: git fetch --unshallow
    """

    code = "HR012"
    summary = "history not there: {what}"

    def __init__(self, *, what: str, reason: str, help: str, command: str) -> None:
        """what: what is missing; reason: why, or git's words."""
        super().__init__(self.say({"what": what}, notes=(reason,) if reason else (), help=help, command=command))
