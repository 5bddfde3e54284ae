"""Dropping the indexes that Django makes for a foreign key when the index that did for it goes, when that one is back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.execution.keeping.past_statements import statements_before

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handrail.execution.keeping.keeper import Keeper

ADDING = ("alter_unique_together", "alter_index_together", "add_constraint", "add_index")


def attach_key_indexes(editor: Any, keeper: Keeper) -> None:
    """Replace what adds indexes of several columns, on editors that make such indexes.

    MySQL lets no index go that a foreign key needs, so Django makes another one first (_create_missing_fk_index of
    django/db/backends/mysql/schema.py, 5.2 to 6.1) and leaves it for ever: up, down and up again would end with one index more.
    """
    if not hasattr(editor, "_create_missing_fk_index"):
        return
    for name in ADDING:
        if hasattr(editor, name):
            setattr(editor, name, _adding(editor, keeper, getattr(editor, name)))


def _adding(editor: Any, keeper: Keeper, add: Callable[..., Any]) -> Callable[..., Any]:
    def added(model: Any, *arguments: Any) -> None:
        add(model, *arguments)
        for field, sql in _index_statements(editor, model):
            if _was_made(keeper, str(sql)):
                _drop_if_spare(editor, model, field.column, sql.parts["name"])

    return added


def _index_statements(editor: Any, model: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the foreign keys, each with the statement by which Django makes the index for it."""
    for field in model._meta.local_concrete_fields:
        if field.remote_field and field.db_constraint:
            yield field, editor._create_index_sql(model, fields=[field], suffix="")


def _was_made(keeper: Keeper, sql: str) -> bool:
    """Say whether it is on record that the migration made an index when it ran last in the other direction."""
    return statements_before(keeper).filter(sql=sql).exists()


def _drop_if_spare(editor: Any, model: Any, column: str, index: Any) -> None:
    """Drop an index where another one does for the foreign key."""
    name = str(index).strip("`")
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, model._meta.db_table)
    doing = {one for one, info in found.items() if info["index"] and info["columns"][:1] == [column]}
    if name in doing and len(doing) > 1:
        editor.execute(editor._delete_index_sql(model, name), None)
