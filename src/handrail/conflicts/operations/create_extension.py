"""CreateExtension and its subclasses."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import EXTENSIONS
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.domain.migration import Operation


class CreateExtension(Rule):
    """Makes an extension where it is missing (PostgreSQL): twice is as good as once."""

    def phrase(self, operation: Operation, place: Place) -> str:  # noqa: ARG002 - the base's signature
        """Return what the operation does."""
        return f"creates extension {_name(operation)}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        name = _name(operation)
        yield place.touch(("object", "extension", name.lower()), Mode.USE, self.phrase(operation, place), name=name)


def _name(operation: Operation) -> str:
    return EXTENSIONS.get(operation.name) or str(operation.argument("name"))
