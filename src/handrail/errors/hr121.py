"""HR121: nobody can tell which side has to move."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.migration import MigrationKey
from handrail.errors.base import Refusal


class NoTarget(Refusal):
    """It is not known which side of a conflict is on the target branch.

    Why it matters
    --------------
    The side that others have applied must not move. To choose by name or by date would sooner or later move a migration that is
    in production.

    What Django does
    ----------------
    ``makemigrations --merge`` moves nothing and compares nothing: it writes a merge migration.

    What to do
    ----------
    Name the target branch with ``--onto``, for example ``--onto origin/main``. In the middle of a merge or a rebase,
    Handrail reads it from git. Where both sides are on the branch that is checked out, the command that is shown names the last
    commit that had one of them alone: right where this branch is the target and the other side came to it.

    Example
    -------
    ::

        error[HR121]: which side of shop is on the target branch is not known: 0002_a, 0002_b
          next: handrail resolve shop --onto 6f1c0a9d2b47~1
    """

    code = "HR121"
    summary = "which side of {app} is on the target branch is not known: {leaves}"

    def __init__(self, *, app: str, leaves: Sequence[MigrationKey], onto: str = "") -> None:
        """app: its label; leaves: its leaf nodes; onto: the ref that is probably meant, "" where git tells nothing."""
        names = ", ".join(leaf.name for leaf in leaves)
        command = f"handrail resolve {app} --onto {onto}" if onto else "handrail explain HR121"
        super().__init__(self.say({"app": app, "leaves": names}, help="name the target branch with --onto", command=command))
