"""Letting a primary key that becomes one that counts go on above the keys that are there (HR511)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper


def attach_sequences(editor: Any, keeper: Keeper) -> None:  # noqa: ARG001 - the signature of a part
    """Replace alter_field of an editor.

    Django makes the identity of PostgreSQL and leaves it at 1 (5.2 to 6.1), so that a later insert meets a key that is there.
    Elsewhere the server looks at the keys by itself, and sequence_reset_sql says nothing.
    """
    alter = editor.alter_field

    def altered(model: Any, old_field: Any, new_field: Any, strict: bool = False) -> None:
        from django.core.management.color import no_style
        from django.db.models import AutoField

        alter(model, old_field, new_field, strict)
        if isinstance(new_field, AutoField) and not isinstance(old_field, AutoField):
            for sql in editor.connection.ops.sequence_reset_sql(no_style(), [new_field.model]):
                editor.execute(sql, None)

    editor.alter_field = altered
