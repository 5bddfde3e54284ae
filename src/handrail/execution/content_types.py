"""The operations that rename content types with their models: the same ones whenever a migration runs, in either direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState


def with_content_types(migration: Migration) -> Migration:
    """Return a migration after a RenameContentType was put behind each RenameModel of it that has none yet.

    A handler of pre_migrate does that where the content types are migrated when migrate begins
    (inject_rename_contenttypes_operations of django/contrib/contenttypes/management, 5.2 to 6.1). Records name operations by
    their place: where one was stopped is found again only if they are the same ones each time. Those that come too early do
    nothing (is_too_early).
    """
    from django.apps import apps

    if apps.is_installed("django.contrib.contenttypes"):
        vars(migration)["operations"] = list(_with_renamings(migration))
    return migration


def _with_renamings(migration: Migration) -> Iterator[Operation]:
    from django.db.migrations.operations import RenameModel

    for place, each in enumerate(migration.operations):
        yield each
        if isinstance(each, RenameModel) and not any(map(_is_renaming, migration.operations[place + 1 : place + 2])):
            yield _renaming(migration.app_label, each)


def _renaming(label: str, renamed: Operation) -> Operation:
    from django.contrib.contenttypes.management import RenameContentType

    return RenameContentType(label, renamed.old_name_lower, renamed.new_name_lower)  # type: ignore[attr-defined]


def _is_renaming(operation: Operation) -> bool:
    from django.contrib.contenttypes.management import RenameContentType

    return isinstance(operation, RenameContentType)


def is_too_early(operation: Operation, state: ProjectState) -> bool:
    """Say whether an operation would rename content types of which there is no table yet. state: the one before it."""
    if type(operation).__name__ != "RenameContentType":
        return False
    return _is_renaming(operation) and ("contenttypes", "contenttype") not in state.models
