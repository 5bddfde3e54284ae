"""Which tables and columns a database has."""

from __future__ import annotations

from collections.abc import Collection


def read_columns(alias: str, app_label: str, tables: Collection[str]) -> dict[str, frozenset[str]] | None:
    """Return the columns of those of the tables that are there, all in lower case.

    tables: in lower case. None where the routers keep the app out of this database: its migrations are recorded there without
    having done anything (Operation.allow_migrate_model).
    """
    from django.db import connections, router

    if not router.allow_migrate(alias, app_label):
        return None
    connection = connections[alias]
    with connection.cursor() as cursor:
        there = [name for name in connection.introspection.table_names(cursor) if name.lower() in tables]
        return {
            name.lower(): frozenset(
                column.name.lower() for column in connection.introspection.get_table_description(cursor, name)
            )
            for name in there
        }
