"""Logging whole statements: the rows that one is about to write are copied by its own condition, with what becomes of them.

Triggers for each row take longer than a bulk update itself. A copy is right where the statement is understood for certain, and
then writes as many rows as were copied: those are locked, so that they still meet the condition, and with others there would be
more. In every other case the operation is rolled back, and runs again with triggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import ORDER, SAMPLE, RowLog, SetWrite
from handrail.domain.database import ErrorKind

if TYPE_CHECKING:
    from handrail.execution.keeping.row_log import RowLogs
    from handrail.execution.keeping.row_writing import Place


class Sets:
    """The statements of one operation. table: the one that the statement which runs now writes, "" where it is not understood."""

    def __init__(self, logs: RowLogs, place: Place) -> None:
        """Copy nothing yet."""
        self.logs, self.place = logs, place
        self.connection, self.rules = logs.connection, logs.rules
        self.table = ""
        self._write: SetWrite | None = None
        self._rows = self._last = 0

    def tables(self) -> set[str]:
        """Return the tables that are logged so."""
        return {one.table for one in self.logs.logs_of(self.place) if one.sets}

    def begin(self, sql: str, params: Any, *, many: bool) -> None:
        """Read a statement that is about to run."""
        self.table, self._write = "", None
        if many or not self.connection.in_atomic_block or not (params is None or isinstance(params, list | tuple)):
            return
        for one in self.logs.logs_of(self.place):
            write = self.rules.understood(sql, one, has_params=params is not None) if one.sets else None
            if write is not None and write.table == one.table:
                self.table, self._write = one.table, write

    def copy(self, params: Any) -> set[str]:
        """Copy its rows; return the table if that cannot be done."""
        from django.db import DatabaseError

        from handrail.sources.backend import backend_of

        if self._write is None:
            return set()
        one = self._log()
        self._last = self._number(f"SELECT coalesce(max({ORDER}), 0) FROM {self.rules.quote(one.name)}")
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(self.rules.copying_set(one, self._write), params)
                found = self.rules.found_by(cursor, deletes=False)
        except DatabaseError as error:
            if backend_of(self.connection).error_kind(error) is not ErrorKind.OTHER:
                raise
            return self._over()
        self._rows = found or 0
        return self._over() if found is None else set()

    def compare(self, cursor: Any) -> set[str]:
        """Return the table if the statement has done anything else than what was foreseen. cursor: that it was run on."""
        if self._write is None:
            return set()
        one, write = self._log(), self._write
        is_right = self.rules.found_by(cursor, deletes=write.deletes) == self._rows
        if is_right and not write.deletes:
            is_right = self._number(self.rules.fitting(one, write, self._last)) == min(self._rows, SAMPLE)
        table = self._over()
        return set() if is_right else table

    def failed(self) -> set[str]:
        """Return the table of a statement that has failed: what was copied before it is in its log."""
        return self._over() if self._write is not None else set()

    def _over(self) -> set[str]:
        table, self.table, self._write = self.table, "", None
        return {table}

    def _log(self) -> RowLog:
        one = self.logs.log_of(self.place, self.table)
        assert one is not None
        return one

    def _number(self, sql: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchall()[0][0])
