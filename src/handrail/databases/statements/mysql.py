"""Statements of MySQL 8.0 and later and MariaDB 10.6 and later: DDL commits by itself, one statement at a time.

One ALTER TABLE is done or not done, never a part of it (MySQL 8.0 manual, 15.1.1, atomic DDL; MariaDB, "Atomic DDL", 10.6).
"""

from __future__ import annotations

from collections.abc import Iterable

from handrail.databases.base import Cursor
from handrail.databases.statements import _mysql_judging, _mysql_restoring, _mysql_statements
from handrail.databases.statements._mysql_alterations import quoted_name
from handrail.databases.statements._mysql_definitions import normal, quoted
from handrail.databases.statements._reader import Name
from handrail.databases.statements.base import Definitions, Judgement, Manner, Restoring, StatementRules

_COLUMN = {"table": 1, "view": 1, "trigger": 2, "function": 2, "procedure": 2, "event": 3, "sequence": 1}
"""In which column SHOW CREATE gives the statement (MySQL 8.0 manual, 15.7.7)."""
_MISSING = {1051, 1146, 1049, 1305, 1360, 1539, 1347, 4089, 4091}
"""ER_BAD_TABLE, NO_SUCH_TABLE, BAD_DB, SP_DOES_NOT_EXIST, TRG_DOES_NOT_EXIST, EVENT_DOES_NOT_EXIST, WRONG_OBJECT, and MariaDB's
NOT_SEQUENCE and UNKNOWN_SEQUENCES (error references of both)."""


class MySQLStatements(StatementRules):
    """MySQL and MariaDB, by their manuals."""

    def manner(self, sql: str) -> Manner:
        """All that commits implicitly runs alone; what lives as long as a session is unknown."""
        return _mysql_statements.manner(sql)

    def snapshot(self, cursor: Cursor, sql: str) -> dict[str, str | None]:
        """One SHOW CREATE for each object."""
        if self.manner(sql) is not Manner.ALONE:
            return {}
        statement = _mysql_statements.read(sql)
        found = {name.key: _definition(cursor, "table", name) for name in statement.tables}
        for kind, name in statement.objects:
            found[f"{kind} {name.key}"] = _definition(cursor, kind, name)
        return found

    def judge(self, sql: str, before: Definitions, live: Definitions) -> Judgement:
        """Compare the definitions object by object."""
        if self.manner(sql) is not Manner.ALONE:
            return Judgement.AMBIGUOUS
        return _mysql_judging.judge(_mysql_statements.read(sql), before, live)

    def clearing(self, cursor: Cursor, sql: str) -> list[str]:
        """Have a table opened anew whose column is about to be renamed: its comment is written again as it is, at once.

        Where somebody has read a table with a CHECK under another name (SELECT .. FROM t AS x), MariaDB keeps it open with the
        check bound to that name, and no column of the check can be renamed: "Unknown column 'c' in 'CHECK'" (10.11.19, tried).
        """
        if self.manner(sql) is not Manner.ALONE:
            return []
        statement = _mysql_statements.read(sql)
        renames = any(clause.renamed for clause in statement.clauses)
        return [text for name in statement.tables for text in _reopening(cursor, name)] if renames else []

    def holding(self, table: str) -> tuple[str, str]:
        """A table that is locked so can be altered (MySQL 8.0 manual, 15.3.6; MariaDB, "LOCK TABLES"; tried on 10.11)."""
        return f"LOCK TABLES {quoted(table)} WRITE", "UNLOCK TABLES"

    def restoring(self, sql: str, before: Definitions, live: Definitions) -> Restoring:
        """Write the difference as ALTER TABLE."""
        if self.manner(sql) is not Manner.ALONE:
            return Restoring(impossible="the statement does not run by itself")
        return _mysql_restoring.restoring(_mysql_statements.read(sql), before, live)


def _reopening(cursor: Cursor, name: Name) -> list[str]:
    """A comment that would need escaping, which depends on the session, is not written."""
    database = "DATABASE()" if not name.schema else "%s"
    cursor.execute(
        f"SELECT table_comment FROM information_schema.tables WHERE table_schema = {database} AND table_name = %s",
        [part for part in name if part],
    )
    comments = [comment.decode() if isinstance(comment, bytes) else comment for (comment,) in cursor.fetchall()]
    has_checks = "CHECK (" in (_definition(cursor, "table", name) or "")
    return [f"ALTER TABLE {quoted_name(name)} COMMENT = '{one}'" for one in comments if has_checks and not {"'", "\\"} & set(one)]


def _definition(cursor: Cursor, kind: str, name: Name) -> str | None:
    try:
        cursor.execute(f"SHOW CREATE {kind.upper()} {quoted_name(name)}")
    except Exception as error:
        if _number(error.args) in _MISSING:
            return None
        raise
    (row,) = cursor.fetchall()
    text = row[_COLUMN[kind]]
    if text is None:
        raise LookupError(f"the user may not see the definition of {kind} {name.key}")
    text = text.decode() if isinstance(text, bytes) else str(text)
    return normal(text) if kind == "table" else text


def _number(args: Iterable[object]) -> object:
    return next(iter(args), None)
