"""HR015: git failed."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class GitFailed(Refusal):
    """A git command ended with an error that Handrail knows no better word for.

    Why it matters
    --------------
    What git could not read was not compared, so there is no answer that could be trusted.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    Read git's own words in the note, and run the git command that is shown by hand. ``git fsck`` tells whether the repository
    is damaged.

    Example
    -------
    ::

        error[HR015]: git ls-tree failed with exit code 128
          note: fatal: not a tree object
    """

    code = "HR015"
    summary = "git {name} failed with exit code {status}"

    def __init__(self, *, name: str, status: int, words: Sequence[str]) -> None:
        """name: git's subcommand; status: its exit code; words: the lines it wrote to standard error."""
        super().__init__(self.say({"name": name, "status": status}, notes=words, help="see what git says of it"))
