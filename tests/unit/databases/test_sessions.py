"""What errors mean, and queries without their values: what needs no server."""

from __future__ import annotations

import pytest

from handrail.databases._sessions import Sessions
from handrail.databases.mysql import MySQL
from handrail.databases.postgresql import PostgreSQL
from handrail.databases.sqlite import SQLite
from handrail.domain.database import ErrorKind


def postgres_error(sqlstate: str | None, name: str = "OperationalError") -> Exception:
    error = type(name, (Exception,), {"sqlstate": sqlstate, "__module__": "psycopg.errors"})("no words that matter")
    return wrapped(error)


def wrapped(error: Exception) -> Exception:
    """Return an error as Django hands it on."""
    try:
        raise RuntimeError("Django's") from error
    except RuntimeError as found:
        return found


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("55P03", ErrorKind.LOCK_TIMEOUT),
        ("40P01", ErrorKind.DEADLOCK),
        ("25006", ErrorKind.READ_ONLY),
        ("53100", ErrorKind.DISK_FULL),
        ("57P01", ErrorKind.CONNECTION_LOST),
        ("57P05", ErrorKind.CONNECTION_LOST),
        ("08006", ErrorKind.CONNECTION_LOST),
        ("57014", ErrorKind.OTHER),
        ("42P07", ErrorKind.OTHER),
        (None, ErrorKind.CONNECTION_LOST),
    ],
)
def test_errors_of_postgresql(sqlstate: str | None, kind: ErrorKind) -> None:
    assert PostgreSQL().error_kind(postgres_error(sqlstate)) is kind


def test_an_error_of_psycopg_that_is_no_error_of_the_connection() -> None:
    assert PostgreSQL().error_kind(postgres_error(None, "ProgrammingError")) is ErrorKind.OTHER


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((1205, "x"), ErrorKind.LOCK_TIMEOUT),
        ((1213, "x"), ErrorKind.DEADLOCK),
        ((1290, "x"), ErrorKind.READ_ONLY),
        ((1792, "x"), ErrorKind.READ_ONLY),
        ((1021, "x"), ErrorKind.DISK_FULL),
        ((1114, "x"), ErrorKind.DISK_FULL),
        ((2006, ""), ErrorKind.CONNECTION_LOST),
        ((2013, "x"), ErrorKind.CONNECTION_LOST),
        ((0, ""), ErrorKind.CONNECTION_LOST),
        ((1050, "Lock wait timeout exceeded"), ErrorKind.OTHER),
        ((), ErrorKind.OTHER),
    ],
)
def test_errors_of_mysql(arguments: tuple[object, ...], kind: ErrorKind) -> None:
    assert MySQL().error_kind(wrapped(Exception(*arguments))) is kind


@pytest.mark.parametrize("backend", [PostgreSQL(), MySQL(), SQLite()])
def test_errors_of_the_code_are_other_errors(backend: Sessions) -> None:
    assert backend.error_kind(ValueError("database is locked")) is ErrorKind.OTHER
    assert backend.error_kind(OSError(2006, "not of a database")) is ErrorKind.OTHER


@pytest.mark.parametrize(
    ("backend", "query", "shown"),
    [
        (PostgreSQL(), "SELECT 'it''s', 12.5, E'a\\'b' FROM t", "SELECT ?, ?, ? FROM t"),
        (PostgreSQL(), "SELECT $$secret 'x'$$, \"Col\" FROM t -- secret", 'SELECT ?, "Col" FROM t'),
        (
            PostgreSQL(),
            "UPDATE t\n  SET x = 'secret', y = 1 /* secret */\n WHERE z IN (1, 2)",
            "UPDATE t SET x = ?, y = ? WHERE z IN (?, ?)",
        ),
        (PostgreSQL(), "INSERT INTO t VALUES ('a', 'secret that is cut o", "INSERT INTO t VALUES (?, ?"),
        (PostgreSQL(), "INSERT INTO t VALUES ($$secret that is cut o", "INSERT INTO t VALUES (?"),
        (PostgreSQL(), "SELECT 1 /* secret that is cut", "SELECT ?"),
        (MySQL(), "SELECT \"secret\", 'a\\'b', 0xFF, X'AB', `col` FROM t # secret", "SELECT ?, ?, ?, ?, `col` FROM t"),
        (MySQL(), 'SELECT "secret that is cut', "SELECT ?"),
        (PostgreSQL(), "", ""),
    ],
)
def test_queries_are_shown_without_their_values(backend: Sessions, query: str, shown: str) -> None:
    found = backend.without_literals(query)
    assert "secret" not in found
    assert found == shown


def test_a_query_that_cannot_be_read_is_its_first_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handrail.databases._sessions.UNFINISHED", ("",))
    assert PostgreSQL().without_literals("SELECT 'secret") == "SELECT ..."


def test_a_name_is_cut_and_quoted_for_the_server() -> None:
    named = PostgreSQL().session_statements(2000, "handrail migrate 1 o'neil@" + "x" * 80)[-1]
    assert named == f"SET application_name = 'handrail migrate 1 o''neil@{'x' * 37}'"
    assert PostgreSQL().session_statements(1500)[0] == "SET lock_timeout = 1500"


@pytest.mark.parametrize(("milliseconds", "seconds"), [(1, 1), (1000, 1), (1001, 2), (2000, 2)])
def test_mysql_counts_in_whole_seconds_and_at_least_one(milliseconds: int, seconds: int) -> None:
    expected = f"SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}"
    assert MySQL().session_statements(milliseconds)[0] == expected
