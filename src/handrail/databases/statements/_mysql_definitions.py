"""A table's definition as SHOW CREATE TABLE writes it, taken apart: one object is one part between commas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from handrail.databases.statements._tokens import MYSQL, Kind, Token, tokens

_TEXT = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set")


class Column(NamedTuple):
    """A column's part. kind: its type in lower case, as "int unsigned"; arguments: what is in its parentheses.

    collation: character set and collation that it has, its own or the table's; ("", "") where its type has none. generated: it is
    computed.
    """

    text: str
    kind: str
    arguments: tuple[str, ...]
    collation: tuple[str, str]
    generated: bool
    plain: tuple[str, ...]

    @property
    def sense(self) -> tuple[tuple[str, ...], tuple[str, str]]:
        """What two columns have in common if they differ only in what the table's default collation spares to say."""
        return (self.plain, self.collation)


class Table(NamedTuple):
    """A definition. Names are in lower case; parts are as they were written. others: parts of no known kind, such as PERIOD.

    head: all before the opening parenthesis. options: by name, with their values. tail: partitions, and what has no value.
    """

    head: str
    columns: dict[str, Column]
    keys: dict[str, str]
    constraints: dict[str, str]
    others: tuple[str, ...]
    options: dict[str, str]
    tail: str


def split(text: str) -> tuple[str, list[str], str]:
    """Return what is before the parentheses, the parts within them, and what is after them; ("", [], text) without any."""
    found = tokens(text, MYSQL)
    depth, begin, cuts = 0, -1, []
    for token in found:
        if token.kind is not Kind.SYMBOL:
            continue
        if token.text == "(":
            depth += 1
            begin = token.start if begin < 0 else begin
        elif token.text == ")":
            depth -= 1
        if depth == 1 and token.text == ",":
            cuts.append(token.start)
        if depth == 0 and token.text == ")":
            edges = [begin, *cuts, token.start]
            inner = [text[edges[i] + 1 : edges[i + 1]].strip() for i in range(len(edges) - 1)]
            return text[:begin].rstrip(), inner, text[token.start + 1 :].strip()
    return "", [], text


def normal(text: str) -> str:
    """Return a definition with its keys and constraints in the order of their names, and without AUTO_INCREMENT = n.

    A key that was dropped and added again is the last one, which changes nothing else.
    """
    head, inner, after = split(_backticks(text))
    if not inner:
        return text
    ordered = sorted(inner, key=lambda part: (rank := _rank(part), "" if rank == 0 else part))
    return f"{head} (\n  " + ",\n  ".join(ordered) + f"\n) {_without_counter(after)}"


def _backticks(text: str) -> str:
    """With ANSI_QUOTES the server quotes names with double quotes, and never a string."""
    if not text.startswith('CREATE TABLE "'):
        return text
    pieces, end = [], 0
    for token in tokens(text, MYSQL):
        if token.text.startswith('"'):
            pieces += [text[end : token.start], quoted(token.text[1:-1].replace('""', '"'))]
            end = token.start + len(token.text)
    return "".join([*pieces, text[end:]])


def _rank(part: str) -> int:
    first = tokens(part, MYSQL)[0]
    if first.kind is not Kind.WORD:
        return 0
    return {"PRIMARY": 1, "UNIQUE": 2, "KEY": 2, "FULLTEXT": 2, "SPATIAL": 2, "CONSTRAINT": 4}.get(first.value, 3)


def table(text: str) -> Table:
    """Take a definition apart."""
    head, inner, after = split(text)
    options, tail = _options(after)
    found = Table(head, {}, {}, {}, (), options, tail)
    default = (options.get("DEFAULT CHARSET", ""), options.get("COLLATE", ""))
    others = []
    for part in inner:
        read = tokens(part, MYSQL)
        rank = _rank(part)
        name = next((token.value.lower() for token in read if token.kind is Kind.NAME), "")
        if rank == 0:
            found.columns[read[0].value.lower()] = _column(part, read, default)
        elif rank in (1, 2):
            found.keys["primary" if rank == 1 else name] = part
        elif rank == 4:
            found.constraints[name] = part
        else:
            others.append(part)
    return found._replace(others=tuple(others))


def _column(text: str, read: list[Token], default: tuple[str, str]) -> Column:
    outer, inner = _outside(read)
    arguments = tuple(token.text for token in inner if token.text != ",")
    words = [token.value for token in outer]
    kind = words[1].lower() if len(words) > 1 else ""
    if "UNSIGNED" in words:
        kind += " unsigned"
    charset = _value_after(words, "SET", "CHARACTER") or _value_after(words, "CHARSET")
    collation = _value_after(words, "COLLATE")
    own = (charset.lower() or default[0], collation.lower() or ("" if charset else default[1]))
    named = {"CHARACTER", "SET", "CHARSET", "COLLATE"}
    plain = tuple(
        token.text
        for index, token in enumerate(read)
        if token.value not in named and (index == 0 or read[index - 1].value not in {"SET", "CHARSET", "COLLATE"})
    )
    generated = any(token.kind is Kind.WORD and token.value == "AS" for token in outer)
    return Column(text, kind, arguments, own if kind in _TEXT else ("", ""), generated, plain)


def _outside(read: list[Token]) -> tuple[list[Token], list[Token]]:
    """Return the tokens outside of parentheses, and those of the type's parentheses."""
    outer: list[Token] = []
    inner: list[Token] = []
    depth = 0
    for token in read:
        step = {"(": 1, ")": -1}.get(token.text, 0) if token.kind is Kind.SYMBOL else 0
        depth += step
        if depth == 0 and not step:
            outer.append(token)
        elif depth == 1 and not step and len(outer) == 2:
            inner.append(token)
    return outer, inner


def _value_after(words: list[str], word: str, before: str = "") -> str:
    for index in range(len(words) - 1):
        if words[index] == word and (not before or (index and words[index - 1] == before)):
            return words[index + 1]
    return ""


def _options(text: str) -> tuple[dict[str, str], str]:
    """Read NAME=VALUE pairs; the rest begins at PARTITION, WITH or whatever else is no pair."""
    read = tokens(text, MYSQL)
    options: dict[str, str] = {}
    start = at = 0
    while at < len(read):
        if read[at].text == "=" and at > start and at + 1 < len(read):
            options[" ".join(token.value.upper() for token in read[start:at])] = read[at + 1].text
            start = at = at + 2
        elif at - start > 2 or read[start].value in {"PARTITION", "WITH"}:
            break
        else:
            at += 1
    options.pop("AUTO_INCREMENT", None)
    return options, text[read[start].start :] if start < len(read) else ""


def _without_counter(text: str) -> str:
    read = tokens(text, MYSQL)
    for index, token in enumerate(read[:-2]):
        if token.kind is Kind.WORD and token.value == "AUTO_INCREMENT" and read[index + 1].text == "=":
            end = read[index + 2].start + len(read[index + 2].text)
            return (text[: token.start] + text[end:].lstrip(" ")).rstrip()
    return text


def renamed(text: str, *, columns: Mapping[str, str], tables: Mapping[str, str], own: str) -> str:
    """Return a part with columns and tables called by other names (in lower case by names in lower case).

    own: the name of the table that it is of, before. Names that the database gave to constraints follow the table's (MySQL 8.0
    manual, 15.1.20.5: table_ibfk_1).
    """
    read = tokens(text, MYSQL)
    is_key = read[0].kind is Kind.WORD
    references = next((i for i, t in enumerate(read) if t.kind is Kind.WORD and t.value == "REFERENCES" and is_key), len(read))
    label = next((i for i, t in enumerate(read) if t.kind is Kind.NAME), -1) if is_key and read[0].value != "PRIMARY" else -1
    target = references + 1
    itself = target < len(read) and read[target].value.lower() == own.lower()

    def name(index: int, token: Token) -> str:
        low = token.value.lower()
        if index == label:
            return _generated(token.value, tables)
        if index == target and target < len(read):
            return tables.get(low, token.value)
        return columns.get(low, token.value) if index < references or itself else token.value

    return _rewritten(text, read, name)


def with_columns(found: Table, names: Mapping[str, str], own: str) -> Table:
    """Return a table as it is when its columns are called by other names, new ones by old ones. own: the table's name."""
    if not names:
        return found
    columns = [column.text for column in found.columns.values()]
    parts = [*columns, *found.keys.values(), *found.constraints.values(), *found.others]
    called = ", ".join(renamed(part, columns=names, tables={}, own=own) for part in parts)
    options = " ".join(f"{option}={value}" for option, value in found.options.items())
    return table(f"{found.head} ({called}) {options}")._replace(tail=found.tail)


def _generated(label: str, tables: Mapping[str, str]) -> str:
    for old, new in tables.items():
        for middle in ("_ibfk_", "_chk_"):
            if label.lower().startswith(old + middle) and label[len(old + middle) :].isdigit():
                return new + label[len(old) :]
    return label


def _rewritten(text: str, read: list[Token], name: Callable[[int, Token], str]) -> str:
    pieces, end = [], 0
    for index, token in enumerate(read):
        if token.kind is Kind.NAME and (new := name(index, token)) != token.value:
            pieces += [text[end : token.start], quoted(new)]
            end = token.start + len(token.text)
    return "".join([*pieces, text[end:]])


def quoted(name: str) -> str:
    """Quote a name (MySQL 8.0 manual, 11.2)."""
    return "`" + name.replace("`", "``") + "`"
