"""The setting HANDRAIL and the command line, as the options of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import UserSettingsHolder, global_settings, settings

from handrail.domain.run import OnFailure, RunOptions
from handrail.errors.hr004 import NoSettings
from handrail.sources.run_options import read_run_options, run_options


@pytest.fixture
def setting() -> Iterator[Any]:
    """Django's settings with nothing set, for one test."""
    before = settings._wrapped
    settings._wrapped = UserSettingsHolder(global_settings)
    yield settings
    settings._wrapped = before


def test_without_a_setting_everything_is_as_documented(setting: Any):
    assert not hasattr(setting, "HANDRAIL")
    expected = RunOptions(lock_wait=300.0, lock_timeout=2000, on_failure=OnFailure.UNWIND, all_or_nothing=False, direct={})
    assert read_run_options() == expected


def test_the_setting_says_how_runs_behave(setting: Any):
    setting.HANDRAIL = {"lock_wait": 5, "lock_timeout": 500, "on_failure": "stop", "all_or_nothing": True}
    assert read_run_options() == RunOptions(lock_wait=5.0, lock_timeout=500, on_failure=OnFailure.STOP, all_or_nothing=True)


def test_the_command_line_goes_before_the_setting(setting: Any):
    setting.HANDRAIL = {"lock_wait": 5, "on_failure": "stop"}
    found = read_run_options({"lock_wait": 0.5, "on_failure": "resume", "lock_timeout": None})
    assert found == RunOptions(lock_wait=0.5, on_failure=OnFailure.RESUME, lock_timeout=2000)


@pytest.mark.parametrize(
    ("value", "patterns"), [(True, ("*",)), (False, ()), ([], ()), (["*", "!a.b"], ("*", "!a.b")), (("a",), ("a",))]
)
def test_what_is_kept_is_a_list_of_patterns(value: Any, patterns: tuple[str, ...]):
    assert run_options({"keep": value}).keep == patterns


def test_the_direct_way_is_named_by_alias(setting: Any):
    setting.HANDRAIL = {"direct": {"default": {"HOST": "db", "PORT": "5432"}}}
    assert read_run_options().direct == {"default": {"HOST": "db", "PORT": "5432"}}


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"lock_wiat": 5}, "HANDRAIL has no key 'lock_wiat': did you mean 'lock_wait'?"),
        (
            {"zzz": 1},
            "HANDRAIL has no key 'zzz', but 'lock_wait', 'lock_timeout', 'on_failure', 'all_or_nothing', 'keep', 'keep_for', 'backups', 'direct'",
        ),
        ({"lock_wait": "5"}, "HANDRAIL['lock_wait'] is '5', not a number of seconds, 0 or more"),
        ({"lock_wait": -1}, "HANDRAIL['lock_wait'] is -1, not a number of seconds, 0 or more"),
        ({"lock_wait": True}, "HANDRAIL['lock_wait'] is True, not a number of seconds, 0 or more"),
        ({"lock_wait": float("inf")}, "HANDRAIL['lock_wait'] is inf, not a number of seconds, 0 or more"),
        ({"lock_wait": float("nan")}, "HANDRAIL['lock_wait'] is nan, not a number of seconds, 0 or more"),
        ({"lock_timeout": 0}, "HANDRAIL['lock_timeout'] is 0, not a whole number of milliseconds, 1 or more"),
        ({"lock_timeout": 1.5}, "HANDRAIL['lock_timeout'] is 1.5, not a whole number of milliseconds, 1 or more"),
        ({"on_failure": "retry"}, "HANDRAIL['on_failure'] is 'retry', not one of stop, unwind, resume"),
        (
            {"keep": "*"},
            """HANDRAIL['keep'] is '*', not True, False, or a list of patterns such as ["*", "!shop_customer.email"]""",
        ),
        (
            {"keep": ["*", "!"]},
            """HANDRAIL['keep'] is ['*', '!'], not True, False, or a list of patterns such as ["*", "!shop_customer.email"]""",
        ),
        ({"keep": ["!a.b"]}, """HANDRAIL['keep'] is ['!a.b'], not a list that says first what is kept, such as ["*", "!a.b"]"""),
        ({"keep_for": 0}, "HANDRAIL['keep_for'] is 0, not a number of days, more than 0"),
        ({"backups": True}, "HANDRAIL['backups'] is True, not a folder such as \"/var/backups/shop\""),
        ({"all_or_nothing": 1}, "HANDRAIL['all_or_nothing'] is 1, not True or False"),
        (
            {"direct": {"default": "db:5432"}},
            'HANDRAIL[\'direct\'] is a dict, not a dict such as {"default": {"HOST": "db.internal", "PORT": "5432"}}',
        ),
        (
            {"direct": {"default": {"host": "db"}}},
            "HANDRAIL['direct']['default'] has no key 'host', but HOST, NAME, OPTIONS, PASSWORD, PORT, USER",
        ),
    ],
)
def test_what_means_nothing_is_refused(values: dict[str, Any], problem: str):
    with pytest.raises(NoSettings) as refused:
        run_options(values)
    assert refused.value.finding.message == f"no-settings: {problem}"


def test_a_setting_that_is_no_dict_is_refused(setting: Any):
    setting.HANDRAIL = ["lock_wait"]
    with pytest.raises(NoSettings) as refused:
        read_run_options()
    assert refused.value.finding.message == "no-settings: HANDRAIL is ['lock_wait'], not a dict"
