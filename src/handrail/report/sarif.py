"""SARIF 2.1.0, for code scanning services and editors.

Source: OASIS Standard, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 with Errata 01.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import quote

from handrail import __version__
from handrail.checks._pages import Page, page
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.outcome import REFUSED, Json, Outcome
from handrail.report.base import Form, Report, details

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


class SarifReport(Report):
    """One run, with a rule for each code that occurs; the rule's help is the page of the code."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the log, indented."""
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(outcome, form)]}
        yield from json.dumps(log, indent=2, ensure_ascii=False).splitlines()


def _run(outcome: Outcome, form: Form) -> dict[str, Json]:
    codes = sorted({finding.code for finding in outcome.findings})
    driver = {"name": "Handrail", "version": __version__, "rules": [_rule(page(code)) for code in codes]}
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": outcome.exit < REFUSED, "exitCode": outcome.exit}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), form) for finding in outcome.findings],
    }


def _rule(found: Page) -> dict[str, Json]:
    return {
        "id": found.code,
        "shortDescription": {"text": found.title},
        "fullDescription": {"text": found.summary},
        "help": {"text": found.text, "markdown": found.markdown},
        "defaultConfiguration": {"level": LEVELS[found.severity]},
    }


def _result(finding: Finding, rule: int, form: Form) -> dict[str, Json]:
    places = [_location(place, form) for place in finding.locations]
    result: dict[str, Json] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": "\n".join([finding.message, *details(finding)])},
        "locations": places[:1],
        "partialFingerprints": {"handrailFinding/v1": _fingerprint(finding)},
    }
    if places[1:]:
        result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(places[1:], 1)]
    return result


def _location(place: Location, form: Form) -> dict[str, Json]:
    physical: dict[str, Json] = {"artifactLocation": {"uri": quote(form.prefix + place.path)}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    location: dict[str, Json] = {"physicalLocation": physical}
    return location | ({"message": {"text": place.remark}} if place.remark else {})


def _fingerprint(finding: Finding) -> str:
    """Return what tells a finding from others in two runs: its message and files, never a line."""
    return sha256("\0".join([finding.code, finding.message, *(place.path for place in finding.locations)]).encode()).hexdigest()
