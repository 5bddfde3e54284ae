"""Whether an alteration can be taken back without loss: what of it is in the values, and what is kept of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handrail.execution.alterations import Alteration, alteration_of
from handrail.execution.probes.narrowing import is_there, within_time

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_OWN = re.compile(r"(?:INSERT INTO|DELETE FROM|UPDATE|UPDATE IGNORE) [`\"]hrk_[0-9a-f]{16}(?:_a)?[`\"] ")


def is_of_side_table(sql: str) -> bool:
    """Say whether a statement writes a table with copies alone: it changes no row of the project."""
    return bool(_OWN.match(sql))


def is_side_table(table: str) -> bool:
    """Say whether a table holds copies alone."""
    return bool(re.fullmatch(r"hrk_[0-9a-f]{16}(?:_a)?", table))


def why_not_back(connection: BaseDatabaseWrapper, before: Any, after: Any, keeps: Callable[[str, str], bool]) -> str:
    """Say what would be lost, or be in the way, if an alteration of a field were taken back; "" where nothing is.

    before, after: the field in the direction in which it was altered. keeps: says whether the values of a column are kept.
    """
    if _leaves_keys(connection, before, after):
        return "foreign keys to it would keep the type that they have now"
    there = alteration_of(connection, before.model, before, after)
    if there is not None and not keeps(there.table, there.column):
        if there.casts:
            return "it changed the type of a column that has values"
        if there.fills:
            return "it may have filled NULLs"
    back = alteration_of(connection, after.model, after, before)
    return _in_the_way(connection, back) if back is not None and is_there(connection, back) else ""


def _leaves_keys(connection: BaseDatabaseWrapper, before: Any, after: Any) -> bool:
    """Say whether keys to a field get another type, and Django alters none (_alter_field for SQLite, 5.2 to 6.1)."""
    if not after.model._meta.related_objects:
        return False
    own = [field.db_parameters(connection)["type"] for field in (before, after)]
    return bool(own[0] == own[1] and before.rel_db_type(connection) != after.rel_db_type(connection))


def _in_the_way(connection: BaseDatabaseWrapper, back: Alteration) -> str:
    narrowing = within_time(connection, back)
    return f"values of {back.table}.{back.column} do not fit under {back.cast}" if narrowing.refused else ""
