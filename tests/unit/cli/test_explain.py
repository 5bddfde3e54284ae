from __future__ import annotations

import json

import pytest

from handrail.checks._pages import all_codes, page
from handrail.cli.run import run


@pytest.mark.parametrize("typed", ["HR110", "hr110", "110"])
def test_a_page_is_filled_to_the_width(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", typed]) == 0
    assert capsys.readouterr().out.splitlines()[:9] == [
        "HR110: Two merge migrations join the same migrations: two people settled one",
        "conflict at the same time.",
        "",
        "Why it matters",
        "--------------",
        "",
        "The app has two leaf nodes again, and merging the merges gives a third file that",
        "does nothing. Meanwhile `migrate` refuses to run.",
        "",
    ]


@pytest.mark.parametrize("code", all_codes())
def test_no_line_of_any_page_is_wider_than_the_terminal(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", code]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert lines[0].startswith(f"{code}: ")


def test_the_page_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "HR112", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "version": 1,
        "command": "explain",
        "exit": 0,
        "findings": [],
        "code": "HR112",
        "summary": "cycle: {edges}",
        "page": page("HR112").text,
    }


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:5] for line in lines if not line.startswith(" ")] == all_codes()
    assert run(["explain", "--format", "json"]) == 0
    assert [entry["code"] for entry in json.loads(capsys.readouterr().out)["codes"]] == all_codes()
