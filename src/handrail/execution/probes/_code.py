"""What code and SQL of a plan run before an operation of it."""

from __future__ import annotations

import re
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
        self._anything = False

    def take(self, change: Change) -> None:
        """Go on to after an operation."""
        from django.db.migrations.operations import RunPython, RunSQL

        operation: Any = change.operation
        backwards = change.direction is Direction.BACKWARD
        if isinstance(operation, RunSQL):
            self._sql(operation.reverse_sql if backwards else operation.sql)
        elif isinstance(operation, RunPython):
            self._python(operation.reverse_code if backwards else operation.code)
        elif is_code(operation):
            self.is_opaque = self._anything = True

    def may_touch(self, name: str) -> bool:
        """Say whether a view, trigger or table that no model knows may be gone by then, or be another one."""
        return self._anything or name.lower() in self._words

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
        texts = [one for one in code.__code__.co_consts if isinstance(one, str)]
        self._words |= {word for text in texts for word in _WORD.findall(text.lower())}
        self._anything |= bool({"execute", "cursor"} & set(code.__code__.co_names)) and not texts
