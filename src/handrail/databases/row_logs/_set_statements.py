"""Statements that are understood for certain: a SELECT can give the rows that they write, and what becomes of these.

It writes one table, and what becomes of a row depends on nothing but the row. So the SELECT has the same words as the statement:
they are cut out of its text, and never written anew. Everything that is not listed here is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from handrail.databases.row_logs.base import SetWrite
from handrail.databases.statements._tokens import MYSQL, SQLITE, Dialect, Kind, Token, TokenError, tokens, words

# MySQL 8.0 manual, 14.4 (operators), 14.5 (flow control), 14.8 (string functions), 14.6.2 (mathematical functions); SQLite,
# lang_expr.html, lang_corefunc.html.
_WORDS = words("_BINARY AND OR XOR NOT IS NULL TRUE FALSE IN BETWEEN LIKE ESCAPE BINARY DIV MOD CASE WHEN THEN ELSE END")
_CALLED = words(
    "COALESCE IF IFNULL NULLIF GREATEST LEAST CONCAT CONCAT_WS UPPER UCASE LOWER LCASE TRIM LTRIM RTRIM LEFT RIGHT SUBSTRING"
    " SUBSTR REPLACE REVERSE REPEAT LPAD RPAD LENGTH CHAR_LENGTH LOCATE ABS SIGN FLOOR CEIL CEILING ROUND TRUNCATE MD5 SHA1"
)
"""Functions whose result depends on their arguments alone."""
_BEFORE_PARENTHESES = words("AND OR XOR NOT IN BETWEEN LIKE ESCAPE BINARY DIV MOD CASE WHEN THEN ELSE")
_SYMBOLS = frozenset("()+-*/,=<>!.%|&")
_NUMBER = re.compile(r"\d+")
_COMMENTS = ("/*", "--", "#")
_DIALECTS = {"mysql": MYSQL, "sqlite": SQLITE}


class _NotUnderstood(Exception):  # noqa: N818 - it never leaves this module
    """Something is not listed here."""


def read(sql: str, dialect: str, columns: Collection[str], *, has_params: bool) -> SetWrite | None:
    """Return what a statement does, None where it is not understood.

    dialect: sqlglot's name of the database. columns: of its table. has_params: or % is as it stands.
    """
    if any(mark in sql for mark in _COMMENTS):
        return None
    try:
        return _Reader(sql, _DIALECTS[dialect], columns, has_params=has_params).statement()
    except (TokenError, _NotUnderstood):
        return None


class _Reader:
    """Reads one statement from left to right."""

    def __init__(self, sql: str, dialect: Dialect, columns: Collection[str], *, has_params: bool) -> None:
        self.sql, self.has_params, self.escapes = sql, has_params, dialect is MYSQL
        self.columns = {name.lower(): name for name in columns}
        self.found = tokens(sql, dialect)
        if self.found and self.found[-1].text == ";":
            self.sql = sql[: self.found.pop().start]
        self.table = ""
        self.place = 0

    def statement(self) -> SetWrite:
        deletes = self._word() == "DELETE"
        if not self._takes("DELETE", "FROM") and not self._takes("UPDATE"):
            raise _NotUnderstood
        self.table = self._name()
        assigned = () if deletes else tuple(self._assignments())
        where = ""
        if self.place < len(self.found):
            if not self._takes("WHERE"):
                raise _NotUnderstood
            where, _ = self._expression(())
        if self.place < len(self.found):
            raise _NotUnderstood
        return SetWrite(self.table, assigned, where, deletes)

    def _word(self) -> str:
        return self.found[self.place].value if self._is_word() else ""

    def _is_word(self) -> bool:
        return self.place < len(self.found) and self.found[self.place].kind is Kind.WORD

    def _takes(self, *expected: str) -> bool:
        """Pass over words, or symbols, if they come now."""
        there = [token.value for token in self.found[self.place : self.place + len(expected)] if token.kind is not Kind.NAME]
        if there != list(expected):
            return False
        self.place += len(expected)
        return True

    def _name(self) -> str:
        """Pass over a name."""
        if self.place >= len(self.found) or self.found[self.place].kind not in (Kind.NAME, Kind.WORD):
            raise _NotUnderstood
        token = self.found[self.place]
        self.place += 1
        return token.value if token.kind is Kind.NAME else token.text

    def _column(self) -> str:
        """Pass over a column, which may have its table in front of it."""
        name = self._name()
        if self._takes("."):
            if name != self.table:
                raise _NotUnderstood
            name = self._name()
        if name.lower() not in self.columns:
            raise _NotUnderstood
        return self.columns[name.lower()]

    def _assignments(self) -> Iterator[tuple[str, str]]:
        """MySQL does them from left to right (15.2.17): one that reads what another has set reads the new value."""
        if not self._takes("SET"):
            raise _NotUnderstood
        done: set[str] = set()
        while True:
            column = self._column()
            if column in done or not self._takes("="):
                raise _NotUnderstood
            value, read_here = self._expression((",", "WHERE"))
            if read_here & done:
                raise _NotUnderstood
            done.add(column)
            yield column, value
            if not self._takes(","):
                return

    def _expression(self, ends: Sequence[str]) -> tuple[str, set[str]]:
        """Pass over an expression, and return it with the columns that it reads. ends: what comes after it."""
        first, depth, read_here = self.place, 0, set[str]()
        while self.place < len(self.found):
            token = self.found[self.place]
            if depth == 0 and token.kind is not Kind.NAME and token.value in ends:
                break
            if token.kind is Kind.SYMBOL:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                self._symbol(token)
            elif name := self._operand(token):
                read_here.add(name)
            if depth < 0:
                raise _NotUnderstood
        if depth or first == self.place:
            raise _NotUnderstood
        end = self.found[self.place].start if self.place < len(self.found) else len(self.sql)
        return self.sql[self.found[first].start : end].rstrip(), read_here

    def _symbol(self, token: Token) -> None:
        if token.text not in _SYMBOLS:
            raise _NotUnderstood
        self.place += 1
        if token.text == "%" and self.has_params:
            after = self.found[self.place] if self.place < len(self.found) else token
            if after.start != token.start + 1 or after.text not in ("s", "%"):
                raise _NotUnderstood
            self.place += 1

    def _operand(self, token: Token) -> str:
        """Pass over a string, a number, a word or a column, and return the name of a column."""
        if token.kind is Kind.STRING:
            if (
                token.text[0] != "'"
                or (self.escapes and "\\" in token.text)
                or (self.has_params and "%" in token.text.replace("%%", ""))
            ):
                raise _NotUnderstood
            self.place += 1
            return ""
        if token.kind is Kind.WORD and (_NUMBER.fullmatch(token.text) or self._is_known(token)):
            self.place += 1
            return ""
        return self._column()

    def _is_known(self, token: Token) -> bool:
        """A word that opens parentheses calls a function, unless it is an operator."""
        after = self.found[self.place + 1] if self.place + 1 < len(self.found) else token
        if after.text != "(":
            return token.value in _WORDS
        if token.value not in _BEFORE_PARENTHESES and (
            token.value not in _CALLED or after.start != token.start + len(token.text)
        ):
            raise _NotUnderstood
        return True
