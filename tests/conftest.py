"""What every test has: the fixtures for database servers, none of which starts before a test asks for it."""

import signal

import pytest

pytest_plugins = ["tests.servers.plugin", "tests.crash.table"]
"""Importing it starts nothing: a run of unit tests alone needs no server and no driver."""

# A shell without job control starts what runs in its background with SIGINT ignored, and every child inherits that; tests
# that interrupt a child as Ctrl-C does would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SLOW = frozenset(
    f"tests/{name}.py"
    for name in (
        "cases/test_check_databases",
        "cases/test_e_code",
        "cases/test_e_kept",
        "cases/test_e_probes_fixes",
        "cases/test_e_probes_objects",
        "cases/test_e_probes_rows",
        "cases/test_e_probes_silent",
        "cases/test_e_rollback",
        "cases/test_e_values",
        "cases/test_f_kept",
        "cases/test_f_limits",
        "cases/test_f_rows",
        "cases/test_following",
        "cases/test_history",
        "databases/test_applied_again",
        "databases/test_backup",
        "databases/test_history_and_tags",
        "databases/test_journal",
        "databases/test_keeping_columns",
        "databases/test_keeping_tables",
        "databases/test_keeping_values",
        "databases/test_kept_and_purge",
        "databases/test_lease",
        "databases/test_keeping_code",
        "databases/test_living_application",
        "databases/test_lock",
        "databases/test_lock_timeouts",
        "databases/test_migrate_command",
        "databases/test_proof",
        "databases/test_recover",
        "databases/test_rollback",
        "databases/test_rollback_answers",
        "databases/test_rollback_purged",
        "databases/test_round_trips",
        "databases/test_row_log",
        "databases/test_status",
        "databases/test_test_runner",
        "databases/test_unwinding",
    )
)
"""Tests that start many processes for each database: of two versions of PostgreSQL, the older one only has them with the large ones."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the slow tests on an older PostgreSQL to make test-versions."""
    from tests.servers.plugin import WHEEL_VERSION

    for item in items:
        callspec = getattr(item, "callspec", None)
        names = {value for value in callspec.params.values() if isinstance(value, str)} if callspec else set()
        older = {
            name for name in names if name.startswith("postgresql") and name not in ("postgresql", f"postgresql{WHEEL_VERSION}")
        }
        if older and item.nodeid.partition("::")[0] in SLOW:
            item.add_marker(pytest.mark.large)
