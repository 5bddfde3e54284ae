"""Sparing what copies of columns hold of rows that code or SQL deletes: its log can bring the rows back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from handrail.domain.run import Direction
from handrail.execution.editors import rebuilds_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def spared(connection: BaseDatabaseWrapper, direction: Direction) -> Iterator[None]:
    """Let copies forget no row that is deleted in the block, and none that comes back where a log is taken back.

    direction: forwards new rows are the code's own; what a log brings back is backwards, whichever way the step goes.
    A column that is set aside is in the log of its rows; a copy beside the table is not. A row that the application deletes still
    takes its value with it, and a new row never gets that of another one that had its primary key: that goes by triggers, which
    are away in the block alone. Without a transaction they stay, as nobody would make them again after a kill.
    """
    rebuilds = rebuilds_of(connection)
    if rebuilds is None or not connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        triggers = rebuilds.forgetting(cursor, inserted=direction is Direction.BACKWARD)
        for name, _, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}", None)
    yield
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for name, table, sql in triggers:
            if {name.rpartition("_")[0], table} <= there:  # else the copy came back in the block, or its table went
                cursor.execute(sql, None)
