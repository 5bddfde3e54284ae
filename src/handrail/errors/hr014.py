"""HR014: git does not trust the repository."""

from __future__ import annotations

from handrail.errors.base import Refusal


class RepositoryNotTrusted(Refusal):
    """Git refuses to read a repository that belongs to another user.

    Why it matters
    --------------
    A repository's configuration can name programs to run, so git reads one of another user only after it was told to
    (safe.directory in ``git help config``, since git 2.35.2). It is common in containers that run as root on a mounted checkout.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    If you trust the repository, run the command that is shown as the user that runs Handrail, or give the folder to that user.

    Example
    -------
    ::

        error[HR014]: git does not trust the repository at /srv/shop
          next: git config --global --add safe.directory /srv/shop
    """

    code = "HR014"
    summary = "git does not trust the repository at {path}"

    def __init__(self, *, path: str, reason: str, command: str) -> None:
        """path: the repository; reason: git's words; command: what makes it trusted."""
        help = "if you trust it, say so to git"
        super().__init__(self.say({"path": path}, notes=(reason,), help=help, command=command))
