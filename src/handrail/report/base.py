"""What every format of output has."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding, Severity
from handrail.domain.outcome import Outcome

ORDER = list(Severity)
"""The severities, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the output is to look.

    width: columns of the terminal. prefix: what leads from the working folder to the project root, "" or with a slash at its end.
    quiet: findings alone.
    """

    width: int = 80
    colour: bool = False
    prefix: str = ""
    quiet: bool = False


class Report:
    """One format: a subclass lives in a file named after it. The key is what ``--format`` takes."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the output as lines, without line ends."""
        raise NotImplementedError


def counted(findings: tuple[Finding, ...]) -> str:
    """Count findings by severity: 2 errors, 1 warning."""
    words = {Severity.ERROR: ("error", "errors"), Severity.WARNING: ("warning", "warnings"), Severity.INFO: ("note", "notes")}
    counts = [(severity, sum(finding.severity is severity for finding in findings)) for severity in ORDER]
    return ", ".join(f"{count} {words[severity][count != 1]}" for severity, count in counts if count)


def details(finding: Finding) -> Iterator[str]:
    """Yield what follows a message, one line each: notes, help, and the next command."""
    yield from (f"note: {note}" for note in finding.notes)
    if finding.help:
        yield f"help: {finding.help}"
    if finding.command:
        yield f"next: {finding.command}"
