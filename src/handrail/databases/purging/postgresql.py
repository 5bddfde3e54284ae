"""PostgreSQL 14 and later: columns, tables, schemas, triggers and their functions, by the system catalogues (chapter 52)."""

from __future__ import annotations

from handrail.databases.base import Cursor
from handrail.databases.purging.base import NOTHING_KNOWN, PREFIX, Purging, Size, checked, counted, fetched

_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE starts_with(a.attname::text, %s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
      AND c.relkind IN ('r', 'p') AND NOT starts_with(c.relname::text, %s) AND n.nspname <> %s
    ORDER BY a.attname"""
"""A column that is inherited, or a partition's, goes with its parent's (sql-altertable.html)."""
_TABLES = """
    SELECT n.nspname, c.relname, c.relkind = 'S'
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (starts_with(c.relname::text, %s) OR n.nspname = %s) AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition
      AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
          AND d.deptype IN ('a', 'i'))
    ORDER BY c.relkind, c.relname"""
"""A sequence that a column owns goes with its table (sql-droptable.html)."""
_TRIGGERS = """
    SELECT n.nspname, c.relname, t.tgname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE starts_with(t.tgname::text, %s) AND NOT t.tgisinternal AND t.tgparentid = 0"""
_FUNCTIONS = "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE starts_with(p.proname::text, %s)"
_STATISTICS = """
    SELECT c.reltuples * (1 - s.null_frac) * s.avg_width FROM pg_stats s JOIN pg_class c ON c.oid = %s::regclass
    WHERE s.schemaname = %s AND s.tablename = %s AND s.attname = %s AND c.reltuples > 0"""
_VIEWS = """
    SELECT n.nspname, c.relname, c.relkind = 'm' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('v', 'm') ORDER BY c.oid DESC"""
"""Views that SQL had dropped with what they read, the newest first."""
_SCHEMA = "SELECT nspname FROM pg_namespace WHERE nspname = %s"


_NAMES = """
    SELECT relname FROM pg_class WHERE starts_with(relname::text, %s)
    UNION SELECT attname FROM pg_attribute WHERE starts_with(attname::text, %s) AND attnum > 0 AND NOT attisdropped
    UNION SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, %s)
    UNION SELECT tgname FROM pg_trigger WHERE starts_with(tgname::text, %s)"""


class PurgingPostgreSQL(Purging):
    """Nothing is dropped with CASCADE: what others have built on it is theirs."""

    def names(self, cursor: Cursor) -> list[str]:
        """In all schemas."""
        return [str(name) for (name,) in fetched(cursor, _NAMES, *[PREFIX] * 4)]

    def dropping(self, cursor: Cursor, aside: str) -> list[str]:
        """Everything by name: first what hangs on tables that stay, then tables, then the schema that held them."""
        checked(aside)
        found = [
            f"DROP TRIGGER {_quoted(name)} ON {_quoted(schema, table)}"
            for schema, table, name in fetched(cursor, _TRIGGERS, aside)
        ]
        found += [f"DROP FUNCTION {signature}" for (signature,) in fetched(cursor, _FUNCTIONS, aside)]
        for schema, name, is_stored in fetched(cursor, _VIEWS, aside):
            found.append(f"DROP {'MATERIALIZED ' * is_stored}VIEW {_quoted(schema, name)}")
        columns = fetched(cursor, _COLUMNS, aside, aside, aside)
        found += [f"ALTER TABLE {_quoted(schema, table)} DROP COLUMN {_quoted(name)}" for schema, table, name in columns]
        for schema, name, is_sequence in fetched(cursor, _TABLES, aside, aside):
            found.append(f"DROP {'SEQUENCE' if is_sequence else 'TABLE'} {_quoted(schema, name)}")
        found += [f"DROP SCHEMA {_quoted(name)}" for (name,) in fetched(cursor, _SCHEMA, aside)]
        return found

    def emptying(self, cursor: Cursor, aside: str) -> list[str]:  # noqa: ARG002 - the base's signature
        """DROP TABLE takes as long for a large table as for a small one, and locks no other table."""
        return []

    def size(self, cursor: Cursor, aside: str) -> Size:
        """Count small columns, and take the statistics for large ones (view-pg-stats.html); tables have their size on disk."""
        checked(aside)
        for schema, table, column in fetched(cursor, _COLUMNS, aside, aside, aside):
            found = counted(cursor, _quoted(schema, table), _quoted(column), "pg_column_size(v)")
            return found if found.rows is not None else _estimated(cursor, schema, table, column)
        tables = [
            _quoted(schema, name) for schema, name, is_sequence in fetched(cursor, _TABLES, aside, aside) if not is_sequence
        ]
        if not tables:
            return NOTHING_KNOWN
        sizes = [fetched(cursor, "SELECT pg_total_relation_size(%s::regclass)", table)[0][0] for table in tables]
        return Size(counted(cursor, tables[0], "", "").rows, int(sum(sizes)))


def _estimated(cursor: Cursor, schema: str, table: str, column: str) -> Size:
    found = fetched(cursor, _STATISTICS, _quoted(schema, table), schema, table, column)
    return Size(None, int(found[0][0])) if found else NOTHING_KNOWN


def _quoted(*names: str) -> str:
    return ".".join('"{}"'.format(name.replace('"', '""')) for name in names)
