"""What is to be said when a plan that went backwards is through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.checks.hr206 import NotRecorded
from handrail.domain.migration import MigrationKey
from handrail.execution.probes._changes import changes_of
from handrail.execution.probes._places import column_of, table_of
from handrail.execution.stale import stale

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ProjectState

    from handrail.domain.finding import Finding
    from handrail.execution.probes._changes import Change, Plan


def aftermath(connection: BaseDatabaseWrapper, plan: Plan, state: ProjectState, *, fake: bool) -> list[Finding]:
    """Return what a plan left behind: content types and permissions in use, or where it was faked, tables and columns themselves.

    state: the one afterwards. Nothing is said of plans that went forwards.
    """
    if not plan or not plan[0][1]:
        return []
    if fake:
        return _still_there(connection, plan, state)
    return stale(connection, state, {migration.app_label for migration, _ in plan}, in_use=True)


def _still_there(connection: BaseDatabaseWrapper, plan: Plan, state: ProjectState) -> list[Finding]:
    """Return what migrations made and is there, in the order of the plan. A table or column that came later is not looked for."""
    made: dict[MigrationKey, list[tuple[str, str]]] = {}
    for change in changes_of(plan, state):
        key = MigrationKey(change.migration.app_label, change.migration.name)
        made.setdefault(key, []).extend(_made(connection, change))
    live = _columns(connection, {table for all_of in made.values() for table, _ in all_of})
    found: list[Finding] = []
    for key, things in made.items():
        present = [
            f"{table}.{column}" if column else table
            for table, column in things
            if table in live and (not column or column in live[table])
        ]
        found += NotRecorded.find(key, present, len(things))
    return found


def _made(connection: BaseDatabaseWrapper, change: Change) -> list[tuple[str, str]]:
    """Return the table or columns that an operation makes forwards; the column is "" for a table."""
    kind = type(change.operation).__name__
    found: list[tuple[str, str]] = []
    for _, start, end in change.pairs if kind in ("CreateModel", "AddField") else ():
        table = table_of(connection, start) if start is not None else None
        if start is None or table is None:
            continue
        if end is None:
            found.append((table, ""))
        else:
            columns = [column_of(start.fields[name], name) for name in start.fields.keys() - end.fields.keys()]
            found += [(table, column) for column in columns if column]
    return found


def _columns(connection: BaseDatabaseWrapper, tables: set[str]) -> dict[str, set[str]]:
    introspection: Any = connection.introspection
    with connection.cursor() as cursor:
        there = tables.intersection(introspection.table_names(cursor))
        return {table: {one.name for one in introspection.get_table_description(cursor, table)} for table in there}
