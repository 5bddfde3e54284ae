"""What an operation writes in other databases than the one that is migrated: nothing of that is logged, so it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import row_logs_for
from handrail.execution.keeping.row_statements import DIALECTS, Written, written_by

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Elsewhere:
    """Sees the statements of one operation on the connections of all other aliases."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        """connection: the one that is migrated."""
        self.connection = connection
        self.written: set[str] = set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look on in the block; no database is reached for it."""
        with ExitStack() as stack:
            for other in self._others():
                stack.enter_context(other.execute_wrapper(partial(self._see, other)))
            yield

    def _others(self) -> Iterator[BaseDatabaseWrapper]:
        """Yield the connections of the other aliases; one whose driver is missing can be used by nobody."""
        from django.core.exceptions import ImproperlyConfigured
        from django.db import connections

        for alias in connections:
            try:
                other = connections[alias]
            except ImproperlyConfigured:
                continue
            if other is not self.connection:
                yield other

    def _see(
        self, other: BaseDatabaseWrapper, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        done = execute(sql, params, many, context)
        written = written_by(str(sql), _dialect(other.vendor))
        self.written |= {f"{table} of the database {other.alias}" for table in written.tables}
        if _is_more(written):
            self.written.add(f"the database {other.alias}")
        return done


def _is_more(written: Written) -> bool:
    """Say whether a statement writes, and no table says what."""
    return not written.tables and (written.defines or written.empties or written.is_unknown)


def _dialect(vendor: str) -> str:
    try:
        return row_logs_for(vendor).dialect
    except LookupError:
        return DIALECTS[0]
