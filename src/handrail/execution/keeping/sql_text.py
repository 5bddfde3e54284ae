"""What the SQL of a migration drops, by its tokens: statements that are nothing but drops, and those that destroy otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from handrail.databases.statements._tokens import MYSQL, POSTGRESQL, SQLITE, Kind, Token, TokenError, statements_in, tokens
from handrail.execution.keeping.sql_clauses import Clause, Retyping, clauses, is_column

_DIALECTS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "sqlite": SQLITE}
_BODIES = {"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"}
_INSIDE = re.compile(r"\bDROP\s+(TABLE|COLUMN|SCHEMA|DATABASE)\b|\bTRUNCATE\b", re.IGNORECASE)
_TAKES_MORE = {"SCHEMA", "DATABASE", "TYPE", "DOMAIN", "EXTENSION", "OWNED"}
"""What DROP can drop that has tables or columns in it, or that they depend on."""
_FOR_OTHERS = {"TYPE", "DOMAIN", "EXTENSION"}
"""Of these, what is dropped without them unless CASCADE says otherwise."""


class Name(NamedTuple):
    """A name as it is written. qualifier: the schema or database before it, "" for none. folds: whether it has no quotes."""

    qualifier: str
    name: str
    folds: bool


class Drop(NamedTuple):
    """A statement that is nothing but drops. columns: of the one table; () where the tables themselves are dropped."""

    tables: tuple[Name, ...]
    columns: tuple[Name, ...]
    cascades: bool
    if_exists: bool


class Makes(NamedTuple):
    """A statement that makes exactly one table, column or index. index_name: its own, "" where it makes none."""

    table: Name
    column: Name | None
    index_name: str


class Renaming(NamedTuple):
    """A statement that does nothing but give one thing another name. back: the statement that takes it back.

    old, new: as they are written, with the schema if there is one. if_exists: whether it does nothing where old is not there.
    """

    back: str
    old: str
    new: str
    if_exists: bool


class Piece(NamedTuple):
    """One statement. destroys: what it does in words where it destroys, and is no plain drop. table: of an ALTER TABLE.

    retypings: columns whose type it changes. takes: the schema, type or the like that it drops, of which more can depend.
    renamed: what tables are called after it. instead: whether it stands, with others, for a statement that was written otherwise.
    """

    sql: str
    drop: Drop | None = None
    makes: Makes | None = None
    destroys: str = ""
    table: Name | None = None
    retypings: tuple[Retyping, ...] = ()
    takes: tuple[Name, ...] = ()
    renamed: tuple[Name, ...] = ()
    instead: bool = False


@lru_cache(maxsize=256)
def renaming(sql: str, vendor: str) -> Renaming | None:
    """Read one statement that only renames a table, index, sequence or constraint; None for any other."""
    try:
        return _Reader(tokens(sql, _DIALECTS[vendor])).renaming()
    except (TokenError, KeyError):
        return None


@lru_cache(maxsize=256)
def pieces(sql: str, vendor: str) -> tuple[Piece, ...]:
    """Return the statements of a text; what cannot be read, and a routine with its body, is one."""
    dialect = _DIALECTS.get(vendor)
    if dialect is None:
        return (Piece(sql),)
    try:
        found = tokens(sql, dialect)
    except TokenError:
        return (Piece(sql, destroys=_inside(sql)),)
    said = {token.value for token in found if token.kind is Kind.WORD}
    if said & _BODIES and "BEGIN" in said:
        return (Piece(sql, destroys="" if statements_in(found) < 2 else _what(found)),)
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(piece for part in parts if part for piece in _pieces(sql, part, vendor))


def _pieces(sql: str, part: list[Token], vendor: str) -> Sequence[Piece]:
    text = sql[part[0].start : part[-1].start + len(part[-1].text)]
    reader = _Reader(part)
    drop = reader.drop()
    if drop is not None:
        return [Piece(text, drop=drop)]
    found = reader.replaced(text) or reader.emptied()
    if found:
        return found
    table = reader.altered()
    if table is not None:
        return _altering(sql, part, vendor, table)
    taken, names = reader.taken()
    return [Piece(text, makes=reader.makes(), destroys=taken or _what(part), takes=names, renamed=reader.renamed())]


def _altering(sql: str, part: list[Token], vendor: str, table: Name) -> list[Piece]:
    """Read an ALTER TABLE; columns that it drops beside other things are dropped first, as the databases do."""
    reader = _Reader(part)
    reader.altered()
    head = sql[part[0].start : part[reader.at].start] if reader.at < len(part) else ""
    text = sql[part[0].start : part[-1].start + len(part[-1].text)]
    found = clauses(part[reader.at :])
    groups = _groups(found)
    if groups and groups != [found] and not _meets(found):
        texts = [head + ", ".join(_text(sql, one) for one in group) for group in groups]
        return [piece for one in texts for piece in pieces(one, vendor)]
    dropping = any(one.drops for one in found)
    destroys = next((one.destroys for one in found if one.destroys), "ALTER TABLE .. DROP" if dropping else "")
    if "IGNORE" in {token.value for token in part[:2] if token.kind is Kind.WORD}:
        destroys = destroys or "ALTER IGNORE TABLE"
    retypings = tuple(one.retyping for one in found if one.retyping is not None)
    return [Piece(text, makes=reader.makes(), destroys=destroys, table=table, retypings=retypings, renamed=reader.renamed())]


def _groups(found: Sequence[Clause]) -> list[list[Clause]]:
    """Return the clauses as several statements would have them: what is dropped, each column that is added, all others."""
    dropping, adding = [one for one in found if one.drops], [one for one in found if one.adds]
    others = [one for one in found if not (one.drops or one.adds)]
    groups = [dropping, *([one] for one in adding), [] if all(one.is_how for one in others) else others]
    return [group for group in groups if group]


def _meets(found: Sequence[Clause]) -> bool:
    """Say whether a clause names a column that another drops, other than to add it anew."""
    dropped = {token.value.lower() for one in found if one.drops for token in one.tokens[1:]} - {"column", "if", "exists"}
    named = [
        token for one in found if not one.drops for token in (one.tokens[3:] if one.tokens[0].value == "ADD" else one.tokens)
    ]
    return any(token.kind in (Kind.NAME, Kind.WORD) and token.value.lower() in dropped for token in named)


def _text(sql: str, clause: Clause) -> str:
    first, last = clause.tokens[0], clause.tokens[-1]
    return sql[first.start : last.start + len(last.text)]


def _what(part: Sequence[Token]) -> str:
    """Say what a statement does that destroys data; "" where it does none."""
    said = [token.value if token.kind is Kind.WORD else "" for token in part]
    if said[0] == "DO":
        return _inside(" ".join(token.text for token in part))
    for first, second in pairwise(said):
        if first == "DROP" and second in {"TABLE", "COLUMN"}:
            return f"{first} {second}"
    return ""


def _inside(text: str) -> str:
    found = _INSIDE.search(text)
    return " ".join(found[0].upper().split()) if found else ""


_KINDS: tuple[tuple[str, ...], ...] = ((), ("VIRTUAL",), ("UNLOGGED",))
"""What can stand before TABLE where it stays (SQLite, lang_createvtab.html; PostgreSQL 18, CREATE TABLE)."""


class _Reader:
    """Reads one statement from its beginning."""

    def __init__(self, part: list[Token]) -> None:
        self.part, self.at = part, 0

    def _word(self, *wanted: str) -> bool:
        """Pass over these words if they come now."""
        end = self.at + len(wanted)
        now = self.part[self.at : end]
        if [token.value for token in now] != list(wanted) or any(token.kind is not Kind.WORD for token in now):
            return False
        self.at = end
        return True

    def _symbol(self, text: str) -> bool:
        if self.at < len(self.part) and self.part[self.at].text == text:
            self.at += 1
            return True
        return False

    def _identifier(self) -> tuple[str, bool] | None:
        token: Any = self.part[self.at] if self.at < len(self.part) else None
        if token is None or token.kind not in (Kind.NAME, Kind.WORD):
            return None
        self.at += 1
        return (token.value, False) if token.kind is Kind.NAME else (token.text, True)

    def _name(self) -> Name | None:
        first = self._identifier()
        if first is None:
            return None
        if not self._symbol("."):
            return Name("", *first)
        second = self._identifier()
        return None if second is None else Name(first[0], *second)

    @property
    def _is_over(self) -> bool:
        return self.at >= len(self.part)

    def drop(self) -> Drop | None:
        """Read DROP TABLE, or ALTER TABLE that only drops columns; None for anything else."""
        self.at = 0
        if self._word("DROP", "TABLE"):
            if_exists = self._word("IF", "EXISTS")
            tables = [self._name()]
            while self._symbol(","):
                tables.append(self._name())
            cascades = self._word("CASCADE") or (self._word("RESTRICT") and False)
            known = tuple(one for one in tables if one is not None)
            return Drop(known, (), cascades, if_exists) if self._is_over and len(known) == len(tables) else None
        table = self.altered()
        return None if table is None else self._columns(table)

    def _columns(self, table: Name) -> Drop | None:
        columns, cascades, if_exists = [], False, True
        while self._word("DROP"):
            named = self._word("COLUMN")
            if_exists = self._word("IF", "EXISTS") and if_exists
            if not named and not self._is_over and not is_column(self.part[self.at]):
                return None
            column = self._identifier()
            if column is None:
                return None
            columns.append(Name("", *column))
            cascades = self._word("CASCADE") or cascades
            self._word("RESTRICT")
            if not self._symbol(","):
                break
        return Drop((table,), tuple(columns), cascades, if_exists) if columns and self._is_over else None

    def altered(self) -> Name | None:
        """Read the head of an ALTER TABLE."""
        self.at = 0
        self._word("ALTER")
        self._word("ONLINE")
        self._word("IGNORE")
        if not self.at or not self._word("TABLE"):
            return None
        self._word("IF", "EXISTS")
        self._word("ONLY")
        return self._name()

    def replaced(self, text: str) -> list[Piece]:
        """Read CREATE OR REPLACE TABLE, which is a DROP TABLE IF EXISTS first (MariaDB, "CREATE TABLE"); [] for anything else."""
        self.at = 0
        if not self._word("CREATE", "OR", "REPLACE", "TABLE"):
            return []
        head = self.part[3].start - self.part[0].start
        begin = self.at
        table = self._name()
        if table is None:
            return []
        name = "".join(token.text for token in self.part[begin : self.at])
        made = _Reader([self.part[0], *self.part[3:]]).makes()
        dropped = Piece(f"DROP TABLE IF EXISTS {name}", drop=Drop((table,), (), False, True), instead=True)
        return [dropped, Piece(f"CREATE {text[head:]}", makes=made, instead=True)]

    def emptied(self) -> list[Piece]:
        """Read ALTER TABLE .. TRUNCATE PARTITION: to delete the rows does the same, and is in the log of rows."""
        table = self.altered()
        if table is None:
            return []
        begin = 2 + next(at for at, token in enumerate(self.part[1:]) if token.value == "TABLE")
        name = "".join(token.text for token in self.part[begin : self.at])
        if not self._word("TRUNCATE", "PARTITION"):
            return []
        said = "".join(token.text for token in self.part[self.at :])
        where = "" if said.upper() == "ALL" else f" PARTITION ({said})"
        return [Piece(f"DELETE FROM {name}{where}", instead=True)]

    def taken(self) -> tuple[str, tuple[Name, ...]]:
        """Read the DROP of something that has tables or columns in it, or that they depend on: what it is, and its names."""
        self.at = 0
        kind = self.part[1].value if len(self.part) > 1 else ""
        said = {token.value for token in self.part if token.kind is Kind.WORD}
        if not self._word("DROP") or kind not in _TAKES_MORE or (kind in _FOR_OTHERS and "CASCADE" not in said):
            return "", ()
        self.at = 2
        self._word("BY")
        self._word("IF", "EXISTS")
        names = [self._name()]
        while self._symbol(","):
            names.append(self._name())
        return f"DROP {kind}", tuple(one for one in names if one is not None)

    def renamed(self) -> tuple[Name, ...]:
        """Read what tables are called after ALTER TABLE .. RENAME TO, or RENAME TABLE."""
        if self.altered() is not None:
            if self._word("RENAME", "TO") or self._word("RENAME", "AS"):
                return tuple(filter(None, [self._name()]))
            return ()
        self.at = 0
        if not self._word("RENAME", "TABLE"):
            return ()
        found: list[Name] = []
        while self._name() is not None and self._word("TO"):
            found += filter(None, [self._name()])
            self._symbol(",")
        return tuple(found)

    def renaming(self) -> Renaming | None:
        """Read ALTER INDEX, SEQUENCE or TABLE .. RENAME TO, and ALTER TABLE .. RENAME CONSTRAINT (PostgreSQL 18 manual)."""
        self.at = 0
        kind = next((one for one in ("INDEX", "SEQUENCE", "TABLE") if self._word("ALTER", one)), "")
        if_exists = self._word("IF", "EXISTS")
        begin = self.at
        name = self._name()
        if not kind or name is None:
            return None
        thing = self._written(begin)
        schema, old = ("".join(thing.rpartition(".")[:2]), thing.rpartition(".")[2]) if name.qualifier else ("", thing)
        if kind == "TABLE" and not if_exists and self._word("RENAME", "CONSTRAINT"):
            old = self._written_name()
            new = self._written_name() if self._word("TO") else ""
            back = f"ALTER TABLE {thing} RENAME CONSTRAINT {new} TO {old}"
            return Renaming(back, old, new, False) if old and new and self._is_over else None
        new = self._written_name() if self._word("RENAME", "TO") else ""
        if not new or not self._is_over:
            return None
        return Renaming(f"ALTER {kind} {schema}{new} RENAME TO {old}", thing, f"{schema}{new}", if_exists)

    def _written_name(self) -> str:
        begin = self.at
        return self._written(begin) if self._identifier() else ""

    def _written(self, begin: int) -> str:
        return "".join(token.text for token in self.part[begin : self.at])

    def makes(self) -> Makes | None:
        """Read CREATE TABLE, CREATE INDEX, or ALTER TABLE that adds one column."""
        self.at = 0
        if any(self._word("CREATE", *kind, "TABLE") for kind in _KINDS):
            self._word("IF", "NOT", "EXISTS")
            table = self._name()
            return None if table is None else Makes(table, None, "")
        if self._word("CREATE", "INDEX") or self._word("CREATE", "UNIQUE", "INDEX"):
            return self._index()
        table = self.altered()
        if table is None or not self._word("ADD"):
            return None
        named = self._word("COLUMN")
        self._word("IF", "NOT", "EXISTS")
        if not named and not self._is_over and not is_column(self.part[self.at]):
            return None
        column = self._identifier()
        is_more = self._has_more_clauses()
        return None if column is None or is_more else Makes(table, Name("", *column), "")

    def _index(self) -> Makes | None:
        self._word("CONCURRENTLY")
        self._word("IF", "NOT", "EXISTS")
        index = self._identifier()
        if index is None or not self._word("ON"):
            return None
        table = self._name()
        return None if table is None else Makes(table, None, index[0])

    def _has_more_clauses(self) -> bool:
        depth = 0
        for token in self.part[self.at :]:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if token.text == "," and depth == 0:
                return True
        return False
