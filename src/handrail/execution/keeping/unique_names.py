"""Giving what makes a column unique the name back that it had, when the column is unique again.

A table is made with a constraint that the database names itself (shop_thing_code_key on PostgreSQL, code on MySQL); a field that
is altered gets one that Django names (_create_unique_sql of BaseDatabaseSchemaEditor, 5.2 to 6.1), and SQL may ask for the first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from handrail.execution.keeping.past_statements import note_statement, statements_before
from handrail.sources.journal import has_journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from handrail.execution.keeping.keeper import Keeper

ANY = "any_name_at_all"
"""Stands for the name in a statement that drops a constraint."""


def attach_unique_names(editor: Any, keeper: Keeper) -> None:
    """Replace alter_field of an editor, where an index can be renamed: on PostgreSQL its constraint is so too (18, ALTER INDEX).

    On SQLite the text of a table holds what is unique, without a name.
    """
    if editor.connection.features.can_rename_index:
        editor.alter_field = _altering(editor, keeper, editor.alter_field)


def _altering(editor: Any, keeper: Keeper, alter: Callable[..., Any]) -> Callable[..., Any]:
    def altered(model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        was, will_be = (field.unique and not field.primary_key for field in (old_field, new_field))
        if was and not will_be:
            _note(editor, keeper, model, old_field.column)
        alter(model, old_field, new_field, strict)
        if will_be and not was:
            _rename(editor, keeper, model, new_field.column)

    return altered


def _note(editor: Any, keeper: Keeper, model: Any, column: str) -> None:
    """Put on record what will be dropped; statements that commit by themselves are in the journal."""
    connection = editor.connection
    if not (connection.in_atomic_block and connection.features.can_rollback_ddl and has_journal(connection)):
        return
    names = _names(editor, model, column)
    if len(names) == 1:
        note_statement(keeper, str(editor._delete_unique_sql(model, *names)))


def _names(editor: Any, model: Any, column: str) -> list[str]:
    """Return the names of what makes a column unique, but those that the model gives (_alter_field, 5.2 to 6.1)."""
    own = {each.name for each in model._meta.constraints}
    found = editor._constraint_names(model, [column], unique=True, primary_key=False, exclude=own)
    return [str(name) for name in found]


def _rename(editor: Any, keeper: Keeper, model: Any, column: str) -> None:
    """Rename where it is sure which name it was: exactly one was dropped, and one is there now."""
    were = _dropped(editor, keeper, model) if has_journal(editor.connection) else []
    names = _names(editor, model, column) if were else []
    if len(names) == 1 and len(were) == 1 and names != were:
        editor.execute(editor._rename_index_sql(model, *names, *were), None)


def _dropped(editor: Any, keeper: Keeper, model: Any) -> list[str]:
    """Return the names of what the operation dropped when it ran the other way; checks go by the same words on PostgreSQL."""
    quote = editor.quote_name
    before, after = map(re.escape, str(editor._delete_unique_sql(model, ANY)).split(quote(ANY)))
    pattern = re.compile(f"{before}(?P<name>.+){after}")
    found = [pattern.fullmatch(one.sql) for one in statements_before(keeper)]
    names = [match["name"].strip(quote("x").replace("x", "")) for match in found if match]
    return sorted({name for name in names if not name.endswith("_check")})
