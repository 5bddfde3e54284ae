"""One JSON object: what other programs may rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator

from handrail.domain.conflict import MISSING, Conflict, Reason, Side
from handrail.domain.edit import Edit
from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey
from handrail.domain.outcome import Json, Outcome
from handrail.domain.source import to_source
from handrail.domain.value import Value
from handrail.report.base import Form, Report

VERSION = 1
"""The version of the shape; keys are only ever added within one."""


class JsonReport(Report):
    """The whole outcome as one object; the form is of no concern here."""

    def render(self, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the object, indented."""
        yield from json.dumps(to_json(outcome), indent=2, ensure_ascii=False).splitlines()


def to_json(outcome: Outcome) -> dict[str, Json]:
    """Return the object for an outcome."""
    result: dict[str, Json] = {"version": VERSION, "command": outcome.command, "exit": outcome.exit}
    result["findings"] = [_finding(finding) for finding in outcome.findings]
    if outcome.conflicts is not None:
        result["conflicts"] = [_conflict(conflict) for conflict in outcome.conflicts]
    if outcome.edits is not None:
        result["edits"] = [_edit(edit) for edit in outcome.edits]
    return result | dict(outcome.extra)


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "locations": [{"path": place.path, "line": place.line, "remark": place.remark} for place in finding.locations],
        "notes": list(finding.notes),
        "help": finding.help,
        "command": finding.command,
    }


def _conflict(conflict: Conflict) -> dict[str, Json]:
    return {
        "apps": list(conflict.apps),
        "ancestor": _key(conflict.ancestor),
        "sides": [_side(side) for side in conflict.sides],
        "verdict": conflict.verdict.value,
        "reasons": [_reason(reason) for reason in conflict.reasons],
    }


def _side(side: Side) -> dict[str, Json]:
    migrations = [_key(key) for key in side.migrations]
    return {"ref": side.ref, "leaf": _key(side.leaf), "migrations": migrations, "author": side.author}


def _reason(reason: Reason) -> dict[str, Json]:
    return {
        "kind": reason.kind.value,
        "code": reason.code,
        "verdict": reason.verdict.value,
        "explanation": reason.explanation,
        "model": reason.model,
        "field": reason.field,
        "name": reason.name,
        "base": _value(reason.base),
        "ours": _value(reason.ours),
        "theirs": _value(reason.theirs),
        "merged": _value(reason.merged),
        "operations": [[key.app_label, key.name, key.position] for key in reason.operations],
        "order": [_key(key) for key in reason.order],
    }


def _edit(edit: Edit) -> dict[str, Json]:
    return {"path": edit.path, "action": edit.action.value, "to": edit.to or None}


def _value(value: Value) -> str | None:
    """Write a value as Python source; null stands for no value at all, "None" for None."""
    return None if value is MISSING else to_source(value)


def _key(key: MigrationKey | None) -> list[str] | None:
    return None if key is None else [key.app_label, key.name]
