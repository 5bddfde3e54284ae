"""Take elements out of list and tuple displays, and put some in, with commas, comments and line breaks in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

import libcst as cst

Display = cst.List | cst.Tuple
Space = cst.BaseParenthesizableWhitespace


def without(display: Display, dropped: Collection[int]) -> Display:
    """Return a display without the elements at some positions."""
    kept: list[cst.BaseElement] = []
    for position, element in enumerate(display.elements):
        if position not in dropped:
            kept.append(element)
        elif kept:
            kept[-1] = _with_comments_of(kept[-1], element)
        else:
            display = _opening_with(display, _with_lines(_opening(display), _space_after(element)))
    if not kept:
        return emptied(display)
    if len(display.elements) - 1 in dropped:
        if isinstance(_space_after(kept[-1]), cst.ParenthesizedWhitespace):
            display = _closing_with(display, _space_after(kept[-1]))
        kept[-1] = kept[-1].with_changes(comma=display.elements[-1].comma)
    display = display.with_changes(elements=kept)
    return _with_needed_comma(display)


def extended(display: Display, added: Sequence[cst.BaseExpression]) -> Display:
    """Return a display with elements added at its end, one a line where it has one a line."""
    for value in added:
        if not display.elements:
            display = emptied(display).with_changes(elements=[cst.Element(value)])
        else:
            *before, last = display.elements
            separator, display = _separator(display)
            new = cst.Element(value, comma=last.comma)
            display = display.with_changes(elements=[*before, last.with_changes(comma=separator), new])
        display = _with_needed_comma(display)
    return display


def emptied(display: Display) -> Display:
    """Return [] or (), or the display with the comments that stood in it."""
    display = display.with_changes(elements=[])
    opening, closing = _opening(display), _closing(display)
    if not _has_comment(opening):
        display = _opening_with(display, cst.SimpleWhitespace(""))
        if not _has_comment(closing):
            display = _closing_with(display, cst.SimpleWhitespace(""))
    return display


def _space_after(element: cst.BaseElement) -> Space:
    return element.comma.whitespace_after if isinstance(element.comma, cst.Comma) else cst.SimpleWhitespace("")


def _with_comments_of(element: cst.BaseElement, gone: cst.BaseElement) -> cst.BaseElement:
    """Keep the lines of comments that stand between an element that goes and the next one."""
    if not isinstance(element.comma, cst.Comma):
        return element
    space = _with_lines(element.comma.whitespace_after, _space_after(gone))
    return element.with_changes(comma=element.comma.with_changes(whitespace_after=space))


def _with_lines(space: Space, other: Space) -> Space:
    if isinstance(space, cst.ParenthesizedWhitespace) and isinstance(other, cst.ParenthesizedWhitespace):
        lines = [line for line in other.empty_lines if line.comment]
        return space.with_changes(empty_lines=[*space.empty_lines, *lines])
    return space


def _separator(display: Display) -> tuple[cst.Comma, Display]:
    """Return the comma for between the last element and a new one; a comment behind the last element stays behind it."""
    opening, closing = _opening(display), _closing(display)
    if not isinstance(opening, cst.ParenthesizedWhitespace):
        return cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")), display
    space = opening.with_changes(first_line=_plain(opening.first_line), empty_lines=[])
    if isinstance(closing, cst.ParenthesizedWhitespace) and closing.first_line.comment:
        space = space.with_changes(first_line=closing.first_line)
        display = _closing_with(display, closing.with_changes(first_line=_plain(closing.first_line)))
    return cst.Comma(whitespace_after=space), display


def _plain(line: cst.TrailingWhitespace) -> cst.TrailingWhitespace:
    return cst.TrailingWhitespace(newline=line.newline)


def _has_comment(space: Space) -> bool:
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return False
    return bool(space.first_line.comment or any(line.comment for line in space.empty_lines))


def _with_needed_comma(display: Display) -> Display:
    """Give a tuple of one element its comma."""
    if isinstance(display, cst.Tuple) and len(display.elements) == 1 and display.elements[0].comma is cst.MaybeSentinel.DEFAULT:
        return display.with_changes(elements=[display.elements[0].with_changes(comma=cst.Comma())])
    return display


def _opening(display: Display) -> Space:
    if isinstance(display, cst.List):
        return display.lbracket.whitespace_after
    return display.lpar[-1].whitespace_after if display.lpar else cst.SimpleWhitespace("")


def _closing(display: Display) -> Space:
    if isinstance(display, cst.List):
        return display.rbracket.whitespace_before
    return display.rpar[0].whitespace_before if display.rpar else cst.SimpleWhitespace("")


def _opening_with(display: Display, space: Space) -> Display:
    if isinstance(display, cst.List):
        return display.with_changes(lbracket=display.lbracket.with_changes(whitespace_after=space))
    *outer, inner = display.lpar
    return cast("Display", display.with_changes(lpar=[*outer, inner.with_changes(whitespace_after=space)]))


def _closing_with(display: Display, space: Space) -> Display:
    """Return the display with the comments of space before its closing bracket, which keeps its own indentation."""
    closing = _closing(display)
    if isinstance(space, cst.ParenthesizedWhitespace) and isinstance(closing, cst.ParenthesizedWhitespace):
        lines = [line for line in (*space.empty_lines, *closing.empty_lines) if line.comment]
        space = closing.with_changes(first_line=space.first_line, empty_lines=lines)
    elif isinstance(space, cst.ParenthesizedWhitespace):
        space = closing if not _has_comment(space) else space
    if isinstance(display, cst.List):
        return display.with_changes(rbracket=display.rbracket.with_changes(whitespace_before=space))
    inner, *outer = display.rpar
    return cast("Display", display.with_changes(rpar=[inner.with_changes(whitespace_before=space), *outer]))
