"""For people: plain lines, and the same lines in colour where the output is a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from handrail.domain.conflict import Conflict
from handrail.domain.edit import Action, Edit
from handrail.domain.finding import Finding, Location
from handrail.domain.outcome import FINDINGS, REFUSED, Outcome
from handrail.report._table import conflict_table, table_of
from handrail.report.base import Form, Report, counted

Span = tuple[str, str]
"""A piece of a line and its style in the words of rich, "" for plain."""
Line = list[Span]

STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
LABELS = {"note": "blue", "help": "green", "next": "bold green"}
INDENT = "  "


class TextReport(Report):
    """Findings, the conflicts as a table, what changes in files, and a last line that says how it ended."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the lines; nothing of rich is imported where no colour is wanted."""
        lines = _lines(outcome, form)
        return _coloured(lines) if form.colour else ("".join(text for text, _ in line) for line in lines)


def _lines(outcome: Outcome, form: Form) -> Iterator[Line]:
    """Yield all sections, with an empty line between each two."""
    first = True
    for section in _sections(outcome, form):
        lines = list(section)
        yield from [[]] if lines and not first else []
        yield from lines
        first = first and not lines


def _sections(outcome: Outcome, form: Form) -> Iterator[Iterable[Line]]:
    yield from (_finding(finding, outcome, form) for finding in outcome.findings)
    if form.quiet:
        return
    if outcome.conflicts:
        yield _table(outcome.conflicts, form)
    if outcome.done:
        yield [_done_edit(edit, form) for edit in outcome.edits or ()]
    else:
        yield from (_edit(edit, form) for edit in outcome.edits or ())
    yield [[(line, "")] for line in outcome.proof]
    yield [[(line, "bold" if number == 0 else "")] for number, line in enumerate(table_of(outcome.table, form.width))]
    yield _closing(outcome)


def _closing(outcome: Outcome) -> Iterator[Line]:
    """Yield the command's own last lines, then the counts; where something was looked for, say that there is nothing."""
    counts = counted(outcome.findings)
    for line in outcome.summary:
        yield [(line, "")]
    if counts and outcome.exit != REFUSED:
        yield [(counts, "bold" if outcome.exit else "")]
    elif outcome.exit < FINDINGS and outcome.conflicts is not None:
        yield [("no findings", "")]


def _finding(finding: Finding, outcome: Outcome, form: Form) -> Iterator[Line]:
    head = f"{finding.severity}[{finding.code}]"
    first, *rest = _wrap(f"{head}: {finding.message}", form.width, INDENT * 2)
    yield [(head, STYLES[finding.severity]), (first.removeprefix(head), "bold")]
    yield from ([(line, "bold")] for line in rest)
    for place in finding.locations:
        yield from _place(place, outcome.sources.get(place.path, ""), form)
    for note in finding.notes:
        yield from _labelled("note", note, form.width)
    if finding.help:
        yield from _labelled("help", finding.help, form.width)
    if finding.command:
        yield [(INDENT, ""), ("next", LABELS["next"]), (f": {finding.command}", "bold")]


def _place(place: Location, source: str, form: Form) -> Iterator[Line]:
    """Yield the path with its line, and the line itself where the text is known."""
    where = f"{form.prefix}{place.path}{f':{place.line}' if place.line else ''}"
    remark = f"  {place.remark}" if place.remark else ""
    if len(where) + len(remark) + 6 > form.width and remark:
        yield [(f"{INDENT}--> ", "blue"), (where, "")]
        yield [(f"{INDENT}    {place.remark}", "dim")]
    else:
        yield [(f"{INDENT}--> ", "blue"), (where, ""), (remark, "dim")]
    excerpt = _excerpt(source, place.line, form.width)
    if excerpt:
        text = f"{INDENT}{place.line:>5} | {excerpt}"
        yield [(text if len(text) <= form.width else f"{text[: form.width - 1]}…", "")]


def _excerpt(source: str, line: int | None, enough: int) -> str:
    """Return a line of the source; where a bracket stays open, with what follows on the same line, until it is enough to read."""
    text = ""
    for part in map(str.strip, source.splitlines()[(line or 1) - 1 :] if line else []):
        if part[:1] in {")", "]", "}"}:
            text = text.removesuffix(",")
        elif text and not text.endswith(("(", "[", "{")):
            text += " "
        text += part
        if len(text) >= enough or sum(text.count(mark) for mark in "([{") <= sum(text.count(mark) for mark in ")]}"):
            break
    return text


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    first, *rest = _wrap(f"{INDENT}{label}: {text}", width, INDENT * 4)
    yield [(INDENT, ""), (label, LABELS[label]), (first.removeprefix(f"{INDENT}{label}"), "")]
    yield from ([(line, "")] for line in rest)


def _wrap(text: str, width: int, indent: str) -> list[str]:
    """Break a text at spaces alone, so that names, paths and commands stay whole."""
    lines: list[str] = []
    for part in text.splitlines() or [""]:
        lead = indent if lines else ""
        lines += textwrap.wrap(
            part, width, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    return lines or [""]


def _table(conflicts: Iterable[Conflict], form: Form) -> Iterator[Line]:
    head, *rows = conflict_table(conflicts, form.width)
    yield [(head, "bold")]
    yield from ([(row, "")] for row in rows)


def _done_edit(edit: Edit, form: Form) -> Line:
    """Name what was done to a file; the differences were shown before they were made."""
    to = f" to {form.prefix}{edit.to}" if edit.to else ""
    return [(f"{_DONE[edit.action]} ", "bold"), (f"{form.prefix}{edit.path}{to}", "")]


_DONE = {Action.CREATE: "created", Action.REWRITE: "rewrote", Action.RENAME: "renamed", Action.DELETE: "deleted"}


def _edit(edit: Edit, form: Form) -> Iterator[Line]:
    yield [(f"{edit.action} ", "bold"), (f"{form.prefix}{edit.path}", "bold")]
    if edit.to:
        yield [("    to ", "bold"), (f"{form.prefix}{edit.to}", "bold")]
    if edit.action is not Action.DELETE:
        yield from (_diff_line(line) for line in _diff(edit))


def _diff(edit: Edit) -> Iterator[str]:
    """Yield the changed lines with two lines around them; most commands show no diff, and do not load difflib."""
    from difflib import unified_diff

    before, after = ((text or b"").decode("utf-8", "replace").splitlines() for text in (edit.before, edit.after))
    yield from list(unified_diff(before, after, lineterm="", n=2))[2:]


def _diff_line(line: str) -> Line:
    return [(line, {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], ""))]


def _coloured(lines: Iterable[Line]) -> Iterator[str]:
    """Put the styles in as escape sequences; rich costs a tenth of a second, which plain output does not pay."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=10_000, highlight=False, no_color=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    yield from out.getvalue().splitlines()
