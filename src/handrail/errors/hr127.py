"""HR127: an earlier command was stopped while it wrote."""

from __future__ import annotations

from handrail.errors.base import Refusal


class UnfinishedEdits(Refusal):
    """An earlier command was stopped while it wrote files, or is writing now.

    Why it matters
    --------------
    Some files have their new contents and some the old. To decide from such a mixture would make it worse.

    What Django does
    ----------------
    Nothing: a file that was half written stays so.

    What to do
    ----------
    Take the unfinished edits back, then run the command again. Where another command is writing at this moment, wait for it.

    Example
    -------
    ::

        error[HR127]: the edits of resolve were not finished
          next: handrail undo-edits
    """

    code = "HR127"
    summary = "{what}"

    def __init__(self, *, command: str = "") -> None:
        """command: the one that was stopped; "" where another one is writing now."""
        what = f"the edits of {command} were not finished" if command else "another command is writing files of this project"
        next_command = "handrail undo-edits" if command else ""
        super().__init__(
            self.say({"what": what}, help="take them back first" if command else "wait for it", command=next_command)
        )
