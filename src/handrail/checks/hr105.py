"""One side deletes what the other one uses."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck


class DeleteVersusUse(ReasonCheck):
    """One side deletes a model, a field, an index or a constraint, and the other side uses it.

    Why it matters
    --------------
    In one order the second migration fails; in the other it runs, and what it did is deleted at once: values that
    the other side has just written into a column are gone with the column.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it. Depending on the order, ``migrate`` fails with "KeyError",
    "FieldDoesNotExist" or an error of the database, or succeeds and the data is lost. An ``AlterField`` after a
    ``RemoveField`` adds the field back to the state without a word.

    What to do
    ----------
    Decide whether the thing goes or stays. If it goes, take the use of it out of the other migration. If it
    stays, take the deletion out, or move it behind the other migration and into a later release.

    Example
    -------
    ``0002_a`` deletes the model ``Thing``; ``0002_b`` adds a field to it::

        error[HR105]: delete-vs-use: shop.0002_b uses shop.Thing which shop.0002_a deletes
    """

    code = "HR105"
    summary = "delete-vs-use: {b} uses {object} which {a} deletes"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Tell the side that deletes from the side that uses; where SQL deletes, no side is named wrongly."""
        deleting = found.find_operation(("Delete", "Remove"))
        if deleting is None:
            return {"a": "one side", "b": "the other side", "object": found.object}
        return {"a": deleting[0], "b": found.other_than(deleting[0]), "object": found.object}
