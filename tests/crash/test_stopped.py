"""Every operation of Django, stopped before and after every statement and commit, in both directions, and recovered."""

from __future__ import annotations

import pytest

from tests.crash.migrations import ALL, LISTED, OPERATIONS
from tests.crash.stopped import MAIN, Forges, assert_recovered, forges, vendor_of
from tests.servers.plugin import database_names

__all__ = ["forges"]
ROLLS_BACK = [label for label, case in ALL.items() if not case.atomic and case not in LISTED]
"""Where a transaction holds a migration there is little to get wrong: a few of these are among the cases of the list."""
COMMITS = [case.label for case in OPERATIONS]


def pairs(servers: list[str], labels: list[str]) -> list[tuple[str, str]]:
    return [(server, label) for server in servers for label in labels if vendor_of(server) in ALL[label].vendors]


MOST = [pair for pair in pairs(MAIN, ROLLS_BACK) if pair[0] != "mariadb"] + [
    pair for pair in pairs(MAIN, COMMITS) if pair[0] == "mariadb"
]


@pytest.mark.parametrize(("server", "label"), MOST)
def test_every_operation_survives_being_stopped(server: str, label: str, forges: Forges):
    assert_recovered(forges.stop(server, label))


@pytest.mark.parametrize("label", ["d01", pytest.param("d02", marks=pytest.mark.large)])
@pytest.mark.parametrize("server", MAIN)
def test_what_comes_after_the_record_takes_nothing_back(server: str, label: str, forges: Forges):
    tallies = forges.stop(server, label, "record")
    assert_recovered(tallies)
    assert [tally["after"] == tally["stops"] for tally in tallies] == [True, True]


@pytest.mark.parametrize("server", MAIN)
def test_the_first_run_survives_being_stopped(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d05c", "few first"))


@pytest.mark.large
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("server", MAIN)
def test_the_first_run_survives_being_stopped_anywhere(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d05c", "first"))


@pytest.mark.large
@pytest.mark.timeout(10800)
@pytest.mark.parametrize(("server", "label"), pairs(database_names(), list(ALL)))
def test_every_operation_at_every_statement(server: str, label: str, forges: Forges):
    assert_recovered(forges.stop(server, label, "every"), asks=ALL[label].asks)


@pytest.mark.large
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("server", "label"), pairs(MAIN, ["d01", "d02"]))
def test_every_way_before_and_after_every_statement(server: str, label: str, forges: Forges):
    assert_recovered(forges.stop(server, label, "all"))
