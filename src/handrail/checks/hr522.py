"""Questions about a plan that the database did not answer."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity


class NotLookedAt(Check):
    """What the rows are that an operation would meet was asked before anything ran, and there was no answer.

    Why it matters
    --------------
    Duplicates, NULLs, values that are too long or lead nowhere are looked for before the first statement, so that no plan stops
    half-way. Each question may take ten seconds, so that nobody is held up for long; on a large table without an index that can
    be too short. The operation may fail where such rows are there. It is taken back then, and those before it stay done.

    What Django does
    ----------------
    It looks at nothing before it runs (Django 5.2 to 6.1).

    What to do
    ----------
    Ask yourself what the operation requires, with a SELECT on a replica or at a quiet time, or with an index that helps. Or run
    it, knowing that it may stop there: in a rollback the operation is called ``unknown``.

    Example
    -------
    ::

        warning[HR522]: not-looked-at: operation 1 of shop.0002_unique: timed out
    """

    code = "HR522"
    severity = Severity.WARNING
    summary = "not-looked-at: operation {operation} of {migration}: {why}"

    @classmethod
    def find(cls, migration: str, operation: int, described: str, whys: Sequence[str]) -> list[Finding]:
        """Return one finding, or none. operation: its place, from 1. described: in words. whys: of each question, in words."""
        if not whys:
            return []
        facts = {"operation": operation, "migration": migration, "why": "; ".join(dict.fromkeys(whys))}
        help = "look for rows that it would not take, or run it knowing that it may stop there"
        return [cls.say(facts, notes=[described], help=help)]
