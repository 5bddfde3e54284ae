"""Where the output goes, and how it looks there."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from handrail import registry, report
from handrail.domain.outcome import REFUSED, Outcome
from handrail.report.base import Form, Report


def form_of(options: Namespace, root: Path) -> Form:
    """Return the form for the options and the terminal."""
    return Form(
        width=terminal_width(sys.stdout),
        colour=options.format == "text" and wants_colour(options.color, sys.stdout),
        prefix=prefix_of(root),
        quiet=options.quiet,
    )


def terminal_width(stream: TextIO) -> int:
    """Return the columns of a terminal, between 40 and 120; 80 where the output is none.

    COLUMNS in the environment goes before what the terminal says, as in shutil.get_terminal_size, whose module takes longer to
    load than all of this to run.
    """
    if not is_terminal(stream):
        return 80
    asked = os.environ.get("COLUMNS", "")
    try:
        columns = int(asked) if asked.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except (OSError, AttributeError):  # what passes for a terminal may be no file
        return 80
    return min(max(columns, 40), 120)


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Say whether to write colours: as asked, else for a terminal whose user did not set NO_COLOR (no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a stream is a terminal; a closed one is not."""
    return stream is not None and not getattr(stream, "closed", False) and stream.isatty()


def prefix_of(root: Path) -> str:
    """Return what leads from the working folder to the root: "" for the working folder itself, else with a slash at its end."""
    try:
        relative = os.path.relpath(root).replace(os.sep, "/")
    except ValueError:  # another drive on Windows
        relative = root.as_posix()
    return "" if relative == "." else f"{relative}/"


def show(outcome: Outcome, format: str, form: Form) -> None:
    """Write an outcome: refusals in the text format to standard error, everything else to standard output."""
    refused = format == "text" and outcome.exit == REFUSED
    write(outcome, format, form, sys.stderr if refused else sys.stdout)


def write(outcome: Outcome, format: str, form: Form, stream: TextIO) -> None:
    """Write an outcome to a stream in one piece, so that nothing of another process comes between its lines."""
    lines = registry.load(report, Report, format)().render(outcome, form)
    write_lines(list(lines), stream)


def write_lines(lines: Sequence[str], stream: TextIO) -> None:
    """Write lines to a stream; letters that its encoding does not have are written as escapes."""
    if lines:
        text = "".join(f"{line}\n" for line in lines)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
