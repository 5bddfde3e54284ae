"""RunSQL."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.conflicts import code
from handrail.conflicts.operations.base import Place, Rule, Touched
from handrail.domain.migration import Operation
from handrail.domain.value import ListOf, Name

DIALECTS = ("postgres", "mysql", "sqlite")
"""The dialects a statement may be written in, as long as nothing says for which database the project is."""


class RunSQL(Rule):
    """Runs SQL, and operations on the state that stand for it."""

    def phrase(self, operation: Operation, place: Place) -> str:  # noqa: ARG002 - the base's signature
        """Return what the operation does."""
        return "runs SQL"

    def touches(self, operation: Operation, place: Place) -> Iterable[Touched]:
        """Return what the statements touch."""
        sql = operation.argument("sql")
        if sql in ("", ListOf(()), ()) or (isinstance(sql, Name) and sql.path.endswith("RunSQL.noop")):
            return ()
        from handrail.conflicts.sql_code import read_sql

        return code.touches(place, read_sql(sql, DIALECTS), "sql", self.phrase(operation, place))
