"""What every refusal has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from handrail.domain.finding import Finding, Location, Severity


class Refusal(Exception):  # noqa: N818  (it is the word of the documentation, and no error of a program)
    """A finding that stopped a command before it changed anything; the command ends with exit code 2.

    A subclass lives in a file named after its code, states code and summary (the template of its message), and builds its
    finding from facts in a keyword-only constructor: ``super().__init__(self.say({"ref": ref}, help="..."))``. Its docstring is
    the page that ``handrail explain`` prints, with the sections that handrail.checks.base.Check lists. A finding of a check
    that stops a command is raised as ``Refusal(finding)``. others: further findings that are shown with it.
    """

    code: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    exit_code: ClassVar[int] = 2

    def __init__(self, finding: Finding, others: Sequence[Finding] = ()) -> None:
        """Carry the finding."""
        super().__init__(finding.message)
        self.finding = finding
        self.others = tuple(others)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The finding, and the further ones after it."""
        return (self.finding, *self.others)

    @classmethod
    def say(
        cls,
        facts: Mapping[str, object],
        *,
        locations: Sequence[Location] = (),
        notes: Sequence[str] = (),
        help: str = "",
        command: str = "",
    ) -> Finding:
        """Build the finding: the summary filled in with the facts. Where no command does anything about it, the page is next."""
        return Finding(
            code=cls.code,
            severity=Severity.ERROR,
            message=cls.summary.format_map(facts),
            locations=tuple(locations),
            notes=tuple(notes),
            help=help,
            command=command or f"handrail explain {cls.code}",
        )
