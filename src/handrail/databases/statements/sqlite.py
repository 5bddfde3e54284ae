"""Statements of SQLite: nearly everything may be in a transaction."""

from __future__ import annotations

from handrail.databases.base import Cursor
from handrail.databases.statements._reader import Reader
from handrail.databases.statements._tokens import SQLITE, TokenError, statements_in, tokens, words
from handrail.databases.statements.base import Definitions, Judgement, Manner, Restoring, StatementRules

_TRANSACTION = words("ALTER ANALYZE CREATE DELETE DROP EXPLAIN INSERT REINDEX REPLACE SELECT UPDATE VALUES WITH")


class SQLiteStatements(StatementRules):
    """SQLite, by its "SQL As Understood By SQLite"."""

    def manner(self, sql: str) -> Manner:
        """VACUUM fails in a transaction, and some pragmas do nothing there (such as foreign_keys)."""
        try:
            found = tokens(sql, SQLITE)
        except TokenError:
            return Manner.UNKNOWN
        if statements_in(found) != 1:
            return Manner.UNKNOWN
        reader = Reader(found)
        if reader.peek() in {"CREATE"} and reader.peek(1) in {"TEMP", "TEMPORARY"}:
            return Manner.UNKNOWN  # it lives as long as its connection
        if reader.peek() in {"VACUUM", "PRAGMA"}:
            return Manner.ALONE
        return Manner.TRANSACTION if reader.peek() in _TRANSACTION else Manner.UNKNOWN

    def snapshot(self, cursor: Cursor, sql: str) -> dict[str, str | None]:  # noqa: ARG002
        """No statement that runs alone changes a definition."""
        return {}

    def judge(self, sql: str, before: Definitions, live: Definitions) -> Judgement:  # noqa: ARG002
        """VACUUM and pragmas can be repeated; VACUUM INTO writes a file, which must not be there."""
        if self.manner(sql) is not Manner.ALONE:
            return Judgement.AMBIGUOUS
        return Judgement.AMBIGUOUS if Reader(tokens(sql, SQLITE)).until("INTO") else Judgement.NOT_DONE

    def restoring(self, sql: str, before: Definitions, live: Definitions) -> Restoring:  # noqa: ARG002
        """There is nothing to bring back."""
        if self.manner(sql) is not Manner.ALONE:
            return Restoring(impossible="the statement does not run by itself")
        return Restoring()
