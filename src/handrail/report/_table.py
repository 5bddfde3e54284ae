"""The table of conflicts, and plain tables."""

from __future__ import annotations

import textwrap
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
    """Yield the lines of a table whose first row is its head; the last column gets what is left, and is broken to fit."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if widths:
        left = width - sum(widths[:-1]) - len(GAP) * (len(widths) - 1)
        widths[-1] = max(min(widths[-1], left), NARROWEST)
    for *cells, last in rows:
        lines = _wrapped([last], widths[-1]) or [""]
        yield _row([*cells, lines[0]], widths)
        yield from (_row([*([""] * len(cells)), line], widths) for line in lines[1:])


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
    return [part for line in lines for part in textwrap.wrap(line, columns, subsequent_indent="  ", break_on_hyphens=False)]


def _row(cells: Iterable[str], widths: Iterable[int]) -> str:
    return GAP.join(cell.ljust(columns) for cell, columns in zip(cells, widths, strict=True)).rstrip()
