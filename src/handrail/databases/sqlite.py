"""SQLite 3.35 and later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import ClassVar

from handrail.databases import _sqlite_counters
from handrail.databases._rebuilds import Attached, Rebuilds
from handrail.databases._sessions_sqlite import SQLiteSessions
from handrail.databases.base import Backend, CatalogueObject, Cursor, Settings
from handrail.domain.database import DatabaseFeatures, Scope

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^]]*\])"""
    r"""|(?P<word>[\w$.]+)|(?P<sign><=|>=|<>|!=|==|\|\||.)""",
    re.DOTALL,
)
"""The lexical elements of SQLite ("SQLite Syntax", "SQL Keywords": four ways of quoting)."""
_CONSTRAINTS = ("constraint", "unique", "check", "primary", "foreign")


class SQLite(SQLiteSessions, Rebuilds, Backend):
    """SQLite, by its documentation."""

    # lang_createtable.html: constraint names are kept as text and never compared. lang_createindex.html: an index shares the
    # names of tables in its database. Identifiers are case-insensitive, quoted or not (lang_keywords.html), and as long as one
    # likes (limits.html). lang_transaction.html: schema changes are rolled back like all others. inmemorydb.html.
    # lang_altertable.html: ALTER TABLE can rename, add and drop; for the rest Django rebuilds (_remake_table, 5.2 to 6.1).
    features = DatabaseFeatures(
        vendor="sqlite",
        transactional_ddl=True,
        index_names=Scope.SCHEMA,
        check_names=Scope.NOWHERE,
        unique_names=Scope.NOWHERE,
        foreign_key_names=Scope.NOWHERE,
        folds_table_names=True,
        folds_column_names=True,
        folds_index_names=True,
        max_name_length=None,
        name_length_in_bytes=False,
        table_comments=False,
        in_memory=True,
        copies_databases=True,
        rebuilds_tables=True,
    )
    generated_name: ClassVar = re.compile(r"^sqlite_autoindex_")
    foreign_key_violations: ClassVar = 'SELECT "table", rowid, parent FROM pragma_foreign_key_check'  # pragma.html

    def maintenance(self, settings: Settings) -> Settings:
        """There is no server to reach: any database in memory will do."""
        return {**settings, "NAME": ":memory:"}

    def create(self, name: str, template: str = "") -> list[str]:  # noqa: ARG002 - the base's signature
        """A database in memory is there as soon as it is opened, and is copied by the backup API (backup.html)."""
        return []

    def drop(self, name: str) -> list[str]:  # noqa: ARG002 - the base's signature
        """A database in memory goes with its last connection."""
        return []

    def idle(self, cursor: Cursor) -> list[str]:  # noqa: ARG002 - the base's signature
        """Nothing is ever left behind."""
        return []

    def missing_privilege(self, error: BaseException) -> str:  # noqa: ARG002 - the base's signature
        """Nothing is ever forbidden."""
        return ""

    def catalogue(self, cursor: Cursor) -> list[CatalogueObject]:
        """Read sqlite_schema, whose text is all there is of checks, collations and AUTOINCREMENT (schematab.html)."""
        cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
        found: list[CatalogueObject] = []
        for kind, name, table, sql in cursor.fetchall():
            tokens = tokenize(sql or "")
            if kind == "table" and "(" in tokens and tokens[1] != "virtual":
                found += _table(table, tokens)
            elif kind == "index":
                found.append(CatalogueObject(table, kind, name, self.index_definition(sql)))
            else:
                found.append(CatalogueObject(table, kind, name, " ".join(tokens)))
        return found

    def columns(self, cursor: Cursor) -> dict[str, tuple[str, ...]]:
        """Ask table_xinfo, which names generated columns too; hidden is 1 for those of virtual tables (pragma.html)."""
        sql = "SELECT s.name, c.name FROM sqlite_master s, pragma_table_xinfo(s.name) c WHERE s.type = 'table' AND c.hidden <> 1"
        cursor.execute(sql)
        found: dict[str, tuple[str, ...]] = {}
        for table, column in cursor.fetchall():
            found[self.fold(table)] = (*found.get(self.fold(table), ()), column)
        return found

    def columns_of(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """As columns, for one table."""
        sql = "SELECT c.name FROM sqlite_master s, pragma_table_xinfo(s.name) c WHERE s.type = 'table' AND c.hidden <> 1"
        cursor.execute(f"{sql} AND lower(s.name) = lower(%s)", [table])
        return tuple(column for (column,) in cursor.fetchall())

    def attached(self, cursor: Cursor, table: str) -> list[Attached]:
        """Read sqlite_schema; an index that belongs to a constraint has no text there (schematab.html)."""
        kinds = "(type IN ('trigger', 'view') OR (type = 'index' AND lower(tbl_name) = lower(%s)))"
        cursor.execute(f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND {kinds}", [table])
        found = [
            Attached(kind, name, self.fold(owner) == self.fold(table), sql, self.words_of(sql))
            for kind, name, owner, sql in cursor.fetchall()
        ]
        names = {self.fold(table)}
        for one in found:  # a view is made after what it stands on
            if one.kind == "view" and one.words & names:
                names.add(self.fold(one.name))
        return [one for one in found if one.is_own or (one.kind != "index" and one.words & names)]

    def words_of(self, sql: str) -> frozenset[str]:
        """Return the words of a statement, folded, without its string literals."""
        return _words_of(sql)

    def index_definition(self, sql: str) -> str:
        """Return what an index is, without its name and its table."""
        tokens = tokenize(sql)
        unique = "unique" if tokens[1] == "unique" else ""
        return f"{unique} {' '.join(tokens[tokens.index('on') + 2 :])}".strip()

    def counter(self, cursor: Cursor, table: str) -> int | None:
        """Read sqlite_sequence."""
        return _sqlite_counters.counter(cursor, table)

    def count_on(self, table: str, number: int) -> list[str]:
        """Write it: dropping a table deletes its row there, and an INSERT by Django's rebuild counts to the highest key alone."""
        return _sqlite_counters.count_on(table, number)

    def forgetting(self, cursor: Cursor, *, inserted: bool) -> list[tuple[str, str, str]]:
        """Read sqlite_schema by their names (handrail.databases.keeping.sqlite)."""
        sql = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'hrk\\_%' ESCAPE '\\'"
        cursor.execute(sql, None)
        ends = ("_d", "_i") if inserted else ("_d",)
        return [(name, table, made) for name, table, made in cursor.fetchall() if name.endswith(ends)]

    def fold(self, name: str) -> str:
        """SQLite folds the letters of ASCII alone (datatype3.html, NOCASE)."""
        return _fold(name)


def _fold(name: str) -> str:
    return name.encode().lower().decode()


@lru_cache(maxsize=1024)
def _words_of(sql: str) -> frozenset[str]:
    tokens = [token for token in tokenize(sql) if not token.startswith("'")]
    return frozenset(_fold(word) for token in tokens for word in (token, *token.split(".")))


def tokenize(sql: str) -> list[str]:
    """Return the words of a statement: unquoted ones in lower case, quoted names without their quotes, strings as they are."""
    tokens = []
    for match in _TOKEN.finditer(sql):
        text = match[0]
        if match.lastgroup == "quoted":
            tokens.append(text[1:-1].replace(text[-1] * 2, text[-1]))
        elif match.lastgroup == "word":
            tokens.append(text.lower())
        elif match.lastgroup != "space":
            tokens.append(text)
    return tokens


def _table(table: str, tokens: list[str]) -> Iterator[CatalogueObject]:
    parts, rest = _split(tokens[tokens.index("(") + 1 :])
    yield CatalogueObject(table, "table", table, " ".join(rest))
    for part in parts:
        if part[0] not in _CONSTRAINTS:
            yield CatalogueObject(table, "column", part[0], " ".join(part[1:]))
        elif part[0] == "constraint":
            yield CatalogueObject(table, "constraint", part[1], " ".join(part[2:]))
        else:
            yield CatalogueObject(table, "constraint", "", " ".join(part))


def _split(tokens: list[str]) -> tuple[list[list[str]], list[str]]:
    """Split what follows the first bracket of a CREATE TABLE at its own commas, and return what follows the last bracket too."""
    parts: list[list[str]] = [[]]
    depth = 1
    for position, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return parts, tokens[position + 1 :]
        if token == "," and depth == 1:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, []
