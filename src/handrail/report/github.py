"""Workflow commands that GitHub Actions turns into annotations.

Source: GitHub Docs, "Workflow commands for GitHub Actions", setting an error message; the escaping is that of actions/toolkit,
packages/core/src/command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.finding import Finding, Severity
from handrail.domain.outcome import Outcome
from handrail.report.base import Form, Report, counted, details

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


class GitHubReport(Report):
    """One annotation for each finding, at its first place, because GitHub shows only ten of a kind."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield one workflow command for each finding, then the counts as a plain line of the log."""
        for finding in outcome.findings:
            yield _command(finding, form)
        if not form.quiet:
            yield from outcome.summary
            yield counted(outcome.findings) or "no findings"


def _command(finding: Finding, form: Form) -> str:
    properties = {"title": f"{finding.code} {finding.severity}"}
    if finding.locations:
        place = finding.locations[0]
        properties = {"file": form.prefix + place.path, "line": str(place.line or 1), **properties}
    listed = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {listed}::{_escape(_text(finding, form))}"


def _text(finding: Finding, form: Form) -> str:
    others = [
        f"also: {form.prefix}{place.path}{f':{place.line}' if place.line else ''} {place.remark}".rstrip()
        for place in finding.locations[1:]
    ]
    return "\n".join([finding.message, *others, *details(finding)])


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
