"""What every check has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from handrail.domain.finding import Finding, Location, Severity

SECTIONS = ("Why it matters", "What Django does", "What to do", "Example")
"""The sections of a page, in order, each under a line of dashes; the first line of the page says what the code means."""


class Check:
    """One thing that can be wrong: a subclass lives in a file named after its code and has a static method ``find``.

    find is a pure function of values; each check states its own parameters and yields findings made by ``say``. code: HRnnn.
    summary: the template of the message. The docstring of the subclass is the page that ``handrail explain`` prints: a first
    line, then the sections of SECTIONS in reStructuredText.
    """

    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.ERROR
    summary: ClassVar[str] = ""

    @classmethod
    def say(
        cls,
        facts: Mapping[str, object],
        *,
        severity: Severity | None = None,
        locations: Sequence[Location] = (),
        notes: Sequence[str] = (),
        help: str = "",
        command: str = "",
    ) -> Finding:
        """Build one finding: the summary filled in with the facts."""
        return Finding(
            code=cls.code,
            severity=severity or cls.severity,
            message=cls.summary.format_map(facts),
            locations=tuple(locations),
            notes=tuple(notes),
            help=help,
            command=command,
        )
