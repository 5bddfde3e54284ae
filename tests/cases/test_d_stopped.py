"""Migrations that are killed, fail and lose their connection at every statement (D01 to D06c)."""

from __future__ import annotations

import pytest

from tests.crash.migrations import ALL
from tests.crash.stopped import MAIN, Forges, assert_recovered, forges, vendor_of

__all__ = ["forges"]


def on(label: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("server", [name for name in MAIN if vendor_of(name) in ALL[label].vendors])


@on("d01")
def test_d01_d03_seven_operations_forward_and_backward(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d01"))


@on("d02")
def test_d02_d04_the_same_without_a_transaction(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d02"))


@on("d02b")
def test_d02_d04_the_same_with_code_outside_of_any_transaction_asks_there(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d02b"), asks=None)


@on("d05b")
def test_d05b_a_model_with_a_foreign_key(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d05b"))


@on("d05c")
def test_d05c_a_field_with_an_index(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d05c"))


@on("d06")
def test_d06_one_update(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d06"))


@on("d06b")
def test_d06b_a_loop_outside_of_a_transaction_asks_and_never_runs_twice(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d06b"), asks=True)


@on("d06c")
def test_d06c_the_same_loop_in_a_transaction(server: str, forges: Forges):
    assert_recovered(forges.stop(server, "d06c"))
