"""Dropping an extension only where the migration made it, and nothing uses it (HR515)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper

MAKING = "CREATE EXTENSION IF NOT EXISTS "
DROPPING = "DROP EXTENSION IF EXISTS "


def attach_extensions(editor: Any, keeper: Keeper) -> None:
    """Replace execute of an editor for the two statements by which CreateExtension is run and reversed (5.2 to 6.1)."""
    execute, connection = editor.execute, editor.connection

    def executed(sql: Any, params: Any = ()) -> Any:
        text = str(sql)
        if not text.startswith((DROPPING, MAKING)):
            return execute(sql, params)
        from handrail.execution.extensions import is_there, making, staying
        from handrail.execution.keeping.past_statements import note_statement

        if text.startswith(DROPPING):
            name = text.removeprefix(DROPPING).strip('"').replace('""', '"')
            stays = staying(connection, keeper.key, name)
            if stays is not None:
                keeper.keeping.said(f"extension {name} stays: {'; '.join(stays.notes).removeprefix('it stays: ')}")
                return None
        if text.startswith(MAKING):
            name = text.removeprefix(MAKING).strip('"').replace('""', '"')
            if text == making(connection, name) and not is_there(connection, name):
                note_statement(keeper, text)
        return execute(sql, params)

    editor.execute = executed
