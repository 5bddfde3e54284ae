"""Rows of figures as lines of at most 80 columns."""

from __future__ import annotations

from collections.abc import Sequence


def lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    return [line(row, widths) for row in [head, ["-" * width for width in widths], *rows]]


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return one row."""
    first, *others = zip(row, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]).rstrip()


def seconds(value: float) -> str:
    """Return seconds with three figures that count."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def times(value: float) -> str:
    """Return a ratio."""
    return f"{value:.1f}x" if value < 100 else f"{value:.0f}x"
