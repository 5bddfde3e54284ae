"""What a rebuild of a table was stopped in the middle of, and left in the way of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Severity
from handrail.errors.hr405 import Leftover

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.databases._rebuilds import Rebuilds

COPY = "new__"
"""What the name of the copy begins with (_remake_table of django/db/backends/sqlite3/schema.py, 5.2 to 6.1)."""


def refuse_leftovers(connection: BaseDatabaseWrapper, rebuilds: Rebuilds, tables: Iterable[str], live: Iterable[str]) -> None:
    """Raise Leftover for the first table whose copy has rows that the table has not. live: folded names of the tables there."""
    present = set(live)
    for table in tables:
        if rebuilds.fold(COPY + table) in present:
            found = leftover(connection, rebuilds, table)
            if not _is_needless(found):
                raise found


def drop_leftover(editor: Any, rebuilds: Rebuilds, table: str, said: Callable[[str], None]) -> None:
    """Drop a copy all of whose rows the table has, and say so. Raises Leftover for another one."""
    from handrail.execution.before_run import tell

    with editor.connection.cursor() as cursor:
        if not rebuilds.columns_of(cursor, COPY + table):
            return
    found = leftover(editor.connection, rebuilds, table)
    if not _is_needless(found):
        raise found
    note = f"all of its rows are in {table}: it is dropped"
    tell([replace(found.finding, severity=Severity.WARNING, notes=(note,))], said)
    editor.execute(f"DROP TABLE {editor.quote_name(COPY + table)}", None)


def leftover(connection: BaseDatabaseWrapper, rebuilds: Rebuilds, table: str) -> Leftover:
    """Compare the copy of a table with it, by the primary key; a copy that cannot be compared has all its rows alone."""
    copy, quote = COPY + table, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {quote(copy)}")
        rows = cursor.fetchone()[0]
        only_there: int | None = None
        if rebuilds.columns_of(cursor, table):
            key = connection.introspection.get_primary_key_columns(cursor, table) or []
            only_there = rows
            if key and set(key) <= set(rebuilds.columns_of(cursor, copy)):
                same = " AND ".join(f"o.{quote(column)} = c.{quote(column)}" for column in key)
                sql = f"SELECT count(*) FROM {quote(copy)} c WHERE NOT EXISTS (SELECT 1 FROM {quote(table)} o WHERE {same})"
                cursor.execute(sql)
                only_there = cursor.fetchone()[0]
    return Leftover(copy=copy, table=table, rows=rows, only_there=only_there)


def _is_needless(found: Leftover) -> bool:
    return found.only_there == 0
