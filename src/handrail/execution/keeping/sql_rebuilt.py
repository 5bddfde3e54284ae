"""Tables that SQL rebuilds: made anew under another name, filled, and renamed after the old one was dropped.

Taken back by a reverse that does the same, such a table has its old columns again, without what was in them. The table that was
dropped is kept, and rows that are still there get from it what the new one had no column for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import KeepingRules
from handrail.domain.kept import Kept, KeptStatus
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.sql_names import columns_of
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper


def filled(editor: Any, keeper: Keeper, rules: KeepingRules, one: Kept) -> None:
    """Put values back into a table that has the name of one that is kept.

    The kept one stays kept: what of its other columns was changed by the migration, and what since, nothing tells.
    """
    connection, between = editor.connection, _between(keeper, one)
    lost = [name for name in one.details.get("columns", []) if name not in between]
    with connection.cursor() as cursor:
        keys = connection.introspection.get_primary_key_columns(cursor, one.table) or []
    there = columns_of(connection, one.table)
    columns = [name for name in lost if name in there and name not in keys]
    if not between or not keys or not set(keys) <= set(one.details.get("columns", [])) or not columns:
        return
    table, place = rules.quoted(one.table), rules.quoted(rules.place(one.table, one.aside, one.details))
    same = " AND ".join(f"s.{rules.quoted(key)} = {table}.{rules.quoted(key)}" for key in keys)
    fitting = f"WHERE EXISTS (SELECT 1 FROM {place} s WHERE {same})"
    for name in columns:
        value = f"SELECT s.{rules.quoted(name)} FROM {place} s WHERE {same}"
        editor.execute(f"UPDATE {table} SET {rules.quoted(name)} = ({value}) {fitting}", None)
    rows = foreign_keys.count(connection, f"{table} {fitting}")
    names = ", ".join(f"{one.table}.{name}" for name in columns)
    keeper.keeping.said(f"{names}: what the rebuilt table had no column for is back in {rows} row{'s' * (rows != 1)}")


def _between(keeper: Keeper, one: Kept) -> list[str]:
    """Return the columns of the table that this direction has dropped in its place; [] where that is not known."""
    said = {"step": keeper.step, "direction": keeper.direction, "operation": keeper.operation, "table": one.table, "column": ""}
    found = kept(keeper.connection, (KeptStatus.KEPT,), **said)
    return list(found[-1].details.get("columns", [])) if found else []
