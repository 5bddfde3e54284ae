from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.conflict import Kind as AllKinds
from handrail.domain.conflict import Verdict as AllVerdicts
from handrail.domain.edit import Action, Edit
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.outcome import FINDINGS, Outcome
from handrail.domain.value import Call, ListOf
from handrail.report.base import Form
from handrail.report.json import JsonReport
from tests.finding_samples import Kind, Verdict, conflict, key, reason


def read(outcome: Outcome) -> object:
    return json.loads("\n".join(JsonReport().render(outcome, Form())))


def test_the_smallest_outcome_is_the_documented_object() -> None:
    assert read(Outcome(command="check", exit=0)) == {"version": 1, "command": "check", "exit": 0, "findings": []}


def test_a_finding_has_the_documented_keys() -> None:
    finding = Finding(
        code="HR101",
        severity=Severity.ERROR,
        message="conflict: é",
        locations=(Location(path="a.py", line=3, remark="here"), Location(path="b.py")),
        notes=("one", "two"),
        help="do this",
        command="handrail resolve",
    )
    outcome = Outcome(command="conflicts", exit=FINDINGS, findings=(finding,), extra={"strategy": "rebase"})
    assert read(outcome) == {
        "version": 1,
        "command": "conflicts",
        "exit": 1,
        "findings": [
            {
                "code": "HR101",
                "severity": "error",
                "message": "conflict: é",
                "locations": [{"path": "a.py", "line": 3, "remark": "here"}, {"path": "b.py", "line": None, "remark": ""}],
                "notes": ["one", "two"],
                "help": "do this",
                "command": "handrail resolve",
            }
        ],
        "strategy": "rebase",
    }


def test_a_conflict_has_the_documented_keys() -> None:
    overlap = reason(
        "HR103",
        Kind.SAME_FIELD,
        Verdict.OVERLAPPING,
        model="shop.Thing",
        field="name",
        base=Call("django.db.models.CharField", (), (("max_length", 50),)),
        ours=ListOf(("a",)),
        theirs=None,
        operations=(("shop", "0002_a", 0), ("shop", "0002_b", 1)),
        order=(key("0002_b"),),
    )
    found = conflict(overlap, refs=("", "origin/main"))
    assert read(Outcome(command="conflicts", exit=FINDINGS, conflicts=(found,)))["conflicts"] == [  # type: ignore[index]
        {
            "apps": ["shop"],
            "ancestor": ["shop", "0001_initial"],
            "sides": [
                {"ref": "", "leaf": ["shop", "0002_a"], "migrations": [["shop", "0002_a"]], "author": ""},
                {"ref": "origin/main", "leaf": ["shop", "0002_b"], "migrations": [["shop", "0002_b"]], "author": ""},
            ],
            "verdict": "overlapping",
            "reasons": [
                {
                    "kind": "same-field",
                    "code": "HR103",
                    "verdict": "overlapping",
                    "explanation": "why it matters here",
                    "model": "shop.Thing",
                    "field": "name",
                    "name": "",
                    "base": "models.CharField(max_length=50)",
                    "ours": "['a']",
                    "theirs": "None",
                    "merged": None,
                    "operations": [["shop", "0002_a", 0], ["shop", "0002_b", 1]],
                    "order": [["shop", "0002_b"]],
                }
            ],
        }
    ]


def test_no_conflicts_and_no_edits_are_empty_lists_where_the_command_is_about_them() -> None:
    found = read(Outcome(command="resolve", exit=0, conflicts=(), edits=()))
    assert found == {"version": 1, "command": "resolve", "exit": 0, "findings": [], "conflicts": [], "edits": []}


def test_an_edit_has_the_documented_keys() -> None:
    edits = (
        Edit(path="a.py", action=Action.RENAME, to="b.py", before=b"", after=b""),
        Edit(path="c.py", action=Action.DELETE, before=b""),
    )
    assert read(Outcome(command="resolve", exit=0, edits=edits))["edits"] == [  # type: ignore[index]
        {"path": "a.py", "action": "rename", "to": "b.py"},
        {"path": "c.py", "action": "delete", "to": None},
    ]


def keys_of(value: Any) -> set[str]:
    """Return every key of an object, however deep."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    return set(value).union(*map(keys_of, value.values())) if isinstance(value, dict) else set()


DOCUMENT = (Path(__file__).parents[3] / "docs/reference/output.md").read_text("utf-8")


def test_every_key_is_documented() -> None:
    finding = Finding(code="HR101", severity=Severity.ERROR, message="m", locations=(Location(path="a"),))
    edit = Edit(path="a", action=Action.DELETE, before=b"")
    found = conflict(reason("HR103", Kind.SAME_FIELD, Verdict.OVERLAPPING))
    outcome = Outcome(command="x", exit=FINDINGS, findings=(finding,), conflicts=(found,), edits=(edit,))
    documented = set(re.findall(r"[`\"](\w+)[`\"]", DOCUMENT))
    assert keys_of(read(outcome)) - documented == set()


@pytest.mark.parametrize("word", [*AllKinds, *AllVerdicts, *Action, *Severity])
def test_every_word_is_documented(word: str) -> None:
    assert f"`{word.value}`" in DOCUMENT  # type: ignore[attr-defined]
