"""HR403: an index that a broken CREATE INDEX CONCURRENTLY left."""

from __future__ import annotations

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity


class InvalidIndex(Check):
    """On PostgreSQL an index that was being built while its table was in use is there and not valid: its statement was stopped.

    Why it matters
    --------------
    No query uses such an index, and every write keeps it up to date. Its name is taken, so the statement that would build it
    fails when it runs again. A unique one can already refuse rows that are no duplicates for anybody else. Handrail drops it
    (``DROP INDEX CONCURRENTLY``) and builds it again when the operation that makes it runs, and says so with this warning.

    What Django does
    ----------------
    It leaves the index, and the next ``migrate`` ends with ``relation "ix_c" already exists`` (Django 5.2 to 6.1).

    What to do
    ----------
    Nothing. Where it was stopped by duplicates in a unique index, put those right first: it would stop there again.

    Example
    -------
    ::

        warning[HR403]: invalid-index: ix_c
          note: it was left by a statement that was stopped: it is dropped, and built again
    """

    code = "HR403"
    severity = Severity.WARNING
    summary = "invalid-index: {index}"

    @classmethod
    def find(cls, index: str) -> list[Finding]:
        """Return one finding, or none. index: its name, "" for none."""
        if not index:
            return []
        note = "it was left by a statement that was stopped: it is dropped, and built again"
        return [cls.say({"index": index}, notes=[note])]
