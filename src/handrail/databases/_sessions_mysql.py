"""Sessions of MySQL 8.0 and later and MariaDB 10.6 and later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from handrail.databases._sessions import Sessions, causes
from handrail.domain.database import ErrorKind
from handrail.domain.run import Blocker, LockHolder

if TYPE_CHECKING:
    from handrail.databases.base import Cursor

LONGEST = 2147483
"""The most seconds that wait_timeout takes on every system (MySQL 8.0 manual, 5.1.8)."""
_KINDS = {
    1205: ErrorKind.LOCK_TIMEOUT,
    3572: ErrorKind.LOCK_TIMEOUT,
    1213: ErrorKind.DEADLOCK,
    1290: ErrorKind.READ_ONLY,
    1792: ErrorKind.READ_ONLY,
    1836: ErrorKind.READ_ONLY,
    1021: ErrorKind.DISK_FULL,
    1114: ErrorKind.DISK_FULL,
    **dict.fromkeys((0, 1053, 1927, 2002, 2003, 2006, 2013, 2055, 4031), ErrorKind.CONNECTION_LOST),
}
"""MySQL 8.0 error reference and MariaDB's list: ER_LOCK_WAIT_TIMEOUT (of metadata locks too), ER_LOCK_NOWAIT, ER_LOCK_DEADLOCK,
ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE, ER_DISK_FULL, ER_RECORD_FILE_FULL;
mysqlclient's 0 for a connection that is closed, ER_SERVER_SHUTDOWN, MariaDB's ER_CONNECTION_KILLED, CR_CONNECTION_ERROR,
CR_CONN_HOST_ERROR, CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_SERVER_LOST_EXTENDED, ER_CLIENT_INTERACTION_TIMEOUT."""
_PROCESS = "SELECT user, host, command, time, info FROM information_schema.processlist WHERE id = %s"
_ATTRIBUTES = "SELECT attr_name, attr_value FROM performance_schema.session_account_connect_attrs WHERE processlist_id = %s"
_TRANSACTIONS = """
    SELECT p.id, p.user, p.host, p.command, timestampdiff(SECOND, t.trx_started, now()), coalesce(t.trx_query, p.info, '')
    FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
    WHERE p.id <> CONNECTION_ID() AND (p.db IS NULL OR p.db = DATABASE()) ORDER BY t.trx_started, p.id"""
_METADATA = (
    """SELECT h.processlist_id, l.lock_type, l.object_name
    FROM performance_schema.metadata_locks l JOIN performance_schema.threads h ON h.thread_id = l.owner_thread_id
    WHERE l.lock_status = 'GRANTED' AND l.object_type = 'TABLE' AND l.object_schema = DATABASE()""",
    "SELECT thread_id, lock_mode, table_name FROM information_schema.metadata_lock_info WHERE table_schema = DATABASE()",
)
"""MySQL 8.0 manual, 27.12.13.3; MariaDB, "Metadata Lock Info Plugin"."""
_VARIABLES = ("innodb_read_only", "read_only", "super_read_only", "transaction_read_only", "tx_read_only")


class MySQLSessions(Sessions):
    """Named locks, by the manuals: MySQL 8.0, 12.14; MariaDB, "GET_LOCK"."""

    dialect: ClassVar = "mysql"
    clock: ClassVar = "UTC_TIMESTAMP(6)"

    def lock_key(self, cursor: Cursor) -> str:
        """Names of locks are the server's, take 64 characters and know no upper case, so the database's is hashed into one."""
        database = _one(cursor, "SELECT IF(@@lower_case_table_names = 0, DATABASE(), LOWER(DATABASE()))") or ""
        return f"handrail_{sha256(str(_text(database)).encode()).hexdigest()[:40]}"

    def try_lock(self, cursor: Cursor, key: str) -> bool:
        """GET_LOCK is kept until it is given back or the session ends: no implicit commit frees it."""
        return bool(_one(cursor, "SELECT GET_LOCK(%s, 0)", [key]))

    def holds(self, cursor: Cursor, key: str) -> bool:
        """IS_USED_LOCK says whose it is."""
        return bool(_one(cursor, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", [key]))

    def unlock(self, cursor: Cursor, key: str) -> None:
        """One release for one lock."""
        _one(cursor, "SELECT RELEASE_LOCK(%s)", [key])

    def holder(self, cursor: Cursor, key: str) -> LockHolder | None:
        """Host and user are the server's words; the process id is known where the performance schema keeps what clients say."""
        number = _one(cursor, "SELECT IS_USED_LOCK(%s)", [key])
        if number is None:
            return None
        user, host, *_ = next(iter(_rows(cursor, _PROCESS, [number])), ("", ""))
        said = dict(_quietly(cursor, _ATTRIBUTES, [number]))
        pid = str(said.get("_pid", ""))
        session = f"{number}@{_started(cursor)}"
        return LockHolder(host=str(host).partition(":")[0], pid=int(pid) if pid.isdecimal() else None, user=user, session=session)

    def session(self, cursor: Cursor) -> str:
        """Numbers begin anew with the server, so the moment at which that started is part of the name."""
        return f"{_one(cursor, 'SELECT CONNECTION_ID()')}@{_started(cursor)}"

    def same_session(self, one: str, other: str) -> bool:
        """The start of the server is reckoned from whole seconds, so it differs a little."""
        (number, _, start), (second, _, restart) = one.partition("@"), other.partition("@")
        return number == second and start.isdecimal() and restart.isdecimal() and abs(int(start) - int(restart)) <= 5

    def sessions_hold(self, connection: Any, cursor: Cursor) -> bool:
        """The connection that the server named when it began answers itself, and no other server takes writes.

        Named locks are not replicated: neither by Galera ("wsrep_on") nor by Group Replication with several primaries.
        """
        named = connection.thread_id() if hasattr(connection, "thread_id") else None
        if named is None or int(named) != _one(cursor, "SELECT CONNECTION_ID() AS handrail_session"):
            return False
        wanted = "('wsrep_on', 'group_replication_group_name', 'group_replication_single_primary_mode')"
        found = dict(_rows(cursor, f"SHOW GLOBAL VARIABLES WHERE variable_name IN {wanted}"))
        group = found.get("group_replication_group_name") and found.get("group_replication_single_primary_mode") == "OFF"
        return found.get("wsrep_on", "OFF") == "OFF" and not group

    def session_statements(self, lock_timeout: int, name: str = "") -> list[str]:  # noqa: ARG002 - sessions have no name here
        """Whole seconds, one at the least: 0 is taken for 1 by lock_wait_timeout (MySQL) or means no wait at all (MariaDB)."""
        seconds = max(1, math.ceil(lock_timeout / 1000))
        return [
            f"SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}",
            f"SET SESSION wait_timeout = {LONGEST}, SESSION interactive_timeout = {LONGEST}",
        ]

    def local_statements(self, lock_timeout: int) -> list[str]:
        """There is no SET LOCAL, but a transaction keeps to one session, and the poolers for MySQL follow SET."""
        return self.session_statements(lock_timeout)[:1]

    def read_only(self, cursor: Cursor) -> str:
        """Users with READ_ONLY ADMIN can write to a read-only server; it is another server's copy all the same."""
        names = ", ".join(f"'{name}'" for name in _VARIABLES)
        found = dict(_rows(cursor, f"SHOW SESSION VARIABLES WHERE variable_name IN ({names})"))
        on = [name for name in _VARIABLES if str(found.get(name, "OFF")).upper() not in ("OFF", "0", "")]
        return f"the server is read-only ({on[0]})" if on else ""

    def error_kind(self, error: BaseException) -> ErrorKind:
        """The number is the first argument (PEP 249 drivers of MySQL)."""
        for one in causes(error):
            if one.args and isinstance(one.args[0], int) and not isinstance(one, OSError):
                return _KINDS.get(one.args[0], ErrorKind.OTHER)
        return ErrorKind.OTHER

    def blockers(self, cursor: Cursor, tables: Sequence[str] = ()) -> tuple[Blocker, ...]:
        """Those that hold metadata locks on the tables, where the server shows them; else every open transaction.

        Needs the PROCESS privilege for other users' sessions.
        """
        locks: dict[int, tuple[str, str]] = {}
        for sql in _METADATA:
            for number, mode, table in _quietly(cursor, sql):
                if not tables or table in tables:
                    locks.setdefault(number, (mode, table))
        return tuple(
            Blocker(
                session=str(number),
                user=user or "",
                host=str(host or "").partition(":")[0],
                state="idle in transaction" if command == "Sleep" else "in a transaction",
                age=None if age is None else float(age),
                query=self.without_literals(query) if query else "",
                lock=locks.get(number, ("", ""))[0],
                table=locks.get(number, ("", ""))[1],
            )
            for number, user, host, command, age, query in _quietly(cursor, _TRANSACTIONS)
            if not locks or number in locks
        )

    def still_running(self, cursor: Cursor, session: str) -> str:
        """A session of the name that session gave, while the server has not been started again."""
        number = session.partition("@")[0]
        if not number.isdecimal() or not self.same_session(session, f"{number}@{_started(cursor)}"):
            return ""
        if _one(cursor, "SELECT CONNECTION_ID()") == int(number):
            return ""
        for _, _, command, seconds, query in _rows(cursor, _PROCESS, [int(number)]):
            if command == "Sleep":
                return ""
            return f"{command} for {seconds} s{f': {self.without_literals(query)}' if query else ''}"
        return ""


def _started(cursor: Cursor) -> int:
    """Return when the server started, in seconds since 1970."""
    ((_, uptime),) = _rows(cursor, "SHOW GLOBAL STATUS LIKE 'Uptime'")
    return int(_one(cursor, "SELECT UNIX_TIMESTAMP()")) - int(uptime)


def _one(cursor: Cursor, sql: str, params: Sequence[object] | None = None) -> Any:
    cursor.execute(sql, params)
    return cursor.fetchall()[0][0]


def _rows(cursor: Cursor, sql: str, params: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
    """Return rows as text: MySQL 8 gives some columns of information_schema as bytes."""
    cursor.execute(sql, params)
    return [tuple(_text(value) for value in row) for row in cursor.fetchall()]


def _quietly(cursor: Cursor, sql: str, params: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
    """Return no rows where there is no such table, or no right to read it."""
    from django.db import DatabaseError

    with suppress(DatabaseError):
        return _rows(cursor, sql, params)
    return []


def _text(value: object) -> Any:
    return value.decode() if isinstance(value, bytes) else value
