"""HR509: a target inside of a squashed migration."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class InsideSquash(Refusal):
    """The target lies between migrations that a squashed migration replaces, and their files are gone.

    Why it matters
    --------------
    A squashed migration is taken back as a whole or not at all. With the files that it replaces, Handrail goes through them,
    one by one. Without them there is nothing that leads to the state between. Nothing was changed.

    What Django does
    ----------------
    It does not find the migration (Django 5.2 to 6.1).

    What to do
    ----------
    Take one of the nearest targets, or bring the replaced files back from the commit that deleted them.

    Example
    -------
    ::

        error[HR509]: inside-squash: target shop.0002_p is inside shop.0001_squashed_0003_q
    """

    code = "HR509"
    summary = "inside-squash: target {target} is inside {squash}"

    def __init__(self, *, target: object, squash: object, nearest: Sequence[str]) -> None:
        """nearest: commands that lead to the targets around it, the one after it first."""
        notes = ["the files of the migrations that it replaces are gone", f"the nearest targets are: {', '.join(nearest)}"]
        help = "take one of the nearest targets, or bring the old files back"
        super().__init__(self.say({"target": target, "squash": squash}, notes=notes, help=help, command=nearest[0]))
