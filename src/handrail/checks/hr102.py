"""Both sides do the same operation."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck
from handrail.checks._words import difference, operation_at, phrase
from handrail.domain.conflict import MISSING


class DuplicateOperation(ReasonCheck):
    """Both sides make, rename or remove the same thing.

    Why it matters
    --------------
    The second of the two fails on every database: the column or the table is already there, or already gone.
    Where the two definitions differ, a person has to say which one is meant.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it. ``migrate`` then fails with "duplicate column name", "relation already
    exists" or "FieldDoesNotExist", in either order and also on a new database. Where the database commits each
    statement by itself, it stops half-way.

    What to do
    ----------
    Keep one of the two operations. When they are identical, ``handrail resolve`` drops the second one; when they
    differ, choose the definition, change the other migration, and look again.

    Example
    -------
    Both branches add ``Thing.extra``, one as ``CharField(max_length=50)``, the other with 100::

        error[HR102]: duplicate-op: shop.0002_a and shop.0002_b both add field shop.Thing.extra (different: ...)
    """

    code = "HR102"
    summary = "duplicate-op: {a} and {b} both {op} {object} ({difference})"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Name what both do, and whether they do it alike."""
        operations = [operation_at(found.migrations, key) for key in found.reason.operations]
        names = [operation.name for operation in operations if operation]
        return {
            "a": found.ours,
            "b": found.theirs,
            "op": phrase(names[0]) if len(set(names)) == 1 else "change",
            "object": found.object,
            "difference": cls._difference(found),
        }

    @classmethod
    def _difference(cls, found: Contradiction) -> str:
        reason = found.reason
        if reason.ours is not MISSING or reason.theirs is not MISSING:
            return difference(reason.ours, reason.theirs)
        ends = [operation_at(found.migrations, key) for key in reason.operations]
        same = len(ends) > 1 and ends[0] and ends[-1] and ends[0].arguments == ends[-1].arguments
        return "identical" if same else "different"
