from __future__ import annotations

import pytest

from handrail.domain.finding import Finding, Location, Severity
from handrail.errors.base import Refusal
from handrail.errors.hr001 import Misused
from handrail.errors.hr002 import NoSuchFolder
from handrail.errors.hr003 import NotConfirmed
from handrail.errors.hr900 import Bug


class Sample(Refusal):
    code = "HR998"
    summary = "sample: {what}"

    def __init__(self, *, what: str) -> None:
        super().__init__(self.say({"what": what}, locations=[Location(path="a")], notes=["n"], help="h", command="c"))


def test_a_refusal_carries_one_finding_made_of_facts() -> None:
    refusal = Sample(what="{braces} stay")
    assert str(refusal) == "sample: {braces} stay"
    assert refusal.exit_code == 2
    assert refusal.findings == (
        Finding(
            code="HR998",
            severity=Severity.ERROR,
            message="sample: {braces} stay",
            locations=(Location(path="a"),),
            notes=("n",),
            help="h",
            command="c",
        ),
    )


def test_a_finding_of_a_check_can_stop_a_command_with_others_beside_it() -> None:
    first, second = (Finding(code="HR103", severity=Severity.ERROR, message=message) for message in ("one", "two"))
    with pytest.raises(Refusal, match="one") as caught:
        raise Refusal(first, [second])
    assert caught.value.finding == first
    assert caught.value.findings == (first, second)


@pytest.mark.parametrize(
    ("refusal", "message", "command"),
    [
        (Misused(problem="unknown command", command="handrail --help"), "usage: unknown command", "handrail --help"),
        (NoSuchFolder(path="x", problem="is not a folder"), "no-folder: x is not a folder", "handrail explain HR002"),
        (
            NotConfirmed(command="resolve", reason="the answer was not yes", typed="handrail resolve"),
            "not-confirmed: handrail resolve changed nothing (the answer was not yes)",
            "handrail resolve",
        ),
        (
            Bug(problem="KeyError: 1", notes=["at x"], typed="handrail check"),
            "bug: KeyError: 1",
            "HANDRAIL_DEBUG=1 handrail check",
        ),
    ],
)
def test_what_refusals_of_the_command_line_say(refusal: Refusal, message: str, command: str) -> None:
    assert refusal.finding.message == message
    assert refusal.finding.command == command
