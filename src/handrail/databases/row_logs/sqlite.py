"""SQLite 3.35 and later: temporary triggers, which belong to their connection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from handrail.databases.base import Cursor
from handrail.databases.row_logs._entries import AFTER
from handrail.databases.row_logs._set_entries import SetEntries
from handrail.databases.row_logs.base import ASSIGNED, IMAGE, ORDER, Column, Reference, RowLog, rows_of

_EVENTS = ("insert", "update", "delete")
_ORDINARY = 0
"""What table_xinfo calls a column that is neither hidden nor generated (pragma.html#pragma_table_xinfo)."""


_VIRTUAL = "SELECT name FROM main.sqlite_master WHERE sql LIKE 'create virtual%'"
_SHADOWS = ("data", "idx", "content", "docsize", "config", "segments", "segdir", "stat", "node", "rowid", "parent")
"""What FTS3, FTS4, FTS5 and R-Tree call their tables, after the name of the virtual one (fts5.html#fts5_data_structures,
fts3.html#shadow_tables, rtree.html#implementation_details).
"""
_ALONE = """
    SELECT (SELECT count(*) FROM main.sqlite_master WHERE type = 'trigger' AND tbl_name = %s COLLATE NOCASE)
      + (SELECT count(*) FROM temp.sqlite_master WHERE tbl_name = %s COLLATE NOCASE)
      + (SELECT count(*) FROM main.sqlite_master WHERE name = %s COLLATE NOCASE AND sql LIKE '%%on conflict%%')
      + (SELECT count(*) FROM main.sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
         AND f."table" = %s COLLATE NOCASE AND (f.on_update NOT IN ('NO ACTION', 'RESTRICT')
           OR f.on_delete NOT IN ('NO ACTION', 'RESTRICT')))"""
_TYPE = re.compile(r"[a-z]+( [a-z]+)*( ?\(\d+(, ?\d+)?\))?")
"""Types as Django writes them."""


class SQLiteRowLogs(SetEntries):
    """By lang_createtrigger.html ("TEMP triggers"), lang_update.html, pragma.html."""

    ahead: ClassVar = False
    commits: ClassVar = False
    dialect: ClassVar = "sqlite"

    def columns(self, cursor: Cursor, table: str) -> tuple[Column, ...]:
        """In the order of the table; none of a virtual one, which takes no triggers (lang_createtrigger.html) and has no log."""
        virtual = "SELECT 1 FROM main.sqlite_master WHERE name = %s COLLATE NOCASE AND sql LIKE 'create virtual%%'"
        if rows_of(cursor, virtual, [table]):
            return ()
        found = rows_of(cursor, f"PRAGMA main.table_xinfo({self.quote(table)})")
        return tuple(Column(row[1], str(row[2]).lower()) for row in found if row[6] == _ORDINARY)

    def untriggered(self, cursor: Cursor) -> tuple[set[str], set[str]]:
        """Virtual tables, and their shadow tables (vtab.html#the_xshadowname_method)."""
        virtual = {name for (name,) in rows_of(cursor, _VIRTUAL)}
        return virtual, {f"{name}_{part}" for name in virtual for part in _SHADOWS}

    def key(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """In the order of the key."""
        found = [(row[5], row[1]) for row in rows_of(cursor, f"PRAGMA main.table_xinfo({self.quote(table)})") if row[5]]
        return tuple(name for _, name in sorted(found))

    def nullable(self, cursor: Cursor, table: str) -> set[str]:
        """Those that are not NOT NULL."""
        return {row[1] for row in rows_of(cursor, f"PRAGMA main.table_xinfo({self.quote(table)})") if not row[3]}

    def reached_from(self, cursor: Cursor, table: str) -> set[str]:  # noqa: ARG002 - the base's signature
        """Actions of foreign keys fire triggers (foreignkeys.html#fk_actions)."""
        return set()

    def references_to(self, cursor: Cursor, table: str) -> list[Reference]:
        """Those of one column; where no column is named, it is the primary key (pragma.html#pragma_foreign_key_list)."""
        sql = """SELECT m.name, f.id, f."from", f."to", f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
            WHERE m.type = 'table' AND f."table" = %s COLLATE NOCASE ORDER BY 1, 2"""
        found = rows_of(cursor, sql, [table])
        single = [row for row in found if sum(row[:2] == other[:2] for other in found) == 1]
        key = self.key(cursor, table)
        return [Reference(child, column, table, to or key[0]) for child, _, column, to, _ in single if to or len(key) == 1]

    def uniques(self, cursor: Cursor, table: str) -> list[tuple[str, ...]]:
        """Those without a condition or an expression (pragma.html#pragma_index_list)."""
        sql = """SELECT l.name, i.name FROM pragma_index_list(%s) l, pragma_index_info(l.name) i
            WHERE l."unique" = 1 AND l.partial = 0 AND l.origin <> 'pk' ORDER BY l.seq, i.seqno"""
        found: dict[str, list[str | None]] = {}
        for index, column in rows_of(cursor, sql, [table]):
            found.setdefault(index, []).append(column)
        return [tuple(map(str, columns)) for columns in found.values() if None not in columns]

    def log(self, one: RowLog) -> str:
        """Columns without a type keep every value as it is (datatype3.html#determination_of_column_affinity)."""
        names = self.pairs(one)
        if one.sets:
            names = [*names[: len(one.columns)], ASSIGNED]
            names += [f"{AFTER}{number} {column.kind}" for number, column in enumerate(one.columns)]
        return f"CREATE TABLE {self.quote(one.name)} ({ORDER} INTEGER PRIMARY KEY, {IMAGE}, {', '.join(names)})"

    def takes_sets(self, cursor: Cursor, one: RowLog) -> bool:
        """No triggers, temporary tables, foreign keys that act, or rows that give way; values get the types of their columns."""
        if not super().takes_sets(cursor, one) or not all(_TYPE.fullmatch(column.kind) for column in one.columns):
            return False
        ((others,),) = rows_of(cursor, _ALONE, [one.table] * 4)
        return not others

    def triggers(self, one: RowLog) -> list[str]:
        """No other connection knows of them, so they need not ask who writes."""
        return [
            f"CREATE TEMPORARY TRIGGER {self.quote(f'{one.name}_{event[0]}')} AFTER {event.upper()} "
            f"ON main.{self.quote(one.table)} BEGIN {self.entry(one, event)}; END"
            for event in _EVENTS
        ]

    def no_triggers(self, one: RowLog) -> list[str]:
        """Each by its name."""
        return [f"DROP TRIGGER IF EXISTS temp.{self.quote(f'{one.name}_{event[0]}')}" for event in _EVENTS]

    def leftovers(self, cursor: Cursor) -> list[tuple[str, str]]:  # noqa: ARG002 - the base's signature
        """They are gone with their connection."""
        return []

    def say_token(self, token: str, *, local: bool) -> str:  # noqa: ARG002 - the base's signature
        """Nothing has to be said."""
        return ""

    def same(self, one: str, other: str, kind: str) -> str:  # noqa: ARG002 - the base's signature
        """IS takes NULL as a value, and the collation of a column may not know upper case."""
        return f"({one} COLLATE BINARY IS {other})"

    def update(self, table: str, source: str, on: str, values: Sequence[tuple[str, str]]) -> str:
        """UPDATE FROM is there since 3.33."""
        assignments = ", ".join(f"{self.quote(name)} = {value}" for name, value in values)
        return f"UPDATE {self.quote(table)} AS t SET {assignments} FROM {source} AS w WHERE {on}"

    def locking(self, table: str, source: str, on: str) -> str:  # noqa: ARG002 - the base's signature
        """Nobody else can write now."""
        return ""
