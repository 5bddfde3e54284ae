"""What a statement of MySQL or MariaDB is about: the tables and other objects that it makes, changes, renames and drops."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from handrail.databases.statements._mysql_clauses import Clause, Names, clauses
from handrail.databases.statements._reader import Name, Reader, parts
from handrail.databases.statements._tokens import MYSQL, Kind, Token, TokenError, statements_in, tokens, words
from handrail.databases.statements.base import Manner

# MySQL 8.0 manual, 15.3.3, and MariaDB, "SQL statements That Cause an Implicit Commit".
_ALONE = words("ALTER ANALYZE CACHE CHECK CREATE DROP FLUSH GRANT INSTALL OPTIMIZE RENAME REPAIR RESET REVOKE TRUNCATE UNINSTALL")
_WRITES = words("DELETE DESC DESCRIBE EXPLAIN INSERT LOAD REPLACE SELECT SHOW TABLE UPDATE VALUES WITH (")
"""What neither commits nor leaves a transaction."""
_REPEATABLE = words("ANALYZE CACHE CHECK FLUSH OPTIMIZE REPAIR")
OBJECTS = ("VIEW", "TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "SEQUENCE")


class Verb(StrEnum):
    """What a statement does.

    select: it makes a table of a query. repeatable: nothing that definitions show. hidden: something that they do not show.
    """

    CREATE = "create"
    SELECT = "select"
    ALTER = "alter"
    DROP = "drop"
    RENAME = "rename"
    OBJECT = "object"
    REPEATABLE = "repeatable"
    HIDDEN = "hidden"


class Statement(NamedTuple):
    """What a statement is about.

    tables: those that it names to make, change or drop. objects: others, by kind ("view"). renames: tables, old name and new,
    in their order. clauses: of ALTER TABLE. columns: what CREATE TABLE calls its columns, with all its other words. like: the
    table that CREATE TABLE copies. lenient: IF EXISTS or IF NOT EXISTS.
    """

    verb: Verb
    tables: tuple[Name, ...] = ()
    objects: tuple[tuple[str, Name], ...] = ()
    renames: tuple[tuple[Name, Name], ...] = ()
    clauses: tuple[Clause, ...] = ()
    columns: Names = frozenset()
    like: Name | None = None
    lenient: bool = False


def manner(sql: str) -> Manner:
    """Return how a statement may run."""
    try:
        found = tokens(sql, MYSQL)
    except TokenError:
        return Manner.UNKNOWN
    if statements_in(found) != 1:
        return Manner.UNKNOWN
    reader = Reader(found)
    first = reader.peek()
    if "TEMPORARY" in (reader.peek(1), reader.peek(3)) and first in {"CREATE", "DROP"}:
        return Manner.UNKNOWN  # it lives as long as its session
    if first == "SET":
        return _manner_of_set(reader)
    if first == "LOAD" and reader.peek(1) == "INDEX":
        return Manner.ALONE
    return Manner.ALONE if first in _ALONE else Manner.TRANSACTION if first in _WRITES else Manner.UNKNOWN


def _manner_of_set(reader: Reader) -> Manner:
    """SET autocommit = 1 commits (MySQL 8.0 manual, 15.3.3); passwords, roles and SET TRANSACTION are no values of a session."""
    said = {token.value.upper() for token in reader.rest if token.kind in (Kind.WORD, Kind.NAME)}
    others = {"AUTOCOMMIT", "PASSWORD", "ROLE", "TRANSACTION", "GLOBAL", "PERSIST", "PERSIST_ONLY", "STATEMENT", "RESOURCE"}
    return Manner.UNKNOWN if said & others else Manner.TRANSACTION


def read(sql: str) -> Statement:
    """Read one statement whose manner is alone; what is not understood is hidden."""
    reader = Reader([token for token in tokens(sql, MYSQL) if token.text != ";"])
    first = reader.accept_any(*_ALONE)
    if first in _REPEATABLE:
        return Statement(Verb.REPEATABLE)
    if first == "TRUNCATE":
        reader.accept("TABLE")
        return Statement(Verb.HIDDEN, (reader.name(),))
    if first == "RENAME" and reader.accept_any("TABLE", "TABLES"):
        return _renames(reader)
    reader.accept("OR", "REPLACE")
    if first in _HEADS and (kind := _kind_of(reader)):
        return _HEADS[first](reader) if kind == "TABLE" else _object(first, kind, reader)
    if first in {"CREATE", "DROP"} and reader.until("INDEX"):
        return _index(first, reader)
    return Statement(Verb.HIDDEN)


def _kind_of(reader: Reader) -> str:
    """Go past TABLE, VIEW or the like, and what may stand before it (DEFINER = ..., ALGORITHM = ...); "" for others."""
    start = reader.at
    for index, token in enumerate(reader.rest):
        if token.kind is Kind.WORD and token.value in {"TABLE", "TABLES", *OBJECTS}:
            reader.at = start + index + 1
            return "TABLE" if token.value == "TABLES" else token.value
        if token.kind is Kind.WORD and token.value in {"INDEX", "DATABASE", "SCHEMA", "USER", "ROLE", "SERVER", "PACKAGE"}:
            return ""
    return ""


def _renames(reader: Reader) -> Statement:
    reader.if_exists()
    pairs = []
    for part in parts(reader.rest):
        pair = Reader(part)
        pair.if_exists()
        old = pair.name()
        pair.until("TO")
        pairs.append((old, pair.name()))
    tables = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    return Statement(Verb.RENAME, tables, renames=tuple(pairs))


def _create(reader: Reader) -> Statement:
    lenient = reader.if_exists()
    name = reader.name()
    if reader.accept("LIKE") or reader.accept("(", "LIKE"):
        like = reader.name()
        return Statement(Verb.CREATE, (name, like), like=like, lenient=lenient)
    columns = frozenset(token.value.lower() for token in reader.rest if token.kind is not Kind.SYMBOL)
    if _selects(reader.rest):
        return Statement(Verb.SELECT, (name,))
    return Statement(Verb.CREATE, (name,), columns=columns, lenient=lenient)


def _selects(found: list[Token]) -> bool:
    """Say whether a table is made of a query; SELECT is a reserved word that has no place in a definition."""
    said = [token.value for token in found if token.kind is Kind.WORD]
    return "SELECT" in said or said[:1] == ["VALUES"]


def _alter(reader: Reader) -> Statement:
    lenient = reader.if_exists()
    name = reader.name()
    read_clauses = clauses(reader.rest)
    renames = tuple((name, clause.title) for clause in read_clauses if clause.title)
    tables = (name, *(new for _, new in renames))
    return Statement(Verb.ALTER, tables, renames=renames, clauses=read_clauses, lenient=lenient)


def _drop(reader: Reader) -> Statement:
    lenient = reader.if_exists()
    return Statement(Verb.DROP, reader.names(), lenient=lenient)


def _object(first: str, kind: str, reader: Reader) -> Statement:
    if first == "ALTER" and kind == "SEQUENCE":
        return Statement(Verb.HIDDEN)
    lenient = reader.if_exists()
    names = reader.names() if first == "DROP" else (reader.name(),)
    if first == "ALTER" and kind == "EVENT" and reader.until("RENAME") and reader.accept("TO"):
        names = (*names, reader.name())
    return Statement(Verb.OBJECT, objects=tuple((kind.lower(), name) for name in names), lenient=lenient)


def _index(first: str, reader: Reader) -> Statement:
    """CREATE INDEX and DROP INDEX are short for ALTER TABLE (MySQL 8.0 manual, 15.1.15 and 15.1.27)."""
    reader.if_exists()
    start = reader.at
    index = reader.identifier()
    if not reader.until("ON"):
        return Statement(Verb.HIDDEN)
    table = reader.name()
    word = Token(Kind.WORD, "ADD" if first == "CREATE" else "DROP", "ADD" if first == "CREATE" else "DROP", 0)
    key = Token(Kind.WORD, "KEY", "KEY", 0)
    after = reader.rest if first == "CREATE" else []
    if not index:
        return Statement(Verb.HIDDEN)
    return Statement(Verb.ALTER, (table,), clauses=clauses([word, key, reader.tokens[start], *after]))


_HEADS = {"CREATE": _create, "ALTER": _alter, "DROP": _drop}
