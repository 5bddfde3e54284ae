"""What the clauses of ALTER TABLE may change, as MySQL 8.0 (15.1.9) and MariaDB ("ALTER TABLE") define them."""

from __future__ import annotations

from typing import NamedTuple

from handrail.databases.statements._reader import Name, Reader, parts
from handrail.databases.statements._tokens import Kind, Token, words

Names = frozenset[str]
_NONE: Names = frozenset()
_OPTIONS = words(
    "AUTO_INCREMENT AVG_ROW_LENGTH CHARACTER CHARSET CHECKSUM COLLATE COMMENT COMPRESSION CONNECTION CONVERT DATA DEFAULT"
    " DELAY_KEY_WRITE ENCRYPTED ENCRYPTION ENGINE FORCE INDEX INSERT_METHOD KEY_BLOCK_SIZE MAX_ROWS MIN_ROWS PACK_KEYS"
    " PAGE_CHECKSUM PAGE_COMPRESSED PAGE_COMPRESSION_LEVEL PARTITION REMOVE COALESCE REORGANIZE ROW_FORMAT"
    " STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES TABLESPACE TRANSACTIONAL UNION DISABLE ENABLE"
    " ANALYZE CHECK OPTIMIZE REBUILD REPAIR"
)
"""What a clause about the table itself begins with, if it can be repeated."""
_OF_ALL_COLUMNS = {"CHARACTER", "CHARSET", "COLLATE", "CONVERT"}
_HOW = {"ALGORITHM", "LOCK", "WAIT", "NOWAIT"}
"""Clauses that say how a statement runs, and not what it does."""
_KEYS = {"INDEX", "KEY"}
_KEY_WORDS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL", *_KEYS}


class Clause(NamedTuple):
    """What one clause may change; names in lower case.

    columns: columns whose definition may change. keyed: keys and constraints by name, and columns whose keys and constraints
    may change too. made, gone: "column x", "key x" or "constraint x" that are there, or not there, afterwards. renamed: a
    column's old and new name. options: the table's own. everything: every column's text may change, not which there are. moves:
    columns change places. hidden: definitions do not show it. title: the new name of the table.
    """

    columns: Names = _NONE
    keyed: Names = _NONE
    made: Names = _NONE
    gone: Names = _NONE
    renamed: tuple[str, str] | None = None
    options: bool = False
    everything: bool = False
    moves: bool = False
    hidden: bool = False
    title: Name | None = None


HIDDEN = Clause(hidden=True)


def clauses(found: list[Token]) -> tuple[Clause, ...]:
    """Read what follows the name of the table in ALTER TABLE."""
    read = [_clause(Reader(part)) for part in parts(found) if part]
    return tuple(clause for group in read for clause in group)


def _clause(reader: Reader) -> list[Clause]:
    word = reader.peek()
    if word in _VERBS:
        reader.accept(word)
        return _VERBS[word](reader)
    if word in _HOW:
        return _after_how(reader)
    if word in _OPTIONS:
        return [_options(reader)]
    return [HIDDEN]


def _after_how(reader: Reader) -> list[Clause]:
    """WAIT n has no comma after it."""
    if reader.accept_any(*_HOW) != "NOWAIT":
        reader.accept("=")
        reader.identifier()
    return _clause(Reader(reader.rest)) if reader.rest else []


def _options(reader: Reader) -> Clause:
    said = {token.value for token in reader.rest if token.kind is Kind.WORD}
    return Clause(options=True, everything=bool(said & _OF_ALL_COLUMNS))


def _add(reader: Reader) -> list[Clause]:
    word = reader.peek()
    if word in {"PARTITION", "PERIOD", "SYSTEM"}:
        return [Clause(options=True)] if word == "PARTITION" else [HIDDEN]
    if word in _KEY_WORDS:
        return [_add_key(reader)]
    reader.accept("COLUMN")
    reader.if_exists()
    if reader.accept("("):
        start = reader.at
        reader.at -= 1
        reader.until(")")
        return [
            _add_key(Reader(part)) if _is_key(part) else _add_column(Reader(part))
            for part in parts(reader.tokens[start : reader.at - 1])
        ]
    return [_add_column(reader)]


def _is_key(part: list[Token]) -> bool:
    return bool(part) and part[0].kind is Kind.WORD and part[0].value in _KEY_WORDS


def _add_column(reader: Reader) -> Clause:
    name = reader.identifier().lower()
    one = frozenset({name})
    return Clause(columns=one, keyed=one, made=frozenset({f"column {name}"}))


def _add_key(reader: Reader) -> Clause:
    name = ""
    if reader.accept("CONSTRAINT") and reader.peek() not in {"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}:
        reader.if_exists()
        name = reader.identifier().lower()
    kind = reader.accept_any("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL", *_KEYS)
    if kind == "CHECK":
        return Clause(keyed=frozenset({name}) if name else _columns(reader), made=_named("constraint", name))
    reader.accept_any(*_KEYS)
    reader.if_exists()
    index = reader.identifier().lower() if reader.peek() not in {"(", "USING"} else ""
    columns = _columns(reader)
    if kind == "PRIMARY":
        return Clause(columns=columns, keyed=columns | {"primary"}, made=frozenset({"key primary"}))
    made = _named("constraint", name) if kind == "FOREIGN" else _named("key", index or name)
    return Clause(keyed=columns | {word for word in (name, index) if word}, made=made)


def _named(kind: str, name: str) -> Names:
    return frozenset({f"{kind} {name}"}) if name else _NONE


def _columns(reader: Reader) -> Names:
    """Return the names in the parentheses that come next."""
    while reader.rest and reader.peek() != "(":
        reader.at += 1
    start = reader.at
    reader.until(")")
    inside = reader.tokens[start : reader.at]
    return frozenset(token.value.lower() for token in inside if token.kind in (Kind.NAME, Kind.WORD))


def _drop(reader: Reader) -> list[Clause]:
    if reader.accept("PARTITION"):
        return [Clause(options=True)]
    if reader.peek() in {"PERIOD", "SYSTEM"}:
        return [HIDDEN]
    if reader.accept("PRIMARY", "KEY"):
        return [Clause(keyed=frozenset({"primary"}), gone=frozenset({"key primary"}))]
    kind = reader.accept_any("INDEX", "KEY", "FOREIGN", "CONSTRAINT", "CHECK")
    if kind:
        reader.accept("KEY")
        reader.if_exists()
        name = reader.identifier().lower()
        gone = {"INDEX": {f"key {name}"}, "KEY": {f"key {name}"}, "CONSTRAINT": {f"key {name}", f"constraint {name}"}}
        return [Clause(keyed=frozenset({name}), gone=frozenset(gone.get(kind, {f"constraint {name}"})))]
    reader.accept("COLUMN")
    reader.if_exists()
    name = reader.identifier().lower()
    return [Clause(columns=frozenset({name}), keyed=frozenset({name}), gone=frozenset({f"column {name}"}))]


def _change(reader: Reader) -> list[Clause]:
    reader.accept("COLUMN")
    reader.if_exists()
    return [_renamed(reader, reader.identifier().lower(), reader.identifier().lower())]


def _renamed(reader: Reader, old: str, new: str) -> Clause:
    both = frozenset({old, new})
    gone = _NONE if old == new else frozenset({f"column {old}"})
    made = frozenset({f"column {new}"})
    return Clause(columns=both, keyed=both, made=made, gone=gone, renamed=(old, new) if gone else None, moves=_moves(reader))


def _modify(reader: Reader) -> list[Clause]:
    reader.accept("COLUMN")
    reader.if_exists()
    name = frozenset({reader.identifier().lower()})
    return [Clause(columns=name, keyed=name, moves=_moves(reader))]


def _moves(reader: Reader) -> bool:
    return any(token.kind is Kind.WORD and token.value in {"FIRST", "AFTER"} for token in reader.rest)


def _alter(reader: Reader) -> list[Clause]:
    if reader.accept_any("INDEX", "KEY", "CONSTRAINT", "CHECK"):
        reader.if_exists()
        return [Clause(keyed=frozenset({reader.identifier().lower()}))]
    reader.accept("COLUMN")
    reader.if_exists()
    return [Clause(columns=frozenset({reader.identifier().lower()}))]


def _rename(reader: Reader) -> list[Clause]:
    kind = reader.accept_any("COLUMN", "INDEX", "KEY")
    if kind:
        reader.if_exists()
        old = reader.identifier().lower()
        reader.accept("TO")
        new = reader.identifier().lower()
        if kind == "COLUMN":
            return [_renamed(reader, old, new)._replace(moves=False)]
        return [Clause(keyed=frozenset({old, new}), made=frozenset({f"key {new}"}), gone=frozenset({f"key {old}"}))]
    reader.accept_any("TO", "AS", "=")
    return [Clause(title=reader.name())]


_VERBS = {"ADD": _add, "DROP": _drop, "CHANGE": _change, "MODIFY": _modify, "ALTER": _alter, "RENAME": _rename}
