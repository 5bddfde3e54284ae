"""HR521: a rollback to something that is not there."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class NoSuchTarget(Refusal):
    """The target of a rollback is unknown, not applied, or nothing that can be taken back.

    Why it matters
    --------------
    Which migrations go depends on the target alone; a guess could take back the wrong ones. Nothing was changed.

    What Django does
    ----------------
    ``migrate`` applies a migration that is not applied, whichever direction was meant (Django 5.2 to 6.1).

    What to do
    ----------
    ``handrail history`` lists the runs, ``handrail tag`` the tags, and ``showmigrations`` what is applied.

    Example
    -------
    ::

        error[HR521]: no-such-target: shop has no migration "0009"
    """

    code = "HR521"
    summary = "no-such-target: {problem}"

    def __init__(self, *, problem: str, notes: Sequence[str] = (), help: str = "", command: str = "handrail history") -> None:
        """problem: in words."""
        super().__init__(self.say({"problem": problem}, notes=notes, help=help, command=command))
