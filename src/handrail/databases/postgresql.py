"""PostgreSQL 14 and later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from handrail.databases._sessions_postgresql import PostgresSessions
from handrail.databases.base import Backend, CatalogueObject, Cursor, Settings, check_scratch_name, words
from handrail.domain.database import DatabaseFeatures, Scope

_OWN = """n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = '{0}'::regclass AND e.objid = {1} AND e.deptype = 'e')"""
_CLASS = _OWN.format("pg_class", "c.oid")
_TABLE = "CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END || c.relname"
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}

_TABLES = f"""
    SELECT {_TABLE}, c.relkind, obj_description(c.oid, 'pg_class'),
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, c.relpersistence
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_CLASS}"""
_COLUMNS = f"""
    SELECT {_TABLE}, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
           a.attidentity, a.attgenerated, CASE WHEN a.attcollation <> t.typcollation THEN l.collname END,
           col_description(c.oid, a.attnum)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {_CLASS}"""
_INDEXES = f"""
    SELECT {_TABLE}, i.relname, x.indisunique, x.indisvalid, pg_get_indexdef(x.indexrelid), obj_description(i.oid, 'pg_class')
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.conrelid = x.indrelid) AND {_CLASS}"""
_CONSTRAINTS = f"""
    SELECT {_TABLE}, k.conname, pg_get_constraintdef(k.oid), k.convalidated
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype <> 'n' AND {_CLASS}"""
_SEQUENCES = f"""
    SELECT coalesce(o.relname, ''), {_TABLE}, a.attname, format_type(s.seqtypid, NULL), s.seqincrement, s.seqcycle
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend p
      ON p.classid = 'pg_class'::regclass AND p.objid = c.oid AND p.deptype IN ('a', 'i') AND p.refobjsubid > 0
    LEFT JOIN pg_class o ON o.oid = p.refobjid LEFT JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
    WHERE {_CLASS}"""
_TRIGGERS = f"""
    SELECT {_TABLE}, g.tgname, pg_get_triggerdef(g.oid), g.tgenabled
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT g.tgisinternal AND {_CLASS}"""
_FUNCTIONS = f"""
    SELECT f.oid::regprocedure::text, pg_get_functiondef(f.oid) FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
    WHERE f.prokind IN ('f', 'p') AND {_OWN.format("pg_proc", "f.oid")}"""
_ENUMS = f"""
    SELECT t.oid::regtype::text, string_agg(v.enumlabel, ', ' ORDER BY v.enumsortorder)
    FROM pg_type t JOIN pg_enum v ON v.enumtypid = t.oid JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE {_OWN.format("pg_type", "t.oid")} GROUP BY t.oid"""


class PostgreSQL(PostgresSessions, Backend):
    """PostgreSQL, by its manual."""

    # Manual of 18. Identifiers: 4.1.1 (63 bytes; quoted ones keep their case). "DDL" in a transaction: 13 and the
    # statements that cannot, each on its page (CREATE DATABASE, CREATE INDEX CONCURRENTLY). CREATE INDEX: the name of the index
    # must be distinct from any other relation in that schema; unique and primary key constraints have an index of their name.
    # CREATE TABLE, "Compatibility": a name of a check or foreign key constraint is taken once per table. COMMENT. CREATE
    # DATABASE ... TEMPLATE.
    features = DatabaseFeatures(
        vendor="postgresql",
        transactional_ddl=True,
        index_names=Scope.SCHEMA,
        check_names=Scope.TABLE,
        unique_names=Scope.SCHEMA,
        foreign_key_names=Scope.TABLE,
        folds_table_names=False,
        folds_column_names=False,
        folds_index_names=False,
        max_name_length=63,
        name_length_in_bytes=True,
        table_comments=True,
        in_memory=False,
        copies_databases=True,
        rebuilds_tables=False,
    )
    # manual of 18, SET CONSTRAINTS: made immediate, what is pending is checked at once
    settling: ClassVar = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
    generated_name: ClassVar = re.compile(r"_(pkey|key|fkey|check|excl|idx|seq)\d*$")

    def maintenance(self, settings: Settings) -> Settings:
        """Django connects to the database "postgres" where NAME is None (backends/postgresql/base.py, get_connection_params)."""
        return {**settings, "NAME": None}

    def create(self, name: str, template: str = "") -> list[str]:
        """template0 holds nothing of the site's own (manual of 18, 22.3)."""
        source = check_scratch_name(template) if template else "template0"
        return [f'CREATE DATABASE "{check_scratch_name(name)}" TEMPLATE "{source}"']

    def drop(self, name: str) -> list[str]:
        """WITH (FORCE) ends the connections that the code of a migration left open (13 and later)."""
        return [f'DROP DATABASE IF EXISTS "{check_scratch_name(name)}" WITH (FORCE)']

    def idle(self, cursor: Cursor) -> list[str]:
        """pg_stat_activity.datname is shown to every user (manual of 18, 27.2.3)."""
        cursor.execute(
            "SELECT datname FROM pg_database d WHERE datname LIKE 'handrail\\_scratch\\_%'"
            " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
        )
        return [row[0] for row in cursor.fetchall()]

    def missing_privilege(self, error: BaseException) -> str:
        """SQLSTATE 42501 is insufficient_privilege (manual of 18, appendix A)."""
        denied = getattr(error.__cause__, "sqlstate", "") == "42501"
        return "CREATEDB (ALTER ROLE name CREATEDB)" if denied else ""

    def catalogue(self, cursor: Cursor) -> list[CatalogueObject]:
        """Read the system catalogues (manual of 18, chapter 53), with the server's own functions writing the definitions."""
        found = self._tables(cursor)
        for table, name, unique, valid, definition, comment in _rows(cursor, _INDEXES):
            shape = definition[definition.index(" USING ") + 1 :]
            text = words("unique" if unique else "", shape, "" if valid else "invalid", comment)
            found.append(CatalogueObject(table, "index", name, text))
        for table, name, definition, valid in _rows(cursor, _CONSTRAINTS):
            found.append(CatalogueObject(table, "constraint", name, words(definition, "" if valid else "not validated")))
        for owner, name, column, kind, step, cycle in _rows(cursor, _SEQUENCES):
            text = words(kind, f"by {step}", "cycle" if cycle else "", f"owned by {column}" if column else "")
            found.append(CatalogueObject(owner, "sequence", name, text))
        for table, name, definition, enabled in _rows(cursor, _TRIGGERS):
            found.append(CatalogueObject(table, "trigger", name, words(definition, enabled)))
        found += [CatalogueObject("", "function", name, text) for name, text in _rows(cursor, _FUNCTIONS)]
        found += [CatalogueObject("", "type", name, text) for name, text in _rows(cursor, _ENUMS)]
        found += [CatalogueObject("", "extension", name, "") for (name,) in _rows(cursor, "SELECT extname FROM pg_extension")]
        return found

    def _tables(self, cursor: Cursor) -> list[CatalogueObject]:
        found = []
        for table, kind, comment, definition, persistence in _rows(cursor, _TABLES):
            text = words(definition, "unlogged" if persistence == "u" else "", f"comment {comment!r}" if comment else "")
            found.append(CatalogueObject(table, _KINDS[kind], table, text))
        for table, name, kind, required, default, identity, generated, collation, comment in _rows(cursor, _COLUMNS):
            text = words(
                kind,
                "not null" if required else "null",
                f"{'generated as' if generated else 'default'} {default}" if default else "",
                {"a": "identity always", "d": "identity by default"}.get(identity, ""),
                f"collation {collation}" if collation else "",
                f"comment {comment!r}" if comment else "",
            )
            found.append(CatalogueObject(table, "column", name, text))
        return found


def _rows(cursor: Cursor, sql: str) -> Sequence[Sequence[Any]]:
    cursor.execute(sql)
    return cursor.fetchall()
