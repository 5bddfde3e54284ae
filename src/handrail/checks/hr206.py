"""What is in the schema, and not recorded."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity
from handrail.domain.migration import MigrationKey


class NotRecorded(Check):
    """A migration is not recorded as applied, and what it makes is in the database.

    Why it matters
    --------------
    ``migrate --fake`` takes the record away and leaves the schema. Code of before then meets columns that it does not know: an
    insert fails where one must not be NULL and has no default in the database. Applied again, the migration fails. So the command
    ends with exit code 1, as with any finding, where it was typed; ``call_command`` raises nothing.

    What Django does
    ----------------
    Nothing: it says FAKED, and compares nothing (Django 5.2 to 6.1).

    What to do
    ----------
    If the schema was to be taken back too: record the migration again with ``migrate --fake APP NAME``, and take it back without
    ``--fake``. If it was to be recorded under another name, as after a squash, go on.

    Example
    -------
    ::

        warning[HR206]: in-schema-not-recorded: 1/1 operations of shop.0002_x
    """

    code = "HR206"
    severity = Severity.WARNING
    summary = "in-schema-not-recorded: {present}/{total} operations of {migration}"

    @classmethod
    def find(cls, migration: MigrationKey, present: Sequence[str], total: int) -> list[Finding]:
        """Return one finding, or none. present: tables and columns that are there. total: of those that the migration makes."""
        if not present:
            return []
        facts = {"present": len(present), "total": total, "migration": migration}
        notes = [f"{name} is there" for name in present]
        help = "to take it back for good, record it again with --fake, and migrate without"
        return [cls.say(facts, notes=notes, help=help, command=f"manage.py migrate --fake {' '.join(migration)}")]
