"""SQL that writes into a table which the same operation makes: where the table came back with its rows, it is not run again."""

from __future__ import annotations

import hashlib
from typing import Any

from handrail.databases.row_logs.base import row_logs_for
from handrail.domain.kept import Kept, KeptKind
from handrail.execution.keeping.row_statements import written_by
from handrail.execution.keeping.sql_text import pieces


def wrote(sql: Any, vendor: str) -> list[str]:
    """Return the digests of one direction of a RunSQL: of its texts, as _run_sql executes them (5.2 to 6.1), and their parts."""
    found: list[str] = []
    for item in sql if isinstance(sql, list | tuple) else [sql]:
        text, params = item if isinstance(item, list | tuple) else (item, None)
        parts = [] if params or not text else [piece.sql for piece in pieces(str(text), vendor)]
        found += [_digest(each, params) for each in dict.fromkeys(filter(None, [str(text or ""), *parts]))]
    return list(dict.fromkeys(found))


def _digest(text: str, params: Any) -> str:
    """The same for other space between words, and for no parameters however that is said."""
    words = repr((" ".join(text.split()), params or None))
    return hashlib.blake2b(words.encode(errors="backslashreplace"), digest_size=8).hexdigest()


class Written:
    """What is in the tables that came back in one operation. said: those of which it was said."""

    def __init__(self) -> None:
        """None came back yet."""
        self.said: set[str] = set()
        self._known: dict[str, set[str]] = {}

    def add(self, one: Kept) -> None:
        """A thing came back."""
        if one.kind is KeptKind.TABLE:
            self._known[one.table.rpartition('"."')[2].lower()] = set(one.details.get("wrote", ()))

    def by(self, text: str, params: Any, vendor: str) -> set[str]:
        """Return the tables that a text writes, where all of them came back and it had written them; else nothing."""
        if not self._known:
            return set()
        found = written_by(text, row_logs_for(vendor).dialect)
        tables = {name.lower() for name in found.tables}
        if not tables or found.defines or found.is_unknown or not tables <= self._known.keys():
            return set()
        digest = _digest(text, params)
        return tables if all(digest in self._known[name] for name in tables) else set()
