"""PostgreSQL 14 and later: all schemas but the system's, without what belongs to extensions (catalog-pg-depend.html)."""

from __future__ import annotations

from typing import ClassVar

from handrail.databases.backups.base import Backups, fetched
from handrail.databases.base import Cursor

_FREE = (
    "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {0}.oid AND d.classid = '{1}'::regclass AND d.objsubid = 0"
    " AND d.deptype IN ('e', 'i'))"
)
"""What is no part of an extension or of something else; the key of a partitioned table depends on the table itself."""
_OWN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_TABLES = f"""
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND {_OWN} AND {_FREE.format("c", "pg_class")} ORDER BY 1, 2"""
_SCHEMAS = f"SELECT n.nspname FROM pg_namespace n WHERE {_OWN} AND n.nspname <> 'public' ORDER BY 1"
_RELATIONS = f"""
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname = 'public' AND {_FREE.format("c", "pg_class")}
    ORDER BY 1, 3"""
_ROUTINES = f"""
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND {_FREE.format("p", "pg_proc")} ORDER BY 1"""
_TYPES = f"""
    SELECT n.nspname, t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = 'public' AND t.typtype IN ('c', 'd', 'e', 'r') AND {_FREE.format("t", "pg_type")}
      AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c') ORDER BY 2"""
_COLLATIONS = f"""
    SELECT n.nspname, l.collname FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
    WHERE n.nspname = 'public' AND {_FREE.format("l", "pg_collation")} ORDER BY 2"""
_LARGE_OBJECTS = "SELECT oid FROM pg_largeobject_metadata ORDER BY oid"


class BackupsPostgreSQL(Backups):
    """Extensions stay: making one again takes rights that the owner of a database seldom has."""

    package: ClassVar = "postgresql-client"

    def tables(self, cursor: Cursor) -> dict[str, str]:
        """Partitions are tables that hold the rows of their parents; those of the schema public are named without it."""
        found = fetched(cursor, _TABLES)
        return {name if schema == "public" else f"{schema}.{name}": _quoted(schema, name) for schema, name in found}

    def emptying(self, cursor: Cursor) -> list[str]:
        """Other schemas go with all that is in them; what one statement has taken along is not there for the next."""
        found = [f"DROP SCHEMA IF EXISTS {_quoted(name)} CASCADE" for (name,) in fetched(cursor, _SCHEMAS)]
        found += [f"DROP {kind} IF EXISTS {_quoted(*name)} CASCADE" for kind, *name in fetched(cursor, _RELATIONS)]
        found += [f"DROP ROUTINE IF EXISTS {signature} CASCADE" for (signature,) in fetched(cursor, _ROUTINES)]
        found += [f"DROP TYPE IF EXISTS {_quoted(*name)} CASCADE" for name in fetched(cursor, _TYPES)]
        found += [f"DROP COLLATION IF EXISTS {_quoted(*name)} CASCADE" for name in fetched(cursor, _COLLATIONS)]
        return found + [f"SELECT lo_unlink({oid})" for (oid,) in fetched(cursor, _LARGE_OBJECTS)]


def _quoted(*names: str) -> str:
    return ".".join('"{}"'.format(name.replace('"', '""')) for name in names)
