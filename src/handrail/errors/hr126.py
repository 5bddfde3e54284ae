"""HR126: the last edits cannot be taken back."""

from __future__ import annotations

from handrail.domain.finding import Location
from handrail.errors.base import Refusal


class NotUndone(Refusal):
    """The last edits cannot be taken back as they were made.

    Why it matters
    --------------
    Taking edits back puts the old contents in the place of the new. Where a file was changed after the edit, that change would be
    lost; where there is no record of edits, there is nothing to go by.

    What Django does
    ----------------
    Nothing: it keeps no record of the files that it wrote.

    What to do
    ----------
    Where a file is named: put your change aside (git diff shows it), run the command again, and bring the change in once more.
    Edits that were committed are better taken back with git revert.

    Example
    -------
    ::

        error[HR126]: the last edits are not taken back: shop/migrations/0003_b.py changed after them
    """

    code = "HR126"
    summary = "the last edits are not taken back: {why}"

    def __init__(self, *, why: str, path: str = "") -> None:
        """why: in words; path: the file that is in the way, relative to the root."""
        places = (Location(path=path),) if path else ()
        super().__init__(self.say({"why": why}, locations=places, help="nothing was changed"))
