"""All that matters of a database: its schema, its rows, and what django_migrations records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handrail import databases, registry
from handrail.databases.base import Backend, CatalogueObject
from tests.servers.base import Server

OWN = ("handrail_", "django_migrations", "sqlite_", "hrk_")
ASIDE = "hrk_"
"""What the names of all that is kept begin with."""
JOURNAL = ("handrail_run", "handrail_step", "handrail_statement", "handrail_source")
Kept = tuple[tuple[Any, ...], ...]
"""What is kept: in which direction, by which operation, its kind and form, its table and column."""
Rows = dict[str, tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]]


@dataclass(frozen=True)
class State:
    """schema: the catalogue. rows: by table, the columns in alphabetical order, and the rows. records: of django_migrations."""

    schema: frozenset[tuple[Any, int]]
    rows: Rows
    records: tuple[tuple[str, str], ...]

    def difference(self, wanted: State) -> str:
        """Say in what this differs from the state that is wanted; "" where it is the same."""
        missing, more = dict(wanted.schema - self.schema), dict(self.schema - wanted.schema)
        parts = [
            *(f"schema lacks {tuple(one)}" for one in missing),
            *(f"schema has {tuple(one)}" for one in more),
            *(f"{table}: {self.rows.get(table)} for {wanted.rows.get(table)}" for table in self._unequal(wanted)),
            f"recorded {self.records} for {wanted.records}" if self.records != wanted.records else "",
        ]
        return "; ".join(filter(None, parts))

    def without_made_up_names(self, is_made_up: Callable[[str], bool]) -> State:
        """Return the same without the names of keys that Django made up: what it reverses gets other ones."""
        schema: Counter[Any] = Counter()
        for each, number in self.schema:
            is_key = each.kind in ("index", "constraint") and (is_made_up(each.name) or _is_of_its_column(each))
            schema[each._replace(name="") if is_key else each] += number
        return replace(self, schema=frozenset(schema.items()))

    def _unequal(self, wanted: State) -> list[str]:
        return sorted(table for table in {*self.rows, *wanted.rows} if self.rows.get(table) != wanted.rows.get(table))

    def lost(self, *wanted: State) -> int:
        """Return how many rows are missing, of the nearest of the states wanted."""
        return min(
            sum(max(0, len(rows) - len(self.rows.get(table, ((), ()))[1])) for table, (_, rows) in one.rows.items())
            for one in wanted
        )


class Reader:
    """Reads one database over a connection of its own, and cleans it up between two tries."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database
        self.backend: Backend = registry.load(databases, Backend, server.vendor)()  # type: ignore[type-abstract]
        self.connection = server.connect(database)
        if server.vendor == "postgresql":
            self.connection.prepare_threshold = None  # a plan that is kept does not follow a table that changes
        if server.vendor == "sqlite":
            self.run("PRAGMA synchronous = OFF")
        self.quote = "`" if server.vendor == "mysql" else '"'

    def state(self) -> State:
        """Read all of it."""
        cursor = self.connection.cursor()
        found = [each for each in self.backend.catalogue(cursor) if not each.table.startswith(OWN) and not _is_aside(each)]
        found = [each for each in found if not (each.kind in ("table", "extension") and each.name.startswith((*OWN, "plpgsql")))]
        found = [each._replace(name="") if self._is_made_for_a_key(each) else each for each in found]
        tables = sorted(each.name for each in found if each.kind == "table")
        rows = {table: self._rows(table) for table in tables}
        records = self._all("SELECT app, name FROM django_migrations")
        return State(frozenset(Counter(found).items()), rows, tuple(sorted(records)))

    def _is_made_for_a_key(self, each: CatalogueObject) -> bool:
        """MariaDB makes an index for a foreign key, of its name, and forgets that it did when the index is written out later."""
        return self.server.vendor == "mysql" and each.kind == "index" and bool(re.search("_fk(_|$)", each.name))

    def _rows(self, table: str) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
        cursor = self.connection.cursor()
        cursor.execute(f"SELECT * FROM {self.name(table)}")
        seen = [at for at in range(len(cursor.description)) if not cursor.description[at][0].startswith(ASIDE)]
        order = sorted(seen, key=lambda at: cursor.description[at][0])
        columns = tuple(cursor.description[at][0] for at in order)
        return columns, tuple(sorted((tuple(row[at] for at in order) for row in cursor.fetchall()), key=repr))

    def name(self, name: str) -> str:
        """Quote a name."""
        return f"{self.quote}{name}{self.quote}"

    def run(self, *statements: str) -> None:
        """Run statements without parameters."""
        for sql in statements:
            self.connection.cursor().execute(sql)

    def _all(self, sql: str) -> Sequence[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        kinds = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
        }
        return [name for (name,) in self._all(kinds[self.server.vendor])]

    def kept(self) -> Kept:
        """Return what is kept of columns and tables, and can be brought back."""
        if "handrail_kept" not in self.tables():
            return ()
        names = ", ".join(map(self.name, ("direction", "operation", "kind", "form", "table", "column")))
        found = self._all(f"SELECT {names} FROM handrail_kept WHERE status = 'kept' AND kind <> 'rows'")
        return tuple(sorted(tuple(row) for row in found))

    def half_kept(self) -> list[tuple[Any, ...]]:
        """Return what is neither kept nor restored, but on the way, and what nothing is kept by any more."""
        if "handrail_kept" not in self.tables():
            return []
        halves = "SELECT id, status FROM handrail_kept WHERE kind <> 'rows' AND status IN ('keeping', 'restoring', 'purging')"
        return [*self._all(halves), *self._dangling()]

    def _dangling(self) -> Sequence[tuple[Any, ...]]:
        """Return the triggers of copies that are gone: SQLite has them fail with the rows that they fire for."""
        if self.server.vendor != "sqlite":
            return []
        copies = "SELECT name FROM sqlite_master WHERE type = 'table'"
        return self._all(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'hrk%' "
            f"AND substr(name, 1, {len(ASIDE) + 16}) NOT IN ({copies})"
        )

    def clear(self) -> None:
        """Drop all tables."""
        if self.server.vendor == "postgresql":
            schemas = self._all("SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, 'hrk_')")
            self.run(*(f"DROP SCHEMA {self.name(schema)} CASCADE" for (schema,) in schemas))
        cascade = " CASCADE" if self.server.vendor == "postgresql" else ""
        self.run(*self._unchecked(f"DROP TABLE {self.name(table)}{cascade}" for table in self.tables()))

    def _unchecked(self, statements: Any) -> list[str]:
        """SQLite checks no foreign keys unless it is asked to (foreignkeys.html, 2)."""
        before, after = (
            ("SET FOREIGN_KEY_CHECKS = 0", "SET FOREIGN_KEY_CHECKS = 1") if self.server.vendor == "mysql" else ("", "")
        )
        return [each for each in (before, *statements, after) if each]

    def forget_runs(self) -> None:
        """Empty the journal."""
        there = self.tables()
        self.run(*(f"DELETE FROM {table}" for table in JOURNAL if table in there))

    def drop_journal(self) -> None:
        """Have a database that Handrail has never seen."""
        self.run(*(f"DROP TABLE {table}" for table in self.tables() if table.startswith("handrail_")))

    def journal_says(self, label: str) -> str:
        """Return the direction and status of the last step of an app that did not fail, as the journal has it."""
        if "handrail_step" not in self.tables():
            return ""
        found = self._all(
            f"SELECT direction, status FROM handrail_step WHERE app = '{label}' AND name = '0002_step' ORDER BY id DESC"
        )
        return " ".join(found[0]) if found else ""


def _is_of_its_column(each: CatalogueObject) -> bool:
    """Say whether MariaDB has called an index after its column, as it does where none was given."""
    return each.definition == f"unique BTREE ({each.name})"


def _is_aside(each: CatalogueObject) -> bool:
    is_check = each.kind == "constraint" and not each.name  # of a column's own definition, on MariaDB: it has no name
    return each.name.startswith(ASIDE) or ((each.kind == "index" or is_check) and ASIDE in each.definition)
