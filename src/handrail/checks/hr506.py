"""A reverse that does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity
from handrail.domain.rollback import RollbackPlan


class NoopReverse(Check):
    """An operation of a rollback has a reverse that does nothing, and no log says what it wrote: that stays.

    Why it matters
    --------------
    The schema goes back, and the rows stay as the migration has made them. Applied again, the migration changes them once more:
    a price that was doubled is doubled again.

    What Django does
    ----------------
    It runs the reverse, which does nothing, and says nothing (Django 5.2 to 6.1).

    What to do
    ----------
    Nothing, where the old code can live with these rows and the migration does no harm twice. Otherwise write a reverse that
    undoes what it did. What runs under Handrail has a log of the rows, and is taken back by it.

    Example
    -------
    ::

        warning[HR506]: noop-reverse: Raw Python operation (double) leaves forward changes of shop.0003_double
    """

    code = "HR506"
    severity = Severity.WARNING
    summary = "noop-reverse: {operation} leaves forward changes of {migration}"

    @staticmethod
    def find(plan: RollbackPlan) -> Iterator[Finding]:
        """Yield one finding for each such operation of a plan."""
        for step in plan.steps:
            for one in step.judgements:
                if one.does_nothing:
                    yield NoopReverse.say({"operation": one.described, "migration": step.key}, command="handrail explain HR506")
