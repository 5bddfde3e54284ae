"""AlterModelTableComment."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.operations._options import set_value, with_option
from handrail.conflicts.operations.base import Place, Rule, Touched, use_model
from handrail.domain.migration import Operation


class AlterModelTableComment(Rule):
    """Sets the comment of a model's table."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets the table comment of {place.model(operation.argument('name')).label}"

    def is_cosmetic(self, operation: Operation, place: Place) -> bool:  # noqa: ARG002 - the base's signature
        """Say that nothing reads a comment."""
        return True

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        yield use_model(place, model, phrase, schema=False)
        yield set_value(place, model, "db_table_comment", operation.argument("table_comment"), phrase)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the comment in the state."""
        model = place.model(operation.argument("name"))
        place.state.put(with_option(model, "db_table_comment", operation.argument("table_comment")))
