"""What code and SQL of a plan run before an operation of it, and what the logs write by which they are taken back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from handrail.domain.run import Direction
from handrail.execution.manners import is_code

if TYPE_CHECKING:
    from handrail.execution.probes._changes import Change

_WORD = re.compile(r"\w+")


class Code:
    """Collects what could change rows, or objects that no model knows."""

    def __init__(self) -> None:
        self.is_opaque = False
        self._words: set[str] = set()
        self._logged: set[str] = set()
        self._anything = False

    def take(self, change: Change, logged: Collection[str] = ()) -> None:
        """Go on to after an operation. logged: the tables of the log by which it is taken back."""
        from django.db.migrations.operations import RunPython, RunSQL

        self._logged |= {table.lower() for table in logged}
        operation: Any = change.operation
        backwards = change.direction is Direction.BACKWARD
        if isinstance(operation, RunSQL):
            self._sql(operation.reverse_sql if backwards else operation.sql)
        elif isinstance(operation, RunPython):
            self._python(operation.reverse_code if backwards else operation.code)
        elif is_code(operation):
            self.is_opaque = self._anything = True

    def may_touch(self, name: str) -> bool:
        """Say whether a model, table, view or trigger may be gone by then, or be another one, or have other rows.

        A table is meant too where the name of its model is written: shop_line where "line" is.
        """
        parts = name.lower().split("_")
        return self._anything or any("_".join(parts[at:]) in self._words for at in range(len(parts)))

    def is_written(self, name: str) -> bool:
        """Say whether a model or table may have other rows by then: by what runs, or by a log."""
        return name.lower() in self._logged or self.may_touch(name)

    def _sql(self, sql: Any) -> None:
        for item in sql if isinstance(sql, list | tuple) else [sql]:
            text = item[0] if isinstance(item, list | tuple) else item
            if text:
                self.is_opaque = True
                self._words |= set(_WORD.findall(str(text).lower()))

    def _python(self, code: Any) -> None:
        from django.db.migrations.operations import RunPython

        if code is None or code is RunPython.noop:
            return
        self.is_opaque = True
        if not hasattr(code, "__code__"):
            self._anything = True
            return
        codes = list(_codes(code, set()))
        texts = [one for each in codes for one in each.co_consts if isinstance(one, str)]
        names = {name for each in codes for name in each.co_names}
        self._words |= {word for text in texts for word in _WORD.findall(text.lower())}
        self._anything |= "get_models" in names or (bool({"execute", "cursor"} & names) and not texts)


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
