"""DeleteModel."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.conflicts.operations.create_model import summary
from handrail.domain.migration import Operation


class DeleteModel(Rule):
    """Drops a model and its tables with their rows."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"deletes model {place.model(operation.argument('name')).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model = place.model(operation.argument("name"))
        yield place.touch(
            ("model", model.id), Mode.DELETE, self.phrase(operation, place), model=model.label, before=summary(model)
        )

    def apply(self, operation: Operation, place: Place) -> None:
        """Take the model out of the state."""
        place.state.drop(place.model(operation.argument("name")).key)
