"""MySQL 8.0 and later and MariaDB 10.6 and later: triggers for each row, which ask a variable of the session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from handrail.databases._sessions import causes
from handrail.databases.base import Cursor
from handrail.databases.row_logs._entries import Entries
from handrail.databases.row_logs.base import IMAGE, ORDER, Column, Reference, RowLog, rows_of

_COLUMNS = """
    SELECT c.column_name, c.data_type, c.column_type, c.character_set_name, c.collation_name FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = DATABASE() AND c.table_name = %s AND t.table_type = 'BASE TABLE'
      AND coalesce(c.generation_expression, '') = '' ORDER BY c.ordinal_position"""
_NULLABLE = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s AND is_nullable = 'YES'"""
_KEY = """
    SELECT column_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = %s AND index_name = 'PRIMARY' ORDER BY seq_in_index"""
_ACTIONS = """
    SELECT table_name FROM information_schema.referential_constraints
    WHERE constraint_schema = DATABASE() AND referenced_table_name = %s
      AND (delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))"""
_BODIES = """
    SELECT action_statement FROM information_schema.triggers WHERE event_object_schema = DATABASE()
      AND event_object_table = %s AND trigger_name NOT LIKE 'hrk\\\\_%%'"""
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
_REFERENCES = """
    SELECT table_name, max(column_name), max(referenced_column_name) FROM information_schema.key_column_usage
    WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE() AND referenced_table_name = %s
    GROUP BY table_name, constraint_name HAVING count(*) = 1"""
_UNIQUES = """
    SELECT index_name, column_name FROM information_schema.statistics s
    WHERE table_schema = DATABASE() AND table_name = %s AND non_unique = 0 AND index_name <> 'PRIMARY'
      AND NOT EXISTS (SELECT 1 FROM information_schema.statistics o WHERE o.table_schema = s.table_schema
        AND o.table_name = s.table_name AND o.index_name = s.index_name AND (o.sub_part IS NOT NULL OR o.column_name IS NULL))
    ORDER BY index_name, seq_in_index"""
_LEFTOVERS = """
    SELECT event_object_table, trigger_name FROM information_schema.triggers
    WHERE trigger_schema = DATABASE() AND trigger_name LIKE 'hrk\\\\_%' ORDER BY 1, 2"""
_EVENTS = ("insert", "update", "delete")
_TEXTS = frozenset(["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json"])
_NOT_ALLOWED = frozenset({1044, 1142, 1227, 1370, 1419})
"""ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_PROCACCESS_DENIED_ERROR,
ER_BINLOG_CREATE_ROUTINE_NEED_SUPER (MySQL 8.0 error reference)."""


class MySQLRowLogs(Entries):
    """By the manual of MySQL 8.0: 25.3 (triggers), 9.4 (user-defined variables), 13.3.3 (statements that commit)."""

    ahead: ClassVar = True
    commits: ClassVar = True
    dialect: ClassVar = "mysql"
    mark: ClassVar = "`"

    def columns(self, cursor: Cursor, table: str) -> tuple[Column, ...]:
        """In the order of the table."""
        found = rows_of(cursor, _COLUMNS, [table])
        sets = [f" CHARACTER SET {letters} COLLATE {collation}" if letters else "" for *_, letters, collation in found]
        return tuple(
            Column(name, kind.lower(), f"{whole}{more}") for (name, kind, whole, *_), more in zip(found, sets, strict=True)
        )

    def key(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """In the order of the index."""
        return tuple(name for (name,) in rows_of(cursor, _KEY, [table]))

    def nullable(self, cursor: Cursor, table: str) -> set[str]:
        """Those that are not NOT NULL."""
        return {name for (name,) in rows_of(cursor, _NULLABLE, [table])}

    def reached_from(self, cursor: Cursor, table: str) -> set[str]:
        """Actions of foreign keys fire no triggers (13.1.20.5), so they are refused elsewhere; triggers of others name tables."""
        tables = {name for (name,) in rows_of(cursor, _TABLES)}
        bodies = " ".join(str(body) for (body,) in rows_of(cursor, _BODIES, [table]))
        return (tables & set(re.findall(r"\w+", bodies))) - {table}

    def acted_on(self, cursor: Cursor, table: str) -> set[str]:
        """Return the tables that foreign keys change unseen when rows of a table are deleted."""
        return {name for (name,) in rows_of(cursor, _ACTIONS, [table])}

    def references_to(self, cursor: Cursor, table: str) -> list[Reference]:
        """Those of one column."""
        return [Reference(child, column, table, target) for child, column, target in rows_of(cursor, _REFERENCES, [table])]

    def uniques(self, cursor: Cursor, table: str) -> list[tuple[str, ...]]:
        """Those of whole columns."""
        found: dict[str, list[str]] = {}
        for index, column in rows_of(cursor, _UNIQUES, [table]):
            found.setdefault(index, []).append(column)
        return [tuple(columns) for columns in found.values()]

    def scratch(self, name: str, key: Sequence[str], select: str) -> list[str]:
        """To make an index later would commit (13.3.3)."""
        made = f"CREATE TEMPORARY TABLE {self.quote(name)} (PRIMARY KEY ({', '.join(key)})) ENGINE = InnoDB AS {select}"
        return [f"DROP TEMPORARY TABLE IF EXISTS {self.quote(name)}", made]

    def no_scratch(self, name: str) -> str:
        """Without the word it would commit."""
        return f"DROP TEMPORARY TABLE {self.quote(name)}"

    def halved(self, number: str) -> str:
        """/ would make a decimal."""
        return f"{number} DIV 2"

    def log(self, one: RowLog) -> str:
        """Types as information_schema says them; a timestamp is only nullable where that is said (11.2.5)."""
        types = [column.definition for column in one.columns]
        columns = [f"{pair} {kind} NULL" for pair, kind in zip(self.pairs(one), [*types, *types], strict=True)]
        first = f"{ORDER} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, {IMAGE} TINYINT NOT NULL"
        return f"CREATE TABLE {self.quote(one.name)} ({', '.join([first, *columns])}) ENGINE = InnoDB"

    def triggers(self, one: RowLog) -> list[str]:
        """A variable of another session is NULL, and IF takes that for false."""
        return [
            f"CREATE TRIGGER {self.quote(f'{one.name}_{event[0]}')} AFTER {event.upper()} ON {self.quote(one.table)} "
            f"FOR EACH ROW IF @handrail_run = '{one.token}' THEN {self.entry(one, event)}; END IF"
            for event in _EVENTS
        ]

    def no_triggers(self, one: RowLog) -> list[str]:
        """Each by its name."""
        return [f"DROP TRIGGER IF EXISTS {self.quote(f'{one.name}_{event[0]}')}" for event in _EVENTS]

    def leftovers(self, cursor: Cursor) -> list[tuple[str, str]]:
        """By their names."""
        return [(table, f"DROP TRIGGER IF EXISTS {self.quote(name)}") for table, name in rows_of(cursor, _LEFTOVERS)]

    def say_token(self, token: str, *, local: bool) -> str:  # noqa: ARG002 - the base's signature
        """Variables are the session's (9.4)."""
        return f"SET @handrail_run = '{token}'" if token else "SET @handrail_run = NULL"

    def same(self, one: str, other: str, kind: str) -> str:
        """Collations call texts equal that are not the same."""
        return f"(BINARY {one} <=> BINARY {other})" if kind in _TEXTS else f"({one} <=> {other})"

    def update(self, table: str, source: str, on: str, values: Sequence[tuple[str, str]]) -> str:
        """UPDATE of joined tables (13.2.17)."""
        assignments = ", ".join(f"t.{self.quote(name)} = {value}" for name, value in values)
        return f"UPDATE {self.quote(table)} AS t JOIN {source} AS w ON {on} SET {assignments}"

    def delete(self, table: str, key: Sequence[tuple[str, str]], source: str, condition: str) -> str:
        """DELETE of joined tables (13.2.2)."""
        on = " AND ".join(f"t.{self.quote(name)} = w.{of}" for name, of in key)
        return f"DELETE t FROM {self.quote(table)} AS t JOIN {source} AS w ON {on} WHERE {condition}"

    def not_allowed(self, error: BaseException) -> bool:
        """By number."""
        return any(one.args and one.args[0] in _NOT_ALLOWED for one in causes(error))

    def unchecked(self) -> tuple[str, str]:
        """InnoDB checks row by row; what refers to what is looked at before."""
        return "SET foreign_key_checks = 0", "SET foreign_key_checks = 1"
