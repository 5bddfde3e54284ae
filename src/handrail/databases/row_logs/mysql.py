"""MySQL 8.0 and later and MariaDB 10.6 and later: triggers for each row, which ask a variable of the session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from handrail.databases._sessions import causes
from handrail.databases.base import Cursor
from handrail.databases.row_logs._entries import AFTER, BEFORE
from handrail.databases.row_logs._set_entries import SetEntries
from handrail.databases.row_logs.base import ASSIGNED, IMAGE, ORDER, Column, Reference, RowLog, rows_of

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
_FOLLOWED = """
    SELECT k.table_name, k.referenced_column_name FROM information_schema.key_column_usage k
    JOIN information_schema.referential_constraints c USING (constraint_schema, constraint_name, table_name)
    WHERE k.constraint_schema = DATABASE() AND c.referenced_table_name = %s
      AND c.update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"""
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


_BINARY_LOG = "SHOW GLOBAL VARIABLES WHERE variable_name IN ('log_bin', 'log_bin_trust_function_creators')"
_ENGINE = "SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
_ISOLATION = "SHOW SESSION VARIABLES WHERE variable_name IN ('transaction_isolation', 'tx_isolation')"
_ALONE = """
    SELECT (SELECT count(*) FROM information_schema.triggers WHERE event_object_schema = DATABASE() AND event_object_table = %s)
      + (SELECT count(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s
         AND (extra LIKE '%%on update%%' OR coalesce(generation_expression, '') <> ''))"""
_HIDDEN = """
    SELECT trigger_name FROM information_schema.triggers
    WHERE event_object_schema = DATABASE() AND event_object_table = %s AND action_statement IS NULL ORDER BY trigger_name"""
_LEVEL = "SET SESSION TRANSACTION ISOLATION LEVEL {}"
_COPY, _FOUND = 8, 9
"""What an entry is called while it is a part of a copy, and when the table still has its row."""
_LONG = frozenset(["tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json"])
"""What has no index without a length (8.3.5)."""
_SURE = frozenset(
    [
        *[
            "tinyint",
            "smallint",
            "mediumint",
            "int",
            "bigint",
            "decimal",
            "float",
            "double",
            "char",
            "varchar",
            "tinytext",
            "text",
        ],
        *[
            "mediumtext",
            "longtext",
            "binary",
            "varbinary",
            "tinyblob",
            "blob",
            "mediumblob",
            "longblob",
            "date",
            "time",
            "datetime",
        ],
        "uuid",
    ]
)
"""Types whose values become the same in every column of the type: a timestamp can take the present time for NULL (11.2.5)."""
_MATCHED = re.compile(r"(?:Rows matched|Records): (\d+)\b.*\bWarnings: 0$", re.DOTALL)
"""What mysql_info() says of an UPDATE, and of an INSERT with a SELECT (C API Developer Guide, 5.4.50)."""


class MySQLRowLogs(SetEntries):
    """By the manual of MySQL 8.0: 25.3 (triggers), 9.4 (user-defined variables), 13.3.3 (statements that commit)."""

    ahead: ClassVar = True
    commits: ClassVar = True
    dialect: ClassVar = "mysql"
    mark: ClassVar = "`"
    sure: ClassVar = _SURE
    reading_first: ClassVar = "STRAIGHT_JOIN"
    locked: ClassVar = " FOR UPDATE"

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

    def followed(self, cursor: Cursor, table: str) -> dict[str, set[str]]:
        """By the tables that follow them."""
        found: dict[str, set[str]] = {}
        for child, column in rows_of(cursor, _FOLLOWED, [table]):
            found.setdefault(child, set()).add(column.lower())
        return found

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
        first += f", {ASSIGNED} BIGINT NULL" * one.sets
        return f"CREATE TABLE {self.quote(one.name)} ({', '.join([first, *columns, *self._index(one)])}) ENGINE = InnoDB"

    def _index(self, one: RowLog) -> list[str]:
        """A copy is found by its key."""
        key = [(number, column) for number, column in enumerate(one.columns) if column.name in one.key]
        is_short = key and not any(column.kind in _LONG for _, column in key)
        return [f"KEY hrk_k ({', '.join(f'{BEFORE}{number}' for number, _ in key)})"] if one.copied and is_short else []

    def may_log(self, cursor: Cursor, table: str) -> bool | None:
        """What SHOW GRANTS says of *.* and of the database is sure; a privilege can come in other ways too (13.7.7.21).

        Where changes go into a binary log, more may be needed (24.7).
        """
        variables = dict(rows_of(cursor, _BINARY_LOG))
        if variables.get("log_bin") == "ON" and variables.get("log_bin_trust_function_creators") != "ON":
            return None
        ((database,),) = rows_of(cursor, "SELECT DATABASE()")
        lines = [str(line) for (line,) in rows_of(cursor, "SHOW GRANTS")]
        found = [match for line in lines if (match := re.match(r"GRANT (.+?) ON (.+?) TO ", line))]
        places = {"*.*", f"`{database}`.*", f"`{database}`.`{table}`"}
        granted = {one for match in found if match[2].replace("\\_", "_") in places for one in match[1].split(", ")}
        return True if granted & {"TRIGGER", "ALL PRIVILEGES"} and len(found) == len(lines) else None

    def trying(self, table: str) -> str:
        """The user is asked for before the trigger that it is to follow, which is never there (13.1.22)."""
        return (
            f"CREATE TRIGGER {self.quote('hrk_tried')} AFTER INSERT ON {self.quote(table)} "
            f"FOR EACH ROW FOLLOWS {self.quote('hrk_never')} SET @handrail_tried = 1"
        )

    def not_copied(self, cursor: Cursor, table: str) -> str:
        """Only InnoDB locks rows, and the gaps between them.

        Without the privilege TRIGGER, MariaDB shows that there is a trigger, and not what it does; MySQL does not show it.
        """
        engine = next((str(engine) for (engine,) in rows_of(cursor, _ENGINE, [table])), "InnoDB")
        if engine.lower() != "innodb":
            return f"its engine is {engine}, which has no transactions"
        hidden = [name for (name,) in rows_of(cursor, _HIDDEN, [table])]
        return f"what its trigger {hidden[0]} writes is hidden from the user" if hidden else ""

    def steadying(self, cursor: Cursor) -> tuple[str, str]:
        """15.7.2.1: only from REPEATABLE READ on are gaps locked, and only SERIALIZABLE reads what is there now."""
        ((_, level),) = rows_of(cursor, _ISOLATION)
        return _LEVEL.format("SERIALIZABLE"), _LEVEL.format(str(level).replace("-", " "))

    def is_steady(self, cursor: Cursor) -> bool:
        """Behind a pooler a transaction can have another session than the one that was set up."""
        ((_, level),) = rows_of(cursor, _ISOLATION)
        return str(level) == "SERIALIZABLE"

    def copying(self, one: RowLog) -> list[str]:
        """15.7.3: all rows that are read are locked, with the gaps before and after them."""
        into = ", ".join(f"{BEFORE}{number}" for number in range(len(one.columns)))
        names = self.names(column.name for column in one.columns)
        select = f"SELECT {_COPY}, {names} FROM {self.quote(one.table)} FOR UPDATE"
        return [f"INSERT INTO {self.quote(one.name)} ({IMAGE}, {into}) {select}"]

    def comparing(self, one: RowLog) -> list[str]:
        """Entries are completed by the rows that are there now; those of rows that are the same go, and new rows come."""
        log, table, names = self.quote(one.name), self.quote(one.table), [column.name for column in one.columns]
        on = " AND ".join(f"l.{BEFORE}{names.index(name)} = t.{self.quote(name)}" for name in one.key)
        after = ", ".join(f"l.{AFTER}{number} = t.{self.quote(name)}" for number, name in enumerate(names))
        same = [self.same(f"{BEFORE}{number}", f"{AFTER}{number}", each.kind) for number, each in enumerate(one.columns)]
        into = ", ".join(f"{AFTER}{number}" for number in range(len(names)))
        return [
            f"UPDATE {log} AS l JOIN {table} AS t ON {on} SET l.{IMAGE} = {_FOUND}, {after} WHERE l.{IMAGE} = {_COPY}",
            f"INSERT INTO {log} ({IMAGE}, {into}) SELECT 1, {self.names(names, 't.')} FROM {table} AS t "
            f"LEFT JOIN {log} AS l ON {on} AND l.{IMAGE} = {_FOUND} WHERE l.{ORDER} IS NULL",
            f"DELETE FROM {log} WHERE {' AND '.join([f'{IMAGE} = {_FOUND}', *same])}",
            f"UPDATE {log} SET {IMAGE} = CASE {IMAGE} WHEN {_FOUND} THEN 2 ELSE 0 END WHERE {IMAGE} IN ({_COPY}, {_FOUND})",
        ]

    def takes_sets(self, cursor: Cursor, one: RowLog) -> bool:
        """No triggers, which a user sees who may make them; no foreign keys that act; nothing that changes by itself."""
        engine = rows_of(cursor, _ENGINE, [one.table])
        if not super().takes_sets(cursor, one) or not self.may_log(cursor, one.table):
            return False
        if [str(name).lower() for (name,) in engine] != ["innodb"] or _said(cursor) is None:
            return False
        ((others,),) = rows_of(cursor, _ALONE, [one.table, one.table])
        return not others and not self.acted_on(cursor, one.table)

    def found_by(self, cursor: Any, *, deletes: bool) -> int | None:
        """A driver counts rows that were found, or those that were changed; mysqlclient also says what mysql_info() does."""
        if deletes:
            return super().found_by(cursor, deletes=True)
        found = _MATCHED.search(_said(cursor) or "")
        return int(found[1]) if found else None

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


def _said(cursor: Any) -> str | None:
    """Return what mysql_info() says of the last statement, None where the driver has no such thing."""
    ask = getattr(getattr(cursor, "connection", None), "info", None)
    if not callable(ask):
        return None
    said = ask()
    return said if isinstance(said, str) else ""
