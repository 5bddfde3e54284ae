"""The other side of a merge."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity
from handrail.domain.rollback import RollbackPlan


class MergeSide(Check):
    """A rollback to one side of a merge leaves the other side applied.

    Why it matters
    --------------
    A migration does not say when it was applied, only what it needs. The other side of a merge does not need this one, so it
    stays, although it may have been applied later, and the code of that time did not know it.

    What Django does
    ----------------
    The same, without a word (Django 5.2 to 6.1).

    What to do
    ----------
    Nothing, if that is what is meant. To take both sides back, name the migration that both build on; to take back what a single
    deployment applied, name its run.

    Example
    -------
    ::

        warning[HR508]: merge-side: shop.0002_b stays applied
    """

    code = "HR508"
    severity = Severity.WARNING
    summary = "merge-side: {migrations} stays applied"

    @staticmethod
    def find(plan: RollbackPlan, both: str) -> Iterator[Finding]:
        """Yield the finding. both: the command that takes back both sides, "" where there is none."""
        if plan.stays:
            help = "to take it back too, go back to what both sides build on" if both else ""
            names = ", ".join(map(str, plan.stays))
            yield MergeSide.say({"migrations": names}, help=help, command=both or "handrail explain HR508")
