"""One side renames what the other one uses."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck


class RenameVersusUse(ReasonCheck):
    """One side renames a model, a field or an index, and the other side uses the old name.

    Why it matters
    --------------
    Only one order works. A database that got the rename first stops at the other migration with the old name; and
    code in a RunPython that is never run in a test stops in production.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it. A new database may happen to get the order that works; one where the
    rename was applied first fails with "FieldDoesNotExist", "Related model cannot be resolved" or "Cannot resolve
    keyword".

    What to do
    ----------
    Put the two in one chain: the migration that uses the name first, or after the rename with the new name in it.
    ``handrail resolve`` does the first where that is the side that may still move. A merge migration settles
    nothing here.

    Example
    -------
    ``0002_a`` renames ``Thing.x`` to ``y``; ``0002_b`` alters ``Thing.x``::

        error[HR104]: rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a renames to y
    """

    code = "HR104"
    summary = "rename-vs-use: {b} uses {old} which {a} renames to {new}"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Tell the side that renames from the side that uses; where SQL renames, no side is named wrongly."""
        renaming = found.find_operation(("Rename", "AlterModelTable"))
        if renaming is None:
            return {"a": "one side", "b": "the other side", "old": found.object, "new": "another name"}
        migration, operation = renaming
        new = operation.argument("new_name") or operation.argument("table") or "another name"
        return {"a": migration, "b": found.other_than(migration), "old": found.object, "new": new}
