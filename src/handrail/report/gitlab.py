"""GitLab's code quality report.

Source: GitLab Docs, "Code Quality", implement a custom tool: description, check_name, fingerprint, severity, location.path and
location.lines.begin are all needed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.outcome import Json, Outcome
from handrail.report.base import Form, Report

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


class GitLabReport(Report):
    """A list with one entry for each finding, at its first place."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the list, indented."""
        seen: Counter[str] = Counter()
        entries = [_entry(finding, form, seen) for finding in outcome.findings]
        yield from json.dumps(entries, indent=2, ensure_ascii=False).splitlines()


def _entry(finding: Finding, form: Form, seen: Counter[str]) -> dict[str, Json]:
    place = finding.locations[0] if finding.locations else Location(path="manage.py")
    return {
        "description": f"{finding.code}: {finding.message}",
        "check_name": finding.code,
        "fingerprint": _fingerprint(finding, place, seen),
        "severity": SEVERITIES[finding.severity],
        "location": {"path": form.prefix + place.path, "lines": {"begin": place.line or 1}},
    }


def _fingerprint(finding: Finding, place: Location, seen: Counter[str]) -> str:
    """Return what GitLab knows a finding by from one run to the next: no line, for lines move; equal findings are numbered."""
    identity = "\0".join([finding.code, place.path, finding.message])
    seen[identity] += 1
    return sha256(f"{identity}\0{seen[identity]}".encode()).hexdigest()
