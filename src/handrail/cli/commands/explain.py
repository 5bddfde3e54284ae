"""``handrail explain``: the long page of a code."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import CLEAN, Outcome

if TYPE_CHECKING:
    from handrail.checks._pages import Page


class Explain(Command):
    """Explain a code: what it means, why it matters, what to do.

    Without a code, list all of them.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("explain HR101", "what a leaf conflict is, and how to settle it"),
        ("explain", "all codes, each with one line"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the code."""
        parser.add_argument("code", nargs="?", metavar="CODE", help="such as HR101, or 101")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Return the page, or the list of all codes."""
        from handrail.checks._pages import all_codes, page

        if options.code is None:
            return _all([page(code) for code in all_codes()], session.form.width)
        found = page(_known(options.code, session))
        text = f"{found.code}: {found.markdown}"
        return Outcome(
            command="explain",
            exit=CLEAN,
            summary=tuple(_wrapped(text, session.form.width)),
            extra={"code": found.code, "summary": found.summary, "page": found.text},
        )


def _all(pages: Sequence[Page], width: int) -> Outcome:
    listed = [{"code": found.code, "title": found.title, "summary": found.summary} for found in pages]
    titles = [f"{found.code}  {found.title}".replace("``", "`") for found in pages]
    lines = [line for title in titles for line in textwrap.wrap(title, width, subsequent_indent=" " * 7)]
    return Outcome(command="explain", exit=CLEAN, summary=tuple(lines), extra={"codes": listed})


def _known(typed: str, session: Session) -> str:
    """Return a code as it is written, or refuse one that does not exist."""
    from handrail.checks._pages import all_codes
    from handrail.errors.hr001 import Misused

    code = typed.upper() if typed.upper().startswith("HR") else f"HR{typed}"
    if code in all_codes():
        return code
    from difflib import get_close_matches

    near = get_close_matches(code, all_codes(), n=1)
    help = f"did you mean {near[0]}?" if near else ""
    raise Misused(problem=f'unknown code "{typed}"', help=help, command=f"{session.typed.rpartition(' ')[0]}")


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Fill the paragraphs of a page to the width of the terminal; lines of code that fit stay as they are."""
    for number, block in enumerate(text.split("\n\n")):
        if number:
            yield ""
        if block.startswith(" "):
            for line in block.splitlines():
                yield from _filled(line, width, line[: len(line) - len(line.lstrip())] + "    ")
        elif block.startswith("## "):
            yield from (block.removeprefix("## "), "-" * (len(block) - 3))
        else:
            yield from _filled(" ".join(block.split()), width, "")


def _filled(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
