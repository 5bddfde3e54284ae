"""Two merge migrations join the same leaf nodes."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks._words import Migrations, reference_place
from handrail.checks.base import Check
from handrail.domain.finding import Finding
from handrail.domain.migration import Migration, MigrationKey


class ParallelMerges(Check):
    """Two merge migrations join the same migrations: two people settled one conflict at the same time.

    Why it matters
    --------------
    The app has two leaf nodes again, and merging the merges gives a third file that does nothing. Meanwhile
    ``migrate`` refuses to run.

    What Django does
    ----------------
    It reports the two merge migrations as conflicting leaf nodes, as if they had something to do with each other.

    What to do
    ----------
    Keep the one that is on the target branch or applied already, and delete the other; ``handrail resolve`` does
    this. A database that applied the deleted one keeps a record without a file, which is harmless because a merge
    migration has no operations; ``--update-databases`` renames the record.

    Example
    -------
    ``0003_merge_a`` and ``0003_merge_b`` both depend on ``0002_a`` and ``0002_b``::

        error[HR110]: parallel-merges: shop.0003_merge_a and shop.0003_merge_b merge the same parents
    """

    code = "HR110"
    summary = "parallel-merges: {a} and {b} merge the same parents"

    @classmethod
    def find(cls, migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for every merge migration that joins what an earlier one (by name) joins."""
        seen: dict[frozenset[MigrationKey], Migration] = {}
        for key in sorted(migrations):
            merge = migrations[key]
            parents = frozenset(parent for parent in merge.dependencies if parent.app_label == key.app_label)
            if len(parents) < 2 or merge.operations:
                continue
            first = seen.setdefault(parents, merge)
            if first is not merge:
                yield cls._finding(first, merge)

    @classmethod
    def _finding(cls, first: Migration, second: Migration) -> Finding:
        return cls.say(
            {"a": first.key, "b": second.key},
            locations=[
                reference_place(merge, "dependencies", merge.dependencies, "merge migration") for merge in (first, second)
            ],
            help="keep one of the two: neither has operations",
            command=f"handrail resolve {first.key.app_label}",
        )
