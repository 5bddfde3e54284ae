"""AlterModelTable."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations._options import set_value, with_option
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.conflicts.state import table_of
from handrail.domain.migration import Operation


class AlterModelTable(Rule):
    """Renames a model's table, and the many-to-many tables that are named after it."""

    renames = True

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets the table of {place.model(operation.argument('name')).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        table = operation.argument("table")
        yield place.touch(("model", model.id), Mode.TABLE, phrase, model=model.label, before=table_of(model), after=table)
        yield set_value(place, model, "db_table", table, phrase)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the table in the state."""
        model = place.model(operation.argument("name"))
        place.state.put(with_option(model, "db_table", operation.argument("table")))
