"""MySQL 8.0 and later and MariaDB 10.6 and later, which Django calls one vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from handrail.databases._sessions_mysql import MySQLSessions
from handrail.databases.base import Backend, CatalogueObject, Cursor, Settings, check_scratch_name, words
from handrail.domain.database import DatabaseFeatures, Scope

_TABLES = """
    SELECT table_name, table_type, engine, table_collation, table_comment FROM information_schema.tables
    WHERE table_schema = DATABASE()"""
_COLUMNS = """
    SELECT table_name, column_name, column_type, is_nullable, column_default, extra, collation_name, column_comment,
           generation_expression FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name NOT IN (
        SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE())"""
_INDEXES = """
    SELECT s.* FROM information_schema.statistics s
    WHERE s.table_schema = DATABASE() ORDER BY s.table_name, s.index_name, s.seq_in_index"""
_KEYS = """
    SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, r.update_rule,
           r.delete_rule
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
      ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
    WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL
    ORDER BY k.table_name, k.constraint_name, k.ordinal_position"""
_CHECKS = {
    True: """SELECT table_name, if(level = 'Column', '', constraint_name), check_clause FROM information_schema.check_constraints
    WHERE constraint_schema = DATABASE()""",
    False: """SELECT t.table_name, t.constraint_name, concat(c.check_clause, ' ', t.enforced)
    FROM information_schema.table_constraints t JOIN information_schema.check_constraints c
      ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
    WHERE t.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK'""",
}
"""By whether it is MariaDB: its check_constraints has the table, and MySQL's has not.

MariaDB (10.5.10, "Information Schema CHECK_CONSTRAINTS Table") calls the check of a column's own definition after the column.
That is no name of the check: SHOW CREATE TABLE has none, DROP CONSTRAINT finds none, and RENAME COLUMN leaves it as it was until
the next MODIFY, or until the table is loaded from a dump (seen on 10.11).
"""
_OTHERS = {
    "view": "SELECT table_name, table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()",
    "trigger": """SELECT event_object_table, trigger_name, concat_ws(' ', action_timing, event_manipulation, action_statement)
    FROM information_schema.triggers WHERE trigger_schema = DATABASE()""",
    "function": """SELECT '', routine_name, concat_ws(' ', routine_type, dtd_identifier, routine_definition)
    FROM information_schema.routines WHERE routine_schema = DATABASE()""",
}


class MySQL(MySQLSessions, Backend):
    """MySQL and MariaDB, by their manuals."""

    # MySQL 8.0 manual: 13.3.3 (statements that cause an implicit commit), 9.2.1 (identifiers of 64 characters), 9.2.3 (column
    # and index names are case-insensitive on every platform; table names depend on lower_case_table_names, and are taken for
    # sensitive here, as on Linux), 13.1.20.6 (check constraint names: once per schema), 13.1.20.5 (foreign key names: once per
    # database). MariaDB: "Identifier Names", "Identifier Case-sensitivity", "SQL statements that cause an implicit commit";
    # its check constraint names are taken once per table ("CONSTRAINT"), so the stricter one is stated.
    features = DatabaseFeatures(
        vendor="mysql",
        transactional_ddl=False,
        index_names=Scope.TABLE,
        check_names=Scope.SCHEMA,
        unique_names=Scope.TABLE,
        foreign_key_names=Scope.SCHEMA,
        folds_table_names=False,
        folds_column_names=True,
        folds_index_names=True,
        max_name_length=64,
        name_length_in_bytes=False,
        table_comments=True,
        in_memory=False,
        copies_databases=False,
        rebuilds_tables=False,
    )
    generated_name: ClassVar = re.compile(r"^CONSTRAINT_\d+$|_(chk|ibfk)_\d+$|^PRIMARY$")

    def maintenance(self, settings: Settings) -> Settings:
        """Without a name the client opens no database (backends/mysql/base.py, get_connection_params)."""
        return {**settings, "NAME": ""}

    def create(self, name: str, template: str = "") -> list[str]:
        """The server's own character set and collation are used, as they are for Django's test databases."""
        if template:
            raise ValueError("MySQL and MariaDB cannot copy a database")
        return [f"CREATE DATABASE `{check_scratch_name(name)}`"]

    def drop(self, name: str) -> list[str]:
        """Drop all of it."""
        return [f"DROP DATABASE IF EXISTS `{check_scratch_name(name)}`"]

    def idle(self, cursor: Cursor) -> list[str]:
        """Without the PROCESS privilege only the user's own connections are seen; nobody else has a reason to be there."""
        cursor.execute(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'handrail\\_scratch\\_%'"
            " AND schema_name NOT IN (SELECT db FROM information_schema.processlist WHERE db IS NOT NULL)"
        )
        return [row[0] for row in cursor.fetchall()]

    def missing_privilege(self, error: BaseException) -> str:
        """1044 is ER_DBACCESS_DENIED_ERROR (MySQL 8.0 error reference; the same in MariaDB)."""
        denied = bool(error.args) and error.args[0] == 1044
        return "ALL on `handrail\\_scratch\\_%`.* (GRANT ALL PRIVILEGES ON `handrail\\_scratch\\_%`.* TO user)" if denied else ""

    def catalogue(self, cursor: Cursor) -> list[CatalogueObject]:
        """Read information_schema."""
        found = []
        for table, kind, engine, collation, comment in _tuples(cursor, _TABLES):
            if kind != "VIEW":
                text = words(engine, collation, f"comment {comment!r}" if comment else "")
                found.append(CatalogueObject(table, "table", table, text))
        found += self._columns(cursor)
        found += self._indexes(cursor)
        found += self._foreign_keys(cursor)
        ((version,),) = _tuples(cursor, "SELECT VERSION()")
        for table, name, clause in _tuples(cursor, _CHECKS["mariadb" in version.lower()]):
            found.append(CatalogueObject(table, "constraint", name, f"check {clause}"))
        for other, sql in _OTHERS.items():
            found += [CatalogueObject(table, other, name, text or "") for table, name, text in _tuples(cursor, sql)]
        return found

    def _columns(self, cursor: Cursor) -> Iterator[CatalogueObject]:
        for table, name, kind, nullable, default, extra, collation, comment, expression in _tuples(cursor, _COLUMNS):
            text = words(
                kind,
                "null" if nullable == "YES" else "not null",
                f"default {default}" if default is not None else "",
                extra,
                f"generated as {expression}" if expression else "",
                f"collation {collation}" if collation else "",
                f"comment {comment!r}" if comment else "",
            )
            yield CatalogueObject(table, "column", name, text)

    def _indexes(self, cursor: Cursor) -> Iterator[CatalogueObject]:
        parts: dict[tuple[str, str], list[str]] = {}
        for row in _dicts(cursor, _INDEXES):
            start = ["primary" if row["index_name"] == "PRIMARY" else "" if row["non_unique"] else "unique", row["index_type"]]
            part = words(
                row["column_name"] or row.get("expression"),
                f"({row['sub_part']})" if row["sub_part"] else "",
                "desc" if row["collation"] == "D" else "",
            )
            parts.setdefault((row["table_name"], row["index_name"]), start).append(part)
        for (table, name), (unique, kind, *columns) in parts.items():
            yield CatalogueObject(table, "index", name, words(unique, kind, f"({', '.join(columns)})"))

    def _foreign_keys(self, cursor: Cursor) -> Iterator[CatalogueObject]:
        parts: dict[tuple[str, str], tuple[list[str], list[str], str, str]] = {}
        for table, name, column, target, target_column, update, delete in _tuples(cursor, _KEYS):
            key = parts.setdefault((table, name), ([], [], target, f"on update {update} on delete {delete}"))
            key[0].append(column)
            key[1].append(target_column)
        for (table, name), (columns, targets, target, rules) in parts.items():
            text = f"foreign key ({', '.join(columns)}) references {target} ({', '.join(targets)}) {rules}"
            yield CatalogueObject(table, "constraint", name, text)


def _tuples(cursor: Cursor, sql: str) -> list[tuple[Any, ...]]:
    """Return rows as text: MySQL 8 gives some columns of information_schema as bytes."""
    cursor.execute(sql)
    return [tuple(_text(value) for value in row) for row in cursor.fetchall()]


def _dicts(cursor: Any, sql: str) -> list[dict[str, Any]]:
    rows = _tuples(cursor, sql)
    names = [column[0].lower() for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value
