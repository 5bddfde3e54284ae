"""Moving values that are kept elsewhere while an operation is logged: it is no work of the operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.execution.keeping.row_writing import Writing


@contextmanager
def quietly(writing: Writing | None) -> Iterator[None]:
    """Log nothing that is written in the block. writing: of the operation that runs now, None where none is logged."""
    if writing is None:
        yield
        return
    with writing._aside():
        before = _counted(writing)
        writing._say("")
        yield
        writing._say(writing.logs.token_of(writing.place))
        if writing.counts is not None:
            own = {name: rows - before.get(name, 0) for name, rows in _counted(writing).items()}
            writing.counts = {name: writing.counts.get(name, 0) + own.get(name, 0) for name in {*writing.counts, *own}}


@contextmanager
def unlogged(writing: Writing | None, table: str) -> Iterator[None]:
    """Let no log of the rows of a table be in the way of what drops it, or a column of it, and is kept. writing: see quietly."""
    if writing is None:
        yield
        return
    with writing.dropping(table):
        yield


def _counted(writing: Writing) -> Mapping[str, int]:
    """Return what the database counts of rows that are written, by tables; {} where it is not asked."""
    if writing.counts is None:
        return {}
    with writing.connection.cursor() as cursor:
        return writing.rules.written(cursor) or {}
