"""The question before anything changes."""

from __future__ import annotations

import argparse
import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handrail.cli.ask import confirmation
from handrail.cli.base import Session
from handrail.domain.edit import Action, Edit
from handrail.domain.outcome import CLEAN, Outcome
from handrail.errors.hr003 import NotConfirmed
from handrail.report.base import Form

PLAN = Outcome(
    command="resolve", exit=CLEAN, edits=(Edit(path="a.py", action=Action.DELETE, before=b""),), summary=("1 file changes",)
)
SHOWN = "delete a.py\n\n1 file changes\n\n"


def ask(*, format: str = "text", yes: bool = False) -> None:
    session = Session(root=Path(), typed="handrail resolve shop", form=Form(), registered=False)
    confirmation(argparse.Namespace(format=format, yes=yes), session)(PLAN)


@contextmanager
def terminal(answer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let standard input be a terminal on which somebody types."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs, "r") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        keyboard.write(answer.encode())
        yield


@pytest.mark.parametrize("answer", ["yes\n", "Y\n", " YES \n"])
def test_yes_goes_on_after_the_plan_was_shown(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with terminal(answer, monkeypatch):
        ask()
    assert capsys.readouterr().out == f"{SHOWN}Do this? Type yes or no: "


@pytest.mark.parametrize("answer", ["no\n", "\n", "yess\n", "\x04"])
def test_everything_else_is_no(answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with terminal(answer, monkeypatch), pytest.raises(NotConfirmed) as caught:
        ask()
    assert caught.value.finding.message == "not-confirmed: handrail resolve changed nothing (the answer was not yes)"
    assert capsys.readouterr().out == f"{SHOWN}Do this? Type yes or no: "


def test_where_nobody_can_answer_the_plan_is_shown_and_the_command_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(NotConfirmed) as caught:
            ask()
    finding = caught.value.finding
    assert finding.message == "not-confirmed: handrail resolve changed nothing (the input is not a terminal)"
    assert finding.help == "read the plan above, then run it in a terminal and answer yes, or add --yes"
    assert finding.command == "handrail resolve shop"
    assert capsys.readouterr().out == SHOWN


def test_a_closed_input_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(NotConfirmed, match="the input is not a terminal"):
        ask()


def test_with_yes_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    ask(yes=True)
    assert capsys.readouterr().out == SHOWN


def test_for_another_program_the_plan_goes_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with terminal("yes\n", monkeypatch):
        ask(format="json")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{SHOWN}Do this? Type yes or no: "
