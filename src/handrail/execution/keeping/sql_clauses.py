"""ALTER TABLE taken apart by its tokens: which columns its clauses drop, and whose type they change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from handrail.databases.statements._tokens import Kind, Token, words

_NO_COLUMN = words(
    "CONSTRAINT INDEX KEY PRIMARY FOREIGN CHECK PARTITION IDENTITY EXPRESSION DEFAULT NOT SYSTEM PERIOD UNIQUE FULLTEXT SPATIAL"
)
_HOW = words("ALGORITHM LOCK WAIT NOWAIT")
_DESTROYS = (("DROP", "PARTITION"), ("DISCARD", "TABLESPACE"), ("DROP", "SYSTEM"), ("IMPORT", "TABLESPACE"))
"""What a clause begins with that destroys rows, or the history of rows."""
_AFTER_TYPE = words(
    "NOT NULL DEFAULT AUTO_INCREMENT COMMENT COLLATE CHARACTER CHARSET UNIQUE PRIMARY KEY AFTER FIRST CHECK REFERENCES ON"
    " GENERATED AS INVISIBLE VISIBLE VIRTUAL STORED PERSISTENT COLUMN_FORMAT STORAGE CONSTRAINT USING WITH WITHOUT COMPRESSED"
)


class Retyping(NamedTuple):
    """A clause that gives a column a type: as the clause writes it. name, now: before and after it, with no quotes.

    folds: whether the name was written without quotes. using: the expression for the new values, "" for a cast to the type.
    """

    name: str
    now: str
    folds: bool
    type: str
    using: str


class Clause(NamedTuple):
    """One clause. tokens: all of it. drops, adds: whether it does that to one column. destroys: what it does in words.

    is_how: whether it says nothing but how the statement is to be done.
    """

    tokens: tuple[Token, ...]
    drops: bool = False
    adds: bool = False
    retyping: Retyping | None = None
    destroys: str = ""
    is_how: bool = False


def clauses(part: Sequence[Token]) -> list[Clause]:
    """Take what follows the name of the table apart, at the commas outside of parentheses."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in part:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return [_clause(tuple(one)) for one in found if one]


def _clause(found: tuple[Token, ...]) -> Clause:
    said = [token.value if token.kind is Kind.WORD else "" for token in found]
    if said[0] in _HOW:
        return Clause(found, is_how=True)
    if any(tuple(said[: len(one)]) == one for one in _DESTROYS):
        return Clause(found, destroys=" ".join(said[:2]))
    if said[0] == "ADD" and (said[1:2] == ["COLUMN"] or (len(found) > 1 and is_column(found[1]))):
        return Clause(found, adds=not (said[1] == "COLUMN" and found[2].text == "("))
    if said[0] == "DROP" and (said[1:2] == ["COLUMN"] or (len(found) > 1 and is_column(found[1]))):
        return Clause(found, drops=True)
    if said[0] in ("MODIFY", "CHANGE"):
        return _as_mysql(found, said)
    if said[0] == "ALTER" and "TYPE" in said[1:]:
        return _as_postgresql(found, said)
    return Clause(found)


def is_column(token: Token) -> bool:
    """Say whether what follows ADD or DROP is a column's name, without the word COLUMN."""
    if token.kind is Kind.WORD and token.value in _NO_COLUMN:
        return False
    return token.kind in (Kind.NAME, Kind.WORD)


def _as_mysql(found: tuple[Token, ...], said: list[str]) -> Clause:
    """MODIFY [COLUMN] [IF EXISTS] name type .., CHANGE [COLUMN] [IF EXISTS] name new type .. (MariaDB, "ALTER TABLE")."""
    at = 1 + (said[1:2] == ["COLUMN"])
    at += 2 * (said[at : at + 2] == ["IF", "EXISTS"])
    names = found[at : at + 1 + (said[0] == "CHANGE")]
    rest = found[at + len(names) :]
    end = next((index for index, token in enumerate(rest) if token.kind is Kind.WORD and token.value in _AFTER_TYPE), len(rest))
    if not rest[:end] or any(one.kind not in (Kind.NAME, Kind.WORD) for one in names):
        return Clause(found, destroys=f"ALTER TABLE .. {said[0]}")
    if {"AS", "GENERATED"} & {token.value for token in rest[end:] if token.kind is Kind.WORD}:
        return Clause(found, destroys=f"ALTER TABLE .. {said[0]}")
    first, last = names[0], names[-1]
    return Clause(found, retyping=Retyping(_bare(first), _bare(last), first.kind is Kind.WORD, _written(rest[:end]), ""))


def _as_postgresql(found: tuple[Token, ...], said: list[str]) -> Clause:
    """ALTER [COLUMN] name [SET DATA] TYPE type [COLLATE ..] [USING expression] (PostgreSQL, "ALTER TABLE")."""
    at = 1 + (said[1:2] == ["COLUMN"])
    begin = at + 1 + 2 * (said[at + 1 : at + 3] == ["SET", "DATA"])
    if said[begin : begin + 1] != ["TYPE"]:
        return Clause(found)
    rest = found[begin + 1 :]
    using = next((index for index, token in enumerate(rest) if token.kind is Kind.WORD and token.value == "USING"), len(rest))
    end = next((index for index, token in enumerate(rest) if token.kind is Kind.WORD and token.value == "COLLATE"), using)
    name, type = found[at], _written(rest[: min(end, using)])
    if not type or name.kind not in (Kind.NAME, Kind.WORD):
        return Clause(found, destroys="ALTER TABLE .. TYPE")
    return Clause(found, retyping=Retyping(_bare(name), _bare(name), name.kind is Kind.WORD, type, _written(rest[using + 1 :])))


def _bare(token: Token) -> str:
    return token.text if token.kind is Kind.WORD else token.value


def _written(found: Sequence[Token]) -> str:
    """Write tokens as a type or an expression is written: with spaces where they are needed."""
    text = ""
    for before, token in zip((None, *found), found, strict=False):
        apart = before is not None and token.kind is not Kind.SYMBOL and (before.kind is not Kind.SYMBOL or before.text == ")")
        text += f" {token.text}" if apart else token.text
    return text
