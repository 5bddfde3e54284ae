"""Every operation of Django, stopped before and after every statement and commit, in both directions, and recovered."""

from __future__ import annotations

import pytest

from tests.crash.migrations import ALL, LISTED
from tests.crash.stopped import MAIN, Forges, assert_recovered, forges, vendor_of
from tests.servers.plugin import database_names

__all__ = ["forges"]
CASES = [label for label, case in ALL.items() if case not in LISTED]


def pairs(servers: list[str], labels: list[str]) -> list[tuple[str, str]]:
    return [(server, label) for server in servers for label in labels if vendor_of(server) in ALL[label].vendors]


@pytest.mark.parametrize(("server", "label"), pairs(MAIN, CASES))
def test_every_operation_survives_being_stopped_anywhere(server: str, label: str, forges: Forges):
    assert_recovered(forges.stop(server, label))


@pytest.mark.large
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("server", "label"), pairs(database_names(), list(ALL)))
def test_every_way_at_every_statement(server: str, label: str, forges: Forges):
    assert_recovered(forges.stop(server, label, "all"), asks=ALL[label].asks)
