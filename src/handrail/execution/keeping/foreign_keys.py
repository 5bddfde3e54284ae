"""Foreign keys of what is aside: released, and required again of rows whose target may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.errors.hr602 import RestoreConflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handrail.databases.keeping.base import ForeignKey, KeepingRules
    from handrail.execution.keeping.keeper import Keeper


def check(connection: Any, keeper: Keeper, key: ForeignKey, source: str) -> None:
    """Raise RestoreConflict where values that must not be NULL have lost their targets; say how many others have.

    source: the rows that have, as they are found now.
    """
    rows = count(connection, source)
    if rows and not key.nullable:
        raise without_targets(key, rows)
    if rows:
        places = f"{key.table}.{key.columns[0]}"
        keeper.keeping.said(f"{places} becomes NULL in {rows} row{'s' * (rows > 1)}: what {key.target} had there is gone")


def without_targets(key: ForeignKey, rows: int) -> RestoreConflict:
    """Return the refusal for values that must not be NULL and have lost their targets."""
    what = f"left without their rows of {key.target} ({', '.join(key.columns)})"
    help = f"bring those rows of {key.target} back, or delete the rows that refer to them, then run it again"
    return RestoreConflict(table=key.table, rows=rows, what=what, help=help)


def count(connection: Any, source: str) -> int:
    """Count rows. source: what follows FROM."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {source}")
        return int(cursor.fetchone()[0])


def again(rules: KeepingRules, keys: Sequence[ForeignKey]) -> list[str]:
    """Return the statements that require foreign keys again."""
    emptied = [rules.emptied(key) for key in keys if key.nullable]
    return [*emptied, *(sql for sql in map(rules.required, keys) if sql)]
