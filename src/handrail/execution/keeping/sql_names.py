"""Which table or column of the database a name in SQL means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.sql_text import Name

_HERE = {"postgresql": "SELECT current_schema()", "mysql": "SELECT DATABASE()", "sqlite": "SELECT 'main'"}
_LASTING = "SELECT relkind = 'r' AND relpersistence <> 't' FROM pg_class WHERE oid = %s::regclass"
"""An ordinary table that is no partition's parent and not temporary (PostgreSQL 18 manual, 53.11)."""


def found_table(connection: BaseDatabaseWrapper, name: Name) -> str:
    """Return the table as the database calls it; "" where there is no such one, or it is no table that can be set aside."""
    with connection.cursor() as cursor:
        if name.qualifier:
            cursor.execute(_HERE[connection.vendor], None)
            ((here,),) = cursor.fetchall()
            if str(here).lower() != name.qualifier.lower():
                return ""
        there = [one.name for one in connection.introspection.get_table_list(cursor) if one.type == "t"]
        found = _among(there, name.name, folds=name.folds, exact=connection.vendor == "postgresql")
        if found and connection.vendor == "postgresql":
            cursor.execute(_LASTING, [f'"{found}"'])
            ((lasting,),) = cursor.fetchall()
            return found if lasting else ""
    return found


def found_column(connection: BaseDatabaseWrapper, table: str, name: Name) -> str:
    """Return the column as the database calls it; "" where there is none."""
    if not table:
        return ""
    return _among(columns_of(connection, table), name.name, folds=name.folds, exact=connection.vendor == "postgresql")


def columns_of(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """Return the columns of a table; [] where there is none."""
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return []
        return [one.name for one in connection.introspection.get_table_description(cursor, table)]


def _among(there: list[str], name: str, *, folds: bool, exact: bool) -> str:
    wanted = name.lower() if folds and exact else name
    if wanted in there:
        return wanted
    same = [one for one in there if one.lower() == name.lower()]
    return same[0] if len(same) == 1 and not exact else ""
