"""What the SQL of RunSQL, or of a cursor, touches. sqlglot is imported when the first SQL is read."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from handrail.conflicts.tables import merge_tables
from handrail.domain.footprint import NOTHING, CodeFootprint
from handrail.domain.value import Call, ListOf, Name, SetOf, Value

DIALECTS = ("postgres", "mysql", "sqlite")
"""sqlglot's names of the dialects of Django's own databases, Oracle left out."""

PLACEHOLDER = re.compile(r"%(\([^)]*\))?s(?!\w)")
WORDS = 4


def read_sql(sql: Value, dialects: Sequence[str] = DIALECTS) -> CodeFootprint:
    """Return what the sql or reverse_sql argument of RunSQL touches.

    sql: a string, a list or tuple of strings and (string, parameters) pairs, RunSQL.noop, or None. dialects: sqlglot's names of
    the dialects it may be in; where they read it differently the result holds what any of them finds.
    """
    if sql is None or sql == Name("django.db.migrations.RunSQL.noop"):
        return NOTHING
    if isinstance(sql, str):
        return read_text(sql, tuple(dialects))
    if isinstance(sql, Call) and sql.path in ("textwrap.dedent", "inspect.cleandoc") and len(sql.args) == 1:
        return read_sql(sql.args[0], dialects)
    if isinstance(sql, ListOf | SetOf | tuple):
        return union(_read_item(item, dialects) for item in sql)
    return CodeFootprint(opaque=("runs SQL that is put together when it runs",))


def _read_item(item: Value, dialects: Sequence[str]) -> CodeFootprint:
    """Return what one entry of a list touches: SQL, or SQL with its parameters."""
    if isinstance(item, tuple | ListOf):
        parts = tuple(item)
        return read_sql(parts[0], dialects) if len(parts) == 2 else read_sql(None if not parts else parts[0], dialects)
    return read_sql(item, dialects)


def union(footprints: Iterable[CodeFootprint]) -> CodeFootprint:
    """Return what any of several footprints touches."""
    parts = list(footprints)
    return CodeFootprint(
        tables=merge_tables(table for part in parts for table in part.tables),
        objects=tuple(sorted({item for part in parts for item in part.objects})),
        opaque=tuple(dict.fromkeys(why for part in parts for why in part.opaque)),
    )


@lru_cache(maxsize=512)
def read_text(text: str, dialects: tuple[str, ...] = DIALECTS) -> CodeFootprint:
    """Return what the statements of a string touch, in any of the dialects that can read them."""
    plain = PLACEHOLDER.sub("?", text).replace("%%", "%")
    found = [_read_dialect(plain, dialect) for dialect in dialects]
    clear = [footprint for footprint in found if not footprint.opaque]
    if clear:
        return union(clear)
    return union([*(CodeFootprint(tables=part.tables, objects=part.objects) for part in found), _fewest(found)])


def _fewest(found: list[CodeFootprint]) -> CodeFootprint:
    """Return the reading that leaves the least open."""
    return min(found, key=lambda part: len(part.opaque))


def _read_dialect(text: str, dialect: str) -> CodeFootprint:
    from sqlglot.errors import SqlglotError

    from handrail.conflicts.sql_statements import read_statement

    # sqlglot says on its logger what it gives back as a Command; that is reported as opaque instead.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statements = _statements(text, dialect)
    except SqlglotError:
        return CodeFootprint(opaque=(_cannot_read(text),))
    return union(_one(statement, dialect, read_statement) for statement in statements)


def _statements(text: str, dialect: str) -> list[str]:
    """Return the statements of a string, split where the dialect's own tokens say so."""
    from sqlglot.dialects.dialect import Dialect

    found: list[str] = []
    start = 0
    last = 0
    for token in Dialect.get_or_raise(dialect).tokenize(text):
        if token.token_type.name == "SEMICOLON":
            found.append(text[start : token.start])
            start = token.end + 1
        else:
            last = token.end + 1
    if last > start:
        found.append(text[start:])
    return [statement for statement in found if statement.strip()]


def _one(statement: str, dialect: str, read: Any) -> CodeFootprint:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        trees = sqlglot.parse(statement, read=dialect)
    except (SqlglotError, RecursionError):
        return CodeFootprint(opaque=(_cannot_read(statement),))
    return union(read(tree, _first_words(statement)) for tree in trees if tree is not None)


def _first_words(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return " ".join(" ".join(lines).split()[:WORDS])


def _cannot_read(text: str) -> str:
    return f"runs SQL that cannot be read: {_first_words(text)}"
