"""Checking what rows wait for before their table is altered in the same transaction (HR512)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.execution.manners import is_code
from handrail.sources.backend import backend_of

if TYPE_CHECKING:
    from collections.abc import Iterable

ALTERS = frozenset({"ALTER", "CREATE", "DROP", "TRUNCATE"})
WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "COPY", "SELECT"})


def settle(editor: Any, migration: Any) -> None:
    """Let an editor do the deferred checks of rows before it alters a table: PostgreSQL refuses that while they are pending.

    They are done where rows were written by the editor, and in a migration that has code or SQL, whose writes are not seen here.
    Afterwards checks are deferred as before, so that code can still write rows that refer to each other.
    """
    statements = backend_of(editor.connection).settling
    if not statements:
        return
    always = _writes(getattr(migration, "operations", ()))
    execute, pending = editor.execute, [always]

    def settled(sql: Any, params: Any = ()) -> Any:
        word = str(sql).lstrip(" \n\t(").partition(" ")[0].upper()
        if word in ALTERS and pending[0] and editor.connection.in_atomic_block:
            for statement in statements:
                execute(statement, None)
            pending[0] = always
        pending[0] |= word in WRITES
        return execute(sql, params)

    editor.execute = settled


def _writes(operations: Iterable[Any]) -> bool:
    from django.db.migrations.operations import RunSQL

    for operation in operations:
        if isinstance(operation, RunSQL) or is_code(operation):
            return True
        if _writes(getattr(operation, "database_operations", ())):
            return True
    return False
