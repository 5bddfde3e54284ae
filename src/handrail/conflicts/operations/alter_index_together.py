"""AlterIndexTogether."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations._options import Together
from handrail.conflicts.operations.base import Place, Touched, together
from handrail.domain.migration import Operation


class AlterIndexTogether(Together):
    """Sets the whole of index_together, and makes and drops indexes for the difference.

    Models have no such option any more since Django 5.1, so that SQLite forgets these indexes when it rebuilds the table
    (django/db/backends/sqlite3/schema.py, _remake_table, 5.2 to 6.1).
    """

    option = "index_together"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        yield from super().touches(operation, place)
        model = place.model(operation.argument("name"))
        if together(operation.argument(self.option)):
            why = "rebuilding the table on SQLite forgets the indexes of index_together"
            phrase = self.phrase(operation, place)
            yield place.touch(("model", model.id), Mode.FORGOTTEN, phrase, model=model.label, detail=why)
