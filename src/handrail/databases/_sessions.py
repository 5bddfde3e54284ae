"""What the runner asks of a session: the lock, its timeouts, who is in the way, and what an error means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from handrail.domain.database import ErrorKind
from handrail.domain.run import Blocker, LockHolder

if TYPE_CHECKING:
    from handrail.databases.base import Cursor

LITERALS = frozenset(
    f"{kind}STRING" for kind in ("", "BIT_", "BYTE_", "HEREDOC_", "HEX_", "NATIONAL_", "NATIONAL_RAW_", "RAW_", "UNICODE_")
) | {"NUMBER"}
"""How sqlglot calls the tokens that hold a value (sqlglot 30, TokenType)."""
UNFINISHED = ("", "'", '"', "`", "*/", "$$")
"""What may be missing at the end of a statement that the server shows cut off."""


class Sessions(ABC):
    """The part of a backend that is about sessions."""

    dialect: ClassVar[str]
    """What sqlglot calls the database."""
    locks_file: ClassVar[bool] = False
    """Whether the lock is a file beside the database, because there is no server that could keep it."""
    clock: ClassVar[str] = ""
    """The moment now in SQL, also inside a transaction, for a column of Django's DateTimeField; "" where no lease is needed."""

    @abstractmethod
    def lock_key(self, cursor: Cursor) -> str:
        """Return what is locked, as the server says: two aliases of one database have one key, two databases never have."""

    @abstractmethod
    def try_lock(self, cursor: Cursor, key: str) -> bool:
        """Take the session's lock if nobody has it, and say whether it was taken; never wait."""

    @abstractmethod
    def holds(self, cursor: Cursor, key: str) -> bool:
        """Say whether this very session holds the lock."""

    @abstractmethod
    def unlock(self, cursor: Cursor, key: str) -> None:
        """Give the lock back."""

    @abstractmethod
    def holder(self, cursor: Cursor, key: str) -> LockHolder | None:
        """Return what the server knows of the session that holds the lock, None where nobody does."""

    @abstractmethod
    def session(self, cursor: Cursor) -> str:
        """Return what names this session for ever, also when its number is given to another one; "" where there are none."""

    def same_session(self, one: str, other: str) -> bool:
        """Say whether two names mean one session."""
        return one == other

    @abstractmethod
    def sessions_hold(self, connection: Any, cursor: Cursor) -> bool:
        """Say whether statements of this connection reach one session of one server, which alone decides over locks.

        connection: the driver's own. False behind a pooler, and where several servers take writes.
        """

    @abstractmethod
    def session_statements(self, lock_timeout: int, name: str = "") -> list[str]:
        """Return what sets up the session that migrates. lock_timeout: milliseconds. name: what it is called on the server."""

    def optional_statements(self) -> list[str]:
        """Return what is also set up, where the server can do it."""
        return []

    @abstractmethod
    def local_statements(self, lock_timeout: int) -> list[str]:
        """Return what has to stand in front in every transaction where sessions do not hold."""

    @abstractmethod
    def read_only(self, cursor: Cursor) -> str:
        """Return why nothing can be written here, in words; "" where it can."""

    @abstractmethod
    def error_kind(self, error: BaseException) -> ErrorKind:
        """Say what an error of the driver, or Django's around it, means; by its number, never by its words."""

    @abstractmethod
    def blockers(self, cursor: Cursor, tables: Sequence[str] = ()) -> tuple[Blocker, ...]:
        """Return the other sessions that hold locks on tables (any, where none is named), oldest first, as far as is shown."""

    @abstractmethod
    def still_running(self, cursor: Cursor, session: str) -> str:
        """Say what a session still does, "" where it does nothing, has gone, or is this one."""

    def without_literals(self, query: str) -> str:
        """Return a statement with ? for every value and without comments; nothing but its first word where it cannot be read."""
        for end in UNFINISHED:
            if (found := _without_literals(query + end, self.dialect)) is not None:
                return found
        return f"{(query.split() or [''])[0]} ..."


def _without_literals(query: str, dialect: str) -> str | None:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        tokens = sqlglot.tokenize(query, read=dialect)
    except SqlglotError:
        return None
    text, position = "", 0
    for token in tokens:
        gap = " " if token.start > position and text else ""
        text += gap + ("?" if token.token_type.name in LITERALS else query[token.start : token.end + 1])
        position = token.end + 1
    return " ".join(text.split())


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it was raised from: Django wraps the driver's (django/db/utils.py, DatabaseErrorWrapper)."""
    found = [error]
    while (cause := found[-1].__cause__) is not None and cause not in found:
        found.append(cause)
    return found
