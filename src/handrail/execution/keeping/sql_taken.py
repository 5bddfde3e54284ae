"""What goes with a schema, database, type or extension that SQL drops: tables and columns of which nothing is kept then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handrail.domain.kept import is_kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.sql_text import Name

_OF_SCHEMA = """SELECT table_schema, table_name, '' FROM information_schema.tables
    WHERE lower(table_schema) = lower(%s) AND table_type = 'BASE TABLE' ORDER BY table_name"""
_COLUMNS = """SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE c.relkind = 'r' AND NOT a.attisdropped AND a.attnum > 0 AND ({0}) ORDER BY 1, 2, a.attnum"""
_OF_TYPE = _COLUMNS.format("lower(coalesce(e.typname, t.typname)) = lower(%s)")
_OF_EXTENSION = _COLUMNS.format(
    "coalesce(e.oid, t.oid) IN (SELECT d.objid FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid"
    " WHERE d.classid = 'pg_type'::regclass AND d.refclassid = 'pg_extension'::regclass AND lower(x.extname) = lower(%s))"
)
_OF_OWNER = """SELECT schemaname, tablename, '' FROM pg_tables WHERE lower(tableowner) = lower(%s) ORDER BY 1, 2"""
_ASKING = {
    "DROP SCHEMA": _OF_SCHEMA,
    "DROP DATABASE": _OF_SCHEMA,
    "DROP TYPE": _OF_TYPE,
    "DROP DOMAIN": _OF_TYPE,
    "DROP EXTENSION": _OF_EXTENSION,
    "DROP OWNED": _OF_OWNER,
}
"""By name (PostgreSQL 18 manual, 53.7, 53.18, 53.64, 54.22; MySQL 8.0 manual, 28.3.38): schema, table and column, "" for all."""


def taken(connection: BaseDatabaseWrapper, patterns: Sequence[str], what: str, names: Sequence[Name]) -> str:
    """Name a table with rows, or a column of one, that goes with what is dropped; "" where there is none."""
    if connection.vendor == "postgresql" and what == "DROP DATABASE":
        return f"all that is in the database {names[0].name}" if names else ""
    for name in names:
        with connection.cursor() as cursor:
            cursor.execute(_ASKING[what], [name.name])
            found = [(str(schema), str(table), str(column)) for schema, table, column in cursor.fetchall()]
        for schema, table, column in found:
            if is_kept(patterns, table, column) and _has_rows(connection, schema, table):
                return f"data of {table}.{column}" if column else f"data of {schema}.{table}"
    return ""


def _has_rows(connection: BaseDatabaseWrapper, schema: str, table: str) -> bool:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {quote(schema)}.{quote(table)} LIMIT 1", None)
        return cursor.fetchone() is not None
