"""HR011: a ref that git does not know."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class RefNotFound(Refusal):
    """A branch, tag or commit that was asked for is not in this clone.

    Why it matters
    --------------
    Without the other side there is nothing to compare, and an empty comparison would look like success.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    Fetch the branch with the command that is shown. A clone made by a CI service often holds one commit of one branch: ask for
    the whole history there (``fetch-depth: 0`` for actions/checkout, ``GIT_DEPTH: 0`` on GitLab).

    Example
    -------
    ::

        error[HR011]: ref not found: origin/main
          next: git fetch origin +refs/heads/main:refs/remotes/origin/main
    """

    code = "HR011"
    summary = "ref not found: {ref}"

    def __init__(self, *, ref: str, similar: Sequence[str] = (), command: str = "", shallow: bool = False) -> None:
        """similar: names that do exist, best first; command: what fetches it; shallow: whether the clone is cut off."""
        notes = [f"did you mean {' or '.join(similar)}"] if similar else []
        if shallow:
            notes.append("this clone is shallow: it holds only the newest commits, and perhaps only one branch")
        help = "fetch it" if command else "name a branch, a tag or a commit that is in this clone"
        super().__init__(self.say({"ref": ref}, notes=notes, help=help, command=command))
