"""RunPython."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.conflicts import code
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.domain.migration import Operation
from handrail.domain.value import Name

NOOP = "RunPython.noop"


class RunPython(Rule):
    """Runs a function of the file."""

    def phrase(self, operation: Operation, place: Place) -> str:  # noqa: ARG002 - the base's signature
        """Return what the operation does."""
        found = operation.argument("code")
        return f"runs {found.path.lstrip('.')}" if isinstance(found, Name) else "runs code"

    def touches(self, operation: Operation, place: Place) -> Iterable[Touched]:
        """Return what the function touches."""
        function = operation.argument("code")
        if isinstance(function, Name) and function.path.endswith(NOOP):
            return ()
        from handrail.conflicts.python_known import footprint_of

        footprint = footprint_of(place.migration, function, code.relations(place.state))
        return code.touches(place, footprint, "data", self.phrase(operation, place))
