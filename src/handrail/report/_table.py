"""The table of conflicts, and plain tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from handrail.domain.conflict import Conflict, Side

HEAD = ("apps", "sides: ours, then theirs", "verdict", "reasons")
GAP = "  "
NARROWEST = 20
"""The fewest columns for the sides, however narrow the terminal."""


def conflict_table(conflicts: Iterable[Conflict], width: int) -> Iterator[str]:
    """Yield the head and the rows of the table: one row for each side and each reason of a conflict, side by side."""
    rows = [_cells(conflict) for conflict in conflicts]
    widths = _widths(rows, width)
    yield _row(HEAD, widths)
    for cells in rows:
        wrapped = [_wrapped(cell, columns) for cell, columns in zip(cells, widths, strict=True)]
        yield from (_row(row, widths) for row in zip_longest(*wrapped, fillvalue=""))


def table_of(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a table whose first row is its head, broken to fit, the widest columns first."""
    widths = _fitting([max(map(len, column)) for column in zip(*rows, strict=True)], width)
    for cells in rows:
        lines = [_wrapped([cell], columns) for cell, columns in zip(cells, widths, strict=True)]
        yield from (_row(line, widths) for line in zip_longest(*lines, fillvalue=""))


def _fitting(widths: list[int], width: int) -> list[int]:
    """Take from columns what is too much, and from none so much that it gets too narrow to read."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while over > 0 and max(widths, default=0) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
        over -= 1
    return widths


def _cells(conflict: Conflict) -> tuple[list[str], ...]:
    reasons = list(dict.fromkeys(f"{reason.code} {reason.kind}" for reason in conflict.reasons))
    return list(conflict.apps), [_side(side) for side in conflict.sides], [conflict.verdict.value], reasons or ["none"]


def _side(side: Side) -> str:
    """Name a side's leaf node, how many migrations are on it when it is more than one, and where and whose it is."""
    words = [side.leaf.name if side.leaf else "no leaf node"]
    if len(side.migrations) > 1:
        words.append(f"({len(side.migrations)} migrations)")
    words += [f"on {side.ref}"] if side.ref else []
    words += [f"by {side.author}"] if side.author else []
    return " ".join(words)


def _widths(rows: list[tuple[list[str], ...]], width: int) -> list[int]:
    """Give every column what it needs, and the sides what is left."""
    needed = [max(len(line) for line in (HEAD[column], *(cell for row in rows for cell in row[column]))) for column in range(4)]
    left = width - needed[0] - needed[2] - needed[3] - 3 * len(GAP)
    needed[1] = max(min(needed[1], left), NARROWEST)
    return needed


def _wrapped(lines: list[str], columns: int) -> list[str]:
    return [part for line in lines for part in _broken(line, columns)]


def _broken(line: str, columns: int) -> Iterator[str]:
    """Break a line between words, and what is longer, as names of migrations are, behind a dot or an underscore."""
    indent = ""
    while len(indent + line) > columns:
        end = _end(line, columns - len(indent))
        yield indent + line[:end].rstrip()
        line, indent = line[end:].lstrip(), "  "
    if line:
        yield indent + line


def _end(text: str, room: int) -> int:
    blank = text.rfind(" ", 0, room + 1)
    return blank if blank > 0 else max(text.rfind(mark, 0, room) for mark in "._/") + 1 or room


def _row(cells: Iterable[str], widths: Iterable[int]) -> str:
    return GAP.join(cell.ljust(columns) for cell, columns in zip(cells, widths, strict=True)).rstrip()
