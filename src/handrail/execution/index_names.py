"""Giving an index the name back that Django had made up for it (E39)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState


def name_back(editor: Any, label: str, operation: Operation, before: ProjectState) -> None:
    """Rename the index of a RenameIndex with old_fields after it was reversed; Django leaves it (5.2 to 6.1: "a no-op").

    before: the project state without the operation. Forward again, Django finds the index by its columns, whatever its name.
    """
    from django.db.migrations.operations import RenameIndex
    from django.db.models import Index

    if not isinstance(operation, RenameIndex) or not operation.old_fields:
        return
    model = before.apps.get_model(label, operation.model_name)
    is_same = operation.new_name in {index.name for index in model._meta.indexes}  # AddIndex had given it that name
    if is_same or not operation.allow_migrate_model(editor.connection.alias, model):
        return
    fields = list(operation.old_fields)
    columns = [model._meta.get_field(name).column for name in fields]
    made = editor._create_index_name(model._meta.db_table, columns, suffix="_idx")
    names = editor._constraint_names(model, columns, index=True, unique=False)
    if operation.new_name in names and made not in names:
        editor.rename_index(model, Index(fields=fields, name=operation.new_name), Index(fields=fields, name=made))
