"""Giving the methods of a schema editor to the keeper: each part replaces those that it knows, on this one editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handrail.execution.keeping.columns import attach_columns
from handrail.execution.keeping.extensions import attach_extensions
from handrail.execution.keeping.key_indexes import attach_key_indexes
from handrail.execution.keeping.sequences import attach_sequences
from handrail.execution.keeping.stray_indexes import attach_stray_indexes
from handrail.execution.keeping.tables import attach_tables
from handrail.execution.keeping.unique_names import attach_unique_names
from handrail.execution.keeping.values import attach_values

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper

PARTS: tuple[Callable[[Any, Keeper], None], ...] = (
    attach_columns,
    attach_tables,
    attach_values,
    attach_sequences,
    attach_extensions,
    attach_key_indexes,
    attach_stray_indexes,
    attach_unique_names,
)
"""What replaces methods of a schema editor; each is given the editor and the keeper of the step."""


def attach(editor: Any, keeper: Keeper) -> None:
    """Let an editor set aside what it would destroy."""
    for part in PARTS:
        part(editor, keeper)
