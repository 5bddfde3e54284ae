"""HR900: a mistake in Handrail."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class Bug(Refusal):
    """Handrail met something that it does not expect: a mistake of its own, not of the project.

    Why it matters
    --------------
    The command did not finish, and what it would have said is not known. Do not take the missing answer for "no
    findings".

    What Django does
    ----------------
    It shows a traceback.

    What to do
    ----------
    Run the command again with ``HANDRAIL_DEBUG=1`` to see the traceback, and report it with the notes below and,
    if it may be shown, the migration file that was being read. If files were being changed, ``handrail
    undo-edits`` takes them back.

    Example
    -------
    ::

        error[HR900]: bug: KeyError: 'shop'
    """

    code = "HR900"
    summary = "bug: {problem}"

    def __init__(self, *, problem: str, notes: Sequence[str], typed: str) -> None:
        """problem: the exception and its words; notes: versions and the place; typed: the command line."""
        help = "this is a mistake in Handrail: please report it, with the traceback that the next command shows"
        super().__init__(self.say({"problem": problem}, notes=notes, help=help, command=f"HANDRAIL_DEBUG=1 {typed}"))
