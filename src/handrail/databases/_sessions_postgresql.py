"""Sessions of PostgreSQL 14 and later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from handrail.databases._sessions import Sessions, causes
from handrail.domain.database import ErrorKind
from handrail.domain.run import Blocker, LockHolder

if TYPE_CHECKING:
    from handrail.databases.base import Cursor

NAME_LENGTH = 63
"""The server cuts application_name off there (manual of 18, 19.8.3)."""
_KINDS = {
    "55P03": ErrorKind.LOCK_TIMEOUT,
    "40P01": ErrorKind.DEADLOCK,
    "25006": ErrorKind.READ_ONLY,
    "53100": ErrorKind.DISK_FULL,
    "57P01": ErrorKind.CONNECTION_LOST,
    "57P02": ErrorKind.CONNECTION_LOST,
    "57P03": ErrorKind.CONNECTION_LOST,
    "57P05": ErrorKind.CONNECTION_LOST,
    "25P03": ErrorKind.CONNECTION_LOST,
    "25P04": ErrorKind.CONNECTION_LOST,
}
"""SQLSTATE (manual of 18, appendix A): lock_not_available, deadlock_detected, read_only_sql_transaction, disk_full,
admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout, idle_in_transaction_session_timeout,
transaction_timeout; class 08 is connection_exception."""
_SESSION = "{0}.pid || '@' || extract(epoch FROM {0}.backend_start)"
_LOCK = "l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.objsubid = 1 AND l.granted AND l.database = ({})"
_DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"
_HELD = f"SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND {_LOCK.format(_DATABASE)}"
_HOLDER = f"""
    SELECT {_SESSION.format("a")}, a.usename, coalesce(a.client_hostname, host(a.client_addr), ''),
           extract(epoch FROM a.backend_start), a.application_name
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE {_LOCK.format(_DATABASE)}"""
_BLOCKERS = f"""
    SELECT a.pid, a.usename, coalesce(a.client_hostname, host(a.client_addr), ''), a.state,
           extract(epoch FROM clock_timestamp() - a.xact_start), a.query, l.mode, c.relname
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid() AND l.database = ({_DATABASE})
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND (%s OR c.relname = ANY(%s))
    ORDER BY a.xact_start, a.pid, c.relname, l.mode"""
_RUNNING = f"""
    SELECT a.state, extract(epoch FROM clock_timestamp() - coalesce(a.query_start, a.backend_start)), a.query
    FROM pg_stat_activity a WHERE {_SESSION.format("a")} = %s AND a.pid <> pg_backend_pid()"""


class PostgresSessions(Sessions):
    """Session advisory locks, by the manual of 18: 13.3.5, 9.28.10 (functions), 53.12 (pg_locks), 27.2.3 (pg_stat_activity)."""

    dialect: ClassVar = "postgres"
    clock: ClassVar = "clock_timestamp()"

    def lock_key(self, cursor: Cursor) -> str:
        """The schema that CREATE TABLE would use: advisory locks of one database know nothing of another one's (13.3.5)."""
        cursor.execute("SELECT current_database(), coalesce(current_schema(), '')")
        ((database, schema),) = cursor.fetchall()
        return f"{database}/{schema}"

    def try_lock(self, cursor: Cursor, key: str) -> bool:
        """pg_try_advisory_lock is kept until it is given back or the session ends, whatever transactions do."""
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(key)])
        return bool(cursor.fetchall()[0][0])

    def holds(self, cursor: Cursor, key: str) -> bool:
        """A bigint key is shown in two halves, with objsubid 1 (53.12)."""
        cursor.execute(_HELD, _halves(key))
        return bool(cursor.fetchall()[0][0])

    def unlock(self, cursor: Cursor, key: str) -> None:
        """One unlock for one lock."""
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_number(key)])

    def holder(self, cursor: Cursor, key: str) -> LockHolder | None:
        """What application_name says is ours (session_statements): host and process are those of the client, not of a pooler."""
        cursor.execute(_HOLDER, _halves(key))
        for session, user, host, began, name in cursor.fetchall():
            since = datetime.fromtimestamp(float(began), UTC)
            words = (name or "").split(" ")
            if len(words) == 4 and words[0] == "handrail" and words[2].isdecimal():
                user, _, host = words[3].rpartition("@")
                return LockHolder(host=host, pid=int(words[2]), user=user, since=since, command=words[1], session=session)
            return LockHolder(host=host, user=user, since=since, command=name or "", session=session)
        return None

    def session(self, cursor: Cursor) -> str:
        """Process ids are used again, so the moment at which it began is part of the name."""
        cursor.execute(f"SELECT {_SESSION.format('a')} FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()")
        return str(cursor.fetchall()[0][0])

    def sessions_hold(self, connection: Any, cursor: Cursor) -> bool:
        """The process that the server named when the connection began (BackendKeyData, manual of 18, 54.2.1) answers itself.

        A pooler gives its clients keys of its own. Behind one that keeps sessions apart this says no as well, which costs time
        and nothing else.
        """
        info = getattr(connection, "info", None)
        named = getattr(info, "backend_pid", None)
        cursor.execute("SELECT pg_backend_pid()")
        return named is not None and int(named) == int(cursor.fetchall()[0][0])

    def session_statements(self, lock_timeout: int, name: str = "") -> list[str]:
        """19.11.1 (timeouts of statements and of idle sessions: 0 is none; the one for sessions is there since 14)."""
        named = "".join(letter for letter in name if letter.isprintable())[:NAME_LENGTH].replace("'", "''")
        return [
            f"SET lock_timeout = {int(lock_timeout)}",
            "SET idle_session_timeout = 0",
            "SET idle_in_transaction_session_timeout = 0",
            *([f"SET application_name = '{named}'"] if named else []),
        ]

    def optional_statements(self) -> list[str]:
        """The server looks every second whether its client lives, where its system lets it (19.3.2; since 14)."""
        return ["SET client_connection_check_interval = 1000"]

    def local_statements(self, lock_timeout: int) -> list[str]:
        """SET LOCAL ends with the transaction, which a pooler keeps on one session."""
        return [f"SET LOCAL lock_timeout = {int(lock_timeout)}", "SET LOCAL idle_in_transaction_session_timeout = 0"]

    def read_only(self, cursor: Cursor) -> str:
        """9.28.4 (recovery), 19.11.1 (default_transaction_read_only)."""
        cursor.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')")
        ((standby, transaction),) = cursor.fetchall()
        if standby:
            return "the server is a standby (pg_is_in_recovery)"
        return "its transactions are read-only (default_transaction_read_only)" if transaction == "on" else ""

    def error_kind(self, error: BaseException) -> ErrorKind:
        """An error of libpq itself has no SQLSTATE: the connection is broken or was never made (54.2, psycopg 3 and 2)."""
        for one in causes(error):
            state = getattr(one, "sqlstate", None) or getattr(one, "pgcode", None)
            if state:
                return ErrorKind.CONNECTION_LOST if state.startswith("08") else _KINDS.get(state, ErrorKind.OTHER)
        module, names = "psycopg", {"OperationalError", "InterfaceError"}
        broken = any(type(one).__module__.startswith(module) and type(one).__name__ in names for one in causes(error))
        return ErrorKind.CONNECTION_LOST if broken else ErrorKind.OTHER

    def blockers(self, cursor: Cursor, tables: Sequence[str] = ()) -> tuple[Blocker, ...]:
        """One for each session, with the first lock that it holds; query is hidden from users without pg_read_all_stats."""
        cursor.execute(_BLOCKERS, [not tables, list(tables)])
        found: dict[int, Blocker] = {}
        for pid, user, host, state, age, query, mode, table in cursor.fetchall():
            found.setdefault(
                pid,
                Blocker(
                    session=str(pid),
                    user=user or "",
                    host=host or "",
                    state=state or "",
                    age=None if age is None else float(age),
                    query=self.without_literals(query or ""),
                    lock=mode,
                    table=table,
                ),
            )
        return tuple(found.values())

    def still_running(self, cursor: Cursor, session: str) -> str:
        """A session of the name that session gave."""
        cursor.execute(_RUNNING, [session])
        for state, seconds, query in cursor.fetchall():
            if state == "idle":
                return ""
            return f"{state or 'running'} for {float(seconds or 0):.0f} s: {self.without_literals(query or '')}"
        return ""


def _number(key: str) -> int:
    """Return the key as a bigint that nobody else is likely to use."""
    return int.from_bytes(sha256(f"handrail:{key}".encode()).digest()[:8], "big", signed=True)


def _halves(key: str) -> list[int]:
    unsigned = _number(key) & 0xFFFFFFFFFFFFFFFF
    return [unsigned >> 32, unsigned & 0xFFFFFFFF]
