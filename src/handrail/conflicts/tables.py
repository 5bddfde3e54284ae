"""Joins what several statements do with one table."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.domain.footprint import ANY, TableAccess


def merge_tables(tables: Iterable[TableAccess]) -> tuple[TableAccess, ...]:
    """Return one access per table, sorted by table."""
    merged: dict[str, TableAccess] = {}
    for table in tables:
        before = merged.get(table.table)
        merged[table.table] = table if before is None else _both(before, table)
    return tuple(merged[name] for name in sorted(merged))


def _both(a: TableAccess, b: TableAccess) -> TableAccess:
    return TableAccess(
        table=a.table,
        reads=_names(a.reads | b.reads),
        updates=_names(a.updates | b.updates),
        inserts=a.inserts or b.inserts,
        deletes=a.deletes or b.deletes,
        creates=a.creates | b.creates,
        drops=a.drops | b.drops,
        alters=a.alters | b.alters,
        renames=tuple(dict.fromkeys((*a.renames, *b.renames))),
    )


def _names(names: frozenset[str]) -> frozenset[str]:
    return ANY if "*" in names else names
