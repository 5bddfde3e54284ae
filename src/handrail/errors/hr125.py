"""HR125: a file changed between reading and writing."""

from __future__ import annotations

from handrail.domain.finding import Location
from handrail.errors.base import Refusal


class ChangedSinceRead(Refusal):
    """A file is not what it was when the command read it.

    Why it matters
    --------------
    The decision was made from what was read. An editor, git or another command changed the file meanwhile; writing now would
    destroy that change.

    What Django does
    ----------------
    It would overwrite the file.

    What to do
    ----------
    Run the command again: it reads the files anew.

    Example
    -------
    ::

        error[HR125]: shop/migrations/0002_b.py changed since it was read
    """

    code = "HR125"
    summary = "{path} changed since it was read"

    def __init__(self, *, path: str) -> None:
        """path: relative to the root."""
        super().__init__(self.say({"path": path}, locations=(Location(path=path),), help="nothing was written; run it again"))
