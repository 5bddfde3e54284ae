"""Dropping the index that is there already when a field is to be indexed again on the way back.

Django makes the indexes of a new table at the end of the migration (deferred_sql of BaseDatabaseSchemaEditor, 5.2 to 6.1): where
a later operation of the same migration wants one away again, it does not find it, and the index stays for ever. The reverse of
that operation would then make it twice, which fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.domain.run import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from handrail.execution.keeping.keeper import Keeper

SUFFIXES = ("", "_like")
"""What the names of the indexes of one field end with (_create_index_sql, and _create_like_index_sql of PostgreSQL)."""


def attach_stray_indexes(editor: Any, keeper: Keeper) -> None:
    """Replace alter_field and add_index of an editor."""
    editor.alter_field = _altering(editor, keeper, editor.alter_field)
    editor.add_index = _adding(editor, keeper, editor.add_index)


def _altering(editor: Any, keeper: Keeper, alter: Callable[..., Any]) -> Callable[..., Any]:
    def altered(model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        wanted, had = (editor._field_should_be_indexed(model, field) for field in (new_field, old_field))
        if wanted and not had and keeper.direction is Direction.BACKWARD:
            names = (editor._create_index_name(model._meta.db_table, [old_field.column], suffix) for suffix in SUFFIXES)
            _drop(editor, model, {*names}, [old_field.column])
        alter(model, old_field, new_field, strict)

    return altered


def _adding(editor: Any, keeper: Keeper, add: Callable[..., Any]) -> Callable[..., Any]:
    def added(model: Any, index: Any, **options: Any) -> None:
        if keeper.direction is Direction.BACKWARD:
            _drop(editor, model, {index.name}, [model._meta.get_field(name).column for name, _ in index.fields_orders])
        add(model, index, **options)

    return added


def _drop(editor: Any, model: Any, names: set[str], columns: list[str]) -> None:
    """Drop those indexes of a table that have the names and columns of what is about to be made."""
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    for name in sorted(names & found.keys()):
        one = found[name]
        if one["index"] and not one["unique"] and one["columns"] == columns:
            editor.execute(editor._delete_index_sql(model, name), None)
