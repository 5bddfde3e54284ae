"""Code and SQL without a reverse in a run that is all or nothing: its log of rows has to say all that it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import row_logs_for
from handrail.errors.hr409 import NotAllOrNothing
from handrail.execution.keeping.row_statements import written_by
from handrail.execution.manners import is_code, texts_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from handrail.execution.keeping.keeper import Keeper

DEFINES = "its code alters definitions, and has no reverse"
NO_KEY = "it writes rows of a table without a primary key, and has no reverse"


def only_writes_rows(connection: BaseDatabaseWrapper, operation: Any) -> bool:
    """Say whether it can be told of a RunSQL that it does nothing but write rows which a log can take back."""
    rules = row_logs_for(connection.vendor)
    found = [written_by(text, rules.dialect) for text in texts_of(operation.sql)]
    if any(one.defines or one.is_unknown or one.empties for one in found):
        return False
    with connection.cursor() as cursor:
        return all(rules.key(cursor, table) for one in found for table in one.tables if rules.columns(cursor, table))


@contextmanager
def coming_back(keeper: Keeper, operation: Operation, is_whole: Callable[[], bool]) -> Iterator[None]:
    """Refuse what code does in the block that no log takes back, before it is done. Raises NotAllOrNothing.

    is_whole: says afterwards whether the log takes all of it back.
    """
    if not is_code(operation):
        yield
        return

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        writing = keeper.rows.writing
        if writing is not None and not writing.is_busy and written_by(str(sql), keeper.rows.rules.dialect).defines:
            raise NotAllOrNothing(migration=keeper.key, operation=operation.describe(), why=DEFINES)
        return execute(sql, params, many, context)

    with keeper.connection.execute_wrapper(watch):
        yield
    if not is_whole():
        raise NotAllOrNothing(migration=keeper.key, operation=operation.describe(), why=NO_KEY)
