"""What the SQL of a migration drops, by its tokens: statements that are nothing but drops, and those that destroy otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from handrail.databases.statements._tokens import MYSQL, POSTGRESQL, SQLITE, Kind, Token, TokenError, statements_in, tokens, words

_DIALECTS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "sqlite": SQLITE}
_NO_COLUMN = words("CONSTRAINT INDEX KEY PRIMARY FOREIGN CHECK PARTITION IDENTITY EXPRESSION DEFAULT NOT SYSTEM PERIOD")
_BODIES = {"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"}
_INSIDE = re.compile(r"\bDROP\s+(TABLE|COLUMN|SCHEMA|DATABASE)\b|\bTRUNCATE\b", re.IGNORECASE)


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


class Piece(NamedTuple):
    """One statement. destroys: what it does in words where it destroys, and is no plain drop. table: of an ALTER TABLE."""

    sql: str
    drop: Drop | None = None
    makes: Makes | None = None
    destroys: str = ""
    table: Name | None = None


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
    return tuple(_piece(sql, part) for part in parts if part)


def _piece(sql: str, part: list[Token]) -> Piece:
    text = sql[part[0].start : part[-1].start + len(part[-1].text)]
    reader = _Reader(part)
    drop = reader.drop()
    if drop is not None:
        return Piece(text, drop=drop)
    return Piece(text, makes=reader.makes(), destroys=_what(part), table=reader.altered())


def _what(part: Sequence[Token]) -> str:
    """Say what a statement does that destroys data; "" where it does none."""
    said = [token.value if token.kind is Kind.WORD else "" for token in part]
    if said[0] == "DO":
        return _inside(" ".join(token.text for token in part))
    for first, second in pairwise(said):
        if first == "DROP" and second in {"TABLE", "SCHEMA", "DATABASE", "COLUMN"}:
            return f"{first} {second}"
    if said[:2] != ["ALTER", "TABLE"]:
        return ""
    return _alters(part, said)


def _alters(part: Sequence[Token], said: Sequence[str]) -> str:
    for number, word in enumerate(said):
        if word in {"MODIFY", "CHANGE"}:
            return f"ALTER TABLE .. {word}"
        if word == "TYPE" and "ALTER" in said[2:number]:
            return "ALTER TABLE .. TYPE"
        if word == "DROP" and number + 1 < len(said) and _is_column(part, number + 1):
            return "ALTER TABLE .. DROP"
    return ""


def _is_column(part: Sequence[Token], at: int) -> bool:
    """Say whether what follows DROP is a column's name, without the word COLUMN; ALTER COLUMN .. DROP DEFAULT is none."""
    if part[at].kind is Kind.WORD and part[at].value in _NO_COLUMN:
        return False
    return part[at].kind in (Kind.NAME, Kind.WORD)


def _inside(text: str) -> str:
    found = _INSIDE.search(text)
    return " ".join(found[0].upper().split()) if found else ""


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
            if not named and not self._is_over and not _is_column(self.part, self.at):
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
        if not self._word("ALTER", "TABLE"):
            return None
        self._word("IF", "EXISTS")
        self._word("ONLY")
        return self._name()

    def makes(self) -> Makes | None:
        """Read CREATE TABLE, CREATE INDEX, or ALTER TABLE that adds one column."""
        self.at = 0
        if self._word("CREATE", "TABLE"):
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
        if not named and not self._is_over and not _is_column(self.part, self.at):
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
