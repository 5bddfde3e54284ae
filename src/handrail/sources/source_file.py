"""The bytes of a Python file as text and as a syntax tree, or what is wrong with them."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache

MARKERS = re.compile(r"^<<<<<<< .*?^=======$.*?^>>>>>>> ", re.MULTILINE | re.DOTALL)
OPENING = re.compile(r"^(<<<<<<<|=======|>>>>>>>)( |\r?$)", re.MULTILINE)
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)
FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What Python's parser raises for bytes that are no Python: nested too deep, null bytes, digits without end."""
KEPT_TREES = 1024
"""Operations are often wanted soon after the head of a file: parsing twice takes longer than all that is read from the tree."""
LONGEST = 80


class Unreadable(Exception):  # noqa: N818 - a fact about a file, that becomes a finding
    """A file cannot be read: the reason in words, and the line from 1 where there is one.

    is_python: whether the file is sound, only no migration.
    """

    def __init__(self, reason: str, line: int | None = None, *, is_python: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.is_python = is_python


def decode(content: bytes) -> str:
    """Return the text of a Python file by its coding line or byte order mark (PEP 263). Raises Unreadable."""
    try:
        if content.startswith(b"\xef\xbb\xbf") or CODING.search(b"\n".join(content.split(b"\n", 2)[:2])):
            return content.decode(encoding_of(content))
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"it is not text in the encoding {error.encoding}", line) from None
    except (LookupError, SyntaxError, ValueError) as error:
        raise Unreadable(f"unknown encoding: {error}", 1) from None


def encoding_of(content: bytes) -> str:
    """Return the encoding that a coding line or a byte order mark states. Raises SyntaxError."""
    import io
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(content).readline)[0]


def parse(text: str) -> ast.Module:
    """Return the syntax tree of a file; equal texts may share one, so that nobody may change it. Raises Unreadable."""
    found = MARKERS.search(text) if "<<<<<<<" in text else None
    if found is not None:
        raise Unreadable("unresolved git conflict markers", line_at(text, found.start()))
    try:
        return _parsed(text)
    except FAILURES as error:
        marker = OPENING.search(text)
        if marker is not None:
            raise Unreadable("unresolved git conflict markers", line_at(text, marker.start())) from None
        if isinstance(error, SyntaxError):
            raise Unreadable(f"syntax error: {error.msg}", error.lineno or None) from None
        raise Unreadable("it is nested too deep or holds null bytes") from None


@lru_cache(maxsize=KEPT_TREES)
def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def brief(node: ast.AST) -> str:
    """Return the source of a node for a note: its first line, and no more than fits there."""
    line, _, more = ast.unparse(node).partition("\n")
    if len(line) > LONGEST:
        return f"{line[:LONGEST].rstrip()} ..."
    return f"{line} ..." if more else line


def line_at(text: str, position: int) -> int:
    """Return the line, from 1, of a position in a text."""
    return text.count("\n", 0, position) + 1
