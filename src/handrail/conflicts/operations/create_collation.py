"""CreateCollation."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.domain.migration import Operation


class CreateCollation(Rule):
    """Makes a collation (PostgreSQL)."""

    def phrase(self, operation: Operation, place: Place) -> str:  # noqa: ARG002 - the base's signature
        """Return what the operation does."""
        return f"creates collation {operation.argument('name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        name = str(operation.argument("name"))
        yield place.touch(
            ("object", "collation", name.lower()), Mode.CLAIM, self.phrase(operation, place), name=name, detail="collation"
        )
