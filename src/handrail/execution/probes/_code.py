"""What code and SQL of a plan run before an operation of it, and what the logs write by which they are taken back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from handrail.domain.run import Direction
from handrail.execution.manners import is_code

if TYPE_CHECKING:
    from handrail.domain.kept import Kept
    from handrail.execution.probes._changes import Change

_WORD = re.compile(r"\w+")
DELETES = frozenset({"delete", "adelete", "_raw_delete", "truncate", "drop"})
"""What is written where rows are deleted, as a name or in SQL."""


class Code:
    """Collects what could change rows, or objects that no model knows."""

    def __init__(self) -> None:
        self.is_opaque = False
        self._words: set[str] = set()
        self.logs: list[Sequence[Kept]] = []
        self._deleting: set[str] = set()
        self._anything = self._deletes_anything = False

    def take(self, change: Change, log: Sequence[Kept] = ()) -> None:
        """Go on to after an operation. log: by which it is taken back."""
        from django.db.migrations.operations import RunPython, RunSQL

        self.logs += [log] if log else []
        operation: Any = change.operation
        backwards = change.direction is Direction.BACKWARD
        if isinstance(operation, RunSQL):
            sql = operation.reverse_sql if backwards else operation.sql
            items = sql if isinstance(sql, list | tuple) else [sql]
            self._read([str(text) for item in items if (text := item[0] if isinstance(item, list | tuple) else item)])
        elif isinstance(operation, RunPython):
            code = operation.reverse_code if backwards else operation.code
            if code is not None and code is not RunPython.noop:
                self._python(code)
        elif is_code(operation):
            method = type(operation).database_backwards if backwards else type(operation).database_forwards
            self._python(method, [one for one in vars(operation).values() if isinstance(one, str)])

    def may_touch(self, name: str) -> bool:
        """Say whether a model, table, view or trigger may be gone by then, or be another one, or have other rows.

        A table is meant too where the name of its model is written: shop_line where "line" is.
        """
        return self._anything or _is_meant(name, self._words)

    def logs_of(self, table: str) -> list[Sequence[Kept]]:
        """Return the logs that are put back by then and write a table."""
        return [log for log in self.logs if any(one.table.lower() == table.lower() for one in log)]

    def may_delete(self, name: str) -> bool:
        """Say whether a model or table may have fewer rows by then, by what runs."""
        return self._deletes_anything or _is_meant(name, self._deleting)

    def _python(self, code: Any, texts: Sequence[str] = ()) -> None:
        if not hasattr(code, "__code__"):
            self.is_opaque = self._anything = self._deletes_anything = True
            return
        codes = list(_codes(code, set()))
        texts = [*texts, *(one for each in codes for one in each.co_consts if isinstance(one, str))]
        self._read(texts, {name for each in codes for name in each.co_names})

    def _read(self, texts: Sequence[str], names: Collection[str] = ()) -> None:
        """Take words, and the names that code uses with them."""
        if not texts and not names:
            return
        self.is_opaque = True
        words = {word for text in texts for word in _WORD.findall(text.lower())}
        is_blind = bool({"get_models", "super"} & set(names)) or (bool({"execute", "cursor"} & set(names)) and not texts)
        self._words |= words
        self._anything |= is_blind
        if DELETES & {*words, *names}:
            self._deleting |= words
        self._deletes_anything |= is_blind


def _is_meant(name: str, words: Collection[str]) -> bool:
    parts = name.lower().split("_")
    return any("_".join(parts[at:]) in words for at in range(len(parts)))


def _codes(function: Any, seen: set[int]) -> Iterator[CodeType]:
    """Yield the code of a function, of those inside of it, and of the functions of its module that it names."""
    if id(function) in seen:
        return
    seen.add(id(function))
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        for name in code.co_names:
            called = getattr(function, "__globals__", {}).get(name)
            if isinstance(called, FunctionType) and called.__module__ == function.__module__:
                yield from _codes(called, seen)
