"""SQLite 3.35 and later: values are copied into a table of their own before Django drops what held them.

A column that stayed under another name would be lost when Django rebuilds the table for something else. The copies have no types,
so that no value changes (datatype3.html, 3: a column without a type has the affinity of its values).
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from handrail.databases._sqlite_counters import count_on, counter
from handrail.databases.base import Cursor
from handrail.databases.keeping.base import Details, ForeignKey, KeepingRules
from handrail.domain.kept import Form

_LITERAL = re.compile(r"[-+]?\d+(\.\d+)?|'([^']|'')*'|NULL|TRUE|FALSE", re.IGNORECASE)
"""What stands behind DEFAULT without brackets (lang_createtable.html, 3.2); the pragma does not say whether there were any."""
_KEYS = 'PRAGMA foreign_key_list("{}")'


_HAS_ROWIDS = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b.*\bUSING\s+fts[345]\b", re.IGNORECASE | re.DOTALL)
"""Tables whose rows are told apart by a number that is no column of theirs, and that others refer to (fts5.html, "rowid")."""


class SQLiteKeeping(KeepingRules):
    """Triggers let a deleted row take its kept value with it, and follow a primary key that changes.

    Names are quoted in tables of ours too: Django's introspection reads them so (_get_column_collations, 5.2 to 6.1).

    What an INSERT OR REPLACE deletes is forgotten by a trigger on INSERT: no delete trigger fires there (lang_conflict.html).
    There are no grants and no comments that could be lost; indexes, triggers and the counter of AUTOINCREMENT are on record.
    """

    column_form: ClassVar = Form.COPY
    table_form: ClassVar = Form.COPY

    def quoted(self, name: str) -> str:
        """As Django quotes."""
        return f'"{name}"'

    def column(self, cursor: Cursor, table: str, column: str) -> dict[str, Any]:
        """Read by what the rows of a table are told apart; key is [] where nothing but the column does."""
        return {
            "key": _key(cursor, table, column),
            "foreign_keys": [_list(one) for one in _foreign_keys(cursor, table) if column in one.columns],
        }

    def column_text(self, cursor: Cursor, table: str, column: str) -> str:
        """From what PRAGMA table_xinfo says; the collation, checks and more of a column are in no pragma."""
        cursor.execute(f'PRAGMA table_xinfo("{table}")')
        for _, name, kind, needed, default, *_ in cursor.fetchall():
            if name == column:
                written = default if default is None or _LITERAL.fullmatch(default) else f"({default})"
                given = f" DEFAULT {written}" if written is not None else ""
                return f"{self.quoted(column)} {kind}{' NOT NULL' if needed else ''}{given}"
        return ""

    def column_aside(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Copy keys and values."""
        q, key = self.quoted, details["key"]
        names = [f'"k{number}"' for number in range(len(key))]
        return [
            f"CREATE TABLE {q(aside)} ({', '.join(names)}, {q('v')}, PRIMARY KEY ({', '.join(names)}))",
            f"INSERT INTO {q(aside)} SELECT {', '.join(map(q, key))}, {q(column)} FROM {q(table)}",
        ]

    def column_after(self, table: str, aside: str, details: Details) -> list[str]:
        """Follow the rows."""
        q, key = self.quoted, details["key"]
        old, new = (_same(f"{row}.{q(name)}" for name in key) for row in ("OLD", "NEW"))
        moved = " OR ".join(f"OLD.{q(name)} IS NOT NEW.{q(name)}" for name in key)
        to = ", ".join(f"k{number} = NEW.{q(name)}" for number, name in enumerate(key))
        on = f"ON {q(table)}"
        return [
            f"CREATE TRIGGER {q(aside + '_d')} AFTER DELETE {on} BEGIN DELETE FROM {q(aside)} WHERE {old}; END",
            f"CREATE TRIGGER {q(aside + '_i')} AFTER INSERT {on} BEGIN DELETE FROM {q(aside)} WHERE {new}; END",
            f"CREATE TRIGGER {q(aside + '_u')} AFTER UPDATE {on} WHEN {moved} BEGIN UPDATE {q(aside)} SET {to} WHERE {old}; END",
        ]

    def column_back(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Put the values into a column that is there and NULL."""
        q = self.quoted
        same = _same(f"{q(table)}.{q(name)}" for name in details["key"])
        return [
            *(f"DROP TRIGGER IF EXISTS {q(aside + end)}" for end in ("_d", "_i", "_u")),
            f"UPDATE {q(table)} SET {q(column)} = (SELECT v FROM {q(aside)} WHERE {same})"
            f" WHERE EXISTS (SELECT 1 FROM {q(aside)} WHERE {same})",
        ]

    def column_again(self, table: str, column: str, aside: str, details: Details) -> list[str]:  # noqa: ARG002
        """The copy has served."""
        return [f"DROP TABLE {self.quoted(aside)}"]

    def since(self, table: str, column: str, aside: str, details: Details, *, back: bool) -> str:  # noqa: ARG002
        """Rows that the copy does not know."""
        q = self.quoted
        same = _same(f"{q(table)}.{q(name)}" for name in details["key"])
        return f"NOT EXISTS (SELECT 1 FROM {q(aside)} WHERE {same})"

    def nulls(self, table: str, aside: str, details: Details) -> str:
        """Rows of which the copy knows no value."""
        q = self.quoted
        same = _same(f"{q(table)}.{q(name)}" for name in details["key"])
        return f"NOT EXISTS (SELECT 1 FROM {q(aside)} WHERE {same} AND v IS NOT NULL)"

    def table(self, cursor: Cursor, table: str) -> dict[str, Any]:
        """Read what made a table, its indexes and triggers, and how far it has counted."""
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE lower(tbl_name) = lower(%s) AND sql IS NOT NULL ORDER BY rowid",
            [table],
        )
        found = [(kind, name, sql) for kind, name, sql in cursor.fetchall()]
        cursor.execute(f'PRAGMA table_xinfo("{table}")')
        columns = [name for _, name, _, _, _, _, hidden in cursor.fetchall() if hidden == 0]
        create = next(sql for kind, _, sql in found if kind == "table")
        if _HAS_ROWIDS.match(create):
            columns.append("rowid")
        return {
            "create": create,
            "more": [sql for kind, _, sql in found if kind != "table"],
            "columns": columns,
            "counter": counter(cursor, table),
            "foreign_keys": [_list(one) for one in _foreign_keys(cursor, table)],
        }

    def table_aside(self, table: str, aside: str, details: Details) -> list[str]:
        """Copy the rows."""
        q, columns = self.quoted, ", ".join(map(self.quoted, details["columns"]))
        return [f"CREATE TABLE {q(aside)} ({columns})", f"INSERT INTO {q(aside)} SELECT {columns} FROM {q(table)}"]

    def table_back(self, table: str, aside: str, details: Details) -> list[str]:
        """Make it as it was made; triggers come last, so that none fires for these rows."""
        q, columns = self.quoted, ", ".join(map(self.quoted, details["columns"]))
        last = details["counter"]
        return [
            details["create"],
            f"INSERT INTO {q(table)} ({columns}) SELECT {columns} FROM {q(aside)}",
            *(count_on(table, last) if last is not None else []),
            *details["more"],
            f"DROP TABLE {q(aside)}",
        ]

    def dangling(self, cursor: Cursor) -> list[str]:
        """A trigger whose copy was purged while its table was aside would fail for every row."""
        cursor.execute("SELECT type, name FROM sqlite_master WHERE name LIKE 'hrk\\_%' ESCAPE '\\'", None)
        found = [(kind, name) for kind, name in cursor.fetchall()]
        tables = {name for kind, name in found if kind == "table"}
        gone = [name for kind, name in found if kind == "trigger" and name.rpartition("_")[0] not in tables]
        return [f"DROP TRIGGER {self.quoted(name)}" for name in gone]

    def kinds(self, cursor: Cursor, place: str) -> dict[str, str]:
        """As they were declared; a copy has no types."""
        cursor.execute(f'PRAGMA table_xinfo("{place}")')
        return {name: kind.lower() for _, name, kind, _, _, _, hidden in cursor.fetchall() if hidden == 0}

    def like(self, table: str, name: str) -> str:
        """Without any key (lang_createtable.html, 2.1)."""
        return f"CREATE TABLE {self.quoted(name)} AS SELECT * FROM {self.quoted(table)} WHERE 0"

    def counts_on(self, cursor: Cursor, table: str, place: str, details: Details) -> list[str]:  # noqa: ARG002
        """See count_on."""
        last = details["counter"]
        return count_on(table, last) if last is not None else []

    def released(self, key: ForeignKey) -> str:  # noqa: ARG002
        """The text of a table holds its foreign keys."""
        return ""

    def required(self, key: ForeignKey) -> str:  # noqa: ARG002
        """The text of a table holds its foreign keys."""
        return ""

    def lost_of_copy(self, key: ForeignKey, aside: str, details: Details) -> str:
        """Only of rows that are there: a copy still knows those that code has deleted, as its log can bring them back."""
        q = self.quoted
        same = " AND ".join(f"t.{q(name)} = own.k{number}" for number, name in enumerate(details["key"]))
        return f"{super().lost_of_copy(key, aside, details)} AND EXISTS (SELECT 1 FROM {q(key.table)} t WHERE {same})"

    def emptied(self, key: ForeignKey) -> str:
        """UPDATE takes an alias only since 3.33 (lang_update.html), which is older than all that are supported."""
        return super().emptied(key)


def _key(cursor: Cursor, table: str, without: str) -> list[str]:
    """Return the primary key, or the columns of a unique index that are never NULL."""
    cursor.execute(f'PRAGMA table_info("{table}")')
    columns = [(name, required, place) for _, name, _, required, _, place in cursor.fetchall()]
    key = [name for _, name in sorted((place, name) for name, _, place in columns if place)]
    if key and without not in key:
        return key
    required = {name for name, needed, _ in columns if needed}
    cursor.execute(f'PRAGMA index_list("{table}")')
    for _, index, unique, _, partial in cursor.fetchall():
        cursor.execute(f'PRAGMA index_info("{index}")')
        names = [name for _, _, name in cursor.fetchall()]
        if unique and not partial and without not in names and set(names) <= required:
            return names
    return []


def _foreign_keys(cursor: Cursor, table: str) -> list[ForeignKey]:
    cursor.execute(f'PRAGMA table_info("{table}")')
    required = {name for _, name, _, needed, _, _ in cursor.fetchall() if needed}
    cursor.execute(_KEYS.format(table))
    groups: dict[int, list[Any]] = {}
    for number, _, target, column, to, *_ in cursor.fetchall():
        groups.setdefault(number, []).append((target, column, to))
    found = []
    for rows in groups.values():
        columns = [column for _, column, _ in rows]
        targets = [to for _, _, to in rows] if rows[0][2] else _key(cursor, rows[0][0], "")
        nullable = columns[0] not in required
        found.append(ForeignKey(table, columns, rows[0][0], targets, nullable, "", "", local=True))
    return found


def _list(key: ForeignKey) -> list[Any]:
    return list(key)


def _same(values: Any) -> str:
    """The plus takes the affinity from a value: else keys would be converted and their index not used (datatype3.html, 4.2)."""
    return " AND ".join(f"k{number} = +{value}" for number, value in enumerate(values))
