"""The patience of one run: what did not get its lock is tried again, for as long as the run may wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from handrail.execution.retry import retrying
from handrail.sources.backend import backend_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.run import Blocker

T = TypeVar("T")


class Patience:
    """Calls something again as long as a lock is in its way; what is called inside of that is a part of it."""

    def __init__(self, connection: BaseDatabaseWrapper, *, budget: float, blocked: Callable[..., None]) -> None:
        """budget: seconds, for each thing that is tried. blocked: see retrying."""
        self.connection, self.budget, self.blocked = connection, budget, blocked
        self.backend = backend_of(connection)
        self._trying = False

    def __call__(self, run: Callable[[], T], what: str) -> T:
        """Return what run returns. what: the migration or statement, for what is said. Raises Blocked."""
        if self._trying:
            return run()
        self._trying = True
        try:
            return retrying(
                run,
                backend=self.backend,
                budget=self.budget,
                what=what,
                alias=self.connection.alias,
                blocked=self.blocked,
                blockers=self._blockers,
            )
        finally:
            self._trying = False

    @contextmanager
    def with_single_statements(self) -> Iterator[None]:
        """Be patient with every statement that is a transaction of its own, and with the beginning of transactions.

        On SQLite any statement can meet the lock of another process, and one that failed with that has done nothing
        (rescode.html#busy).
        """
        with self.connection.execute_wrapper(self._single):
            yield

    def _single(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._trying or self.connection.in_atomic_block or not self.connection.autocommit:
            return execute(sql, params, many, context)
        if many and not isinstance(params, list | tuple):
            params = list(params)  # what is tried again takes them again
        return self(lambda: execute(sql, params, many, context), sql)

    def _blockers(self) -> tuple[Blocker, ...]:
        """Ask who is in the way; what cannot be asked is not known."""
        from django.db import Error

        with suppress(Error), self.connection.cursor() as cursor:
            return self.backend.blockers(cursor)
        return ()
