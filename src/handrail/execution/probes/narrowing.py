"""What altering a field would do to the rows that are there: counted before anything runs, on every database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from handrail.databases.probing.base import rules_for
from handrail.databases.values.base import either
from handrail.domain.dataclasses import dataclass
from handrail.domain.narrowing import COUNTED, Narrowing
from handrail.execution.alterations import Alteration, alteration_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

EXAMPLES = 5
"""How many primary keys are named."""
SECONDS = 10
"""How long a question may take before anything runs."""
Rows = Callable[[str], list[tuple[Any, ...]]]
"""Runs one SELECT."""


class How(StrEnum):
    """How values can be asked about. plain: by conditions. guarded: each is tried by itself, as one of them cannot be cast.

    whole: there is no cast one way or the other, so nothing is known of any.
    """

    PLAIN = "plain"
    GUARDED = "guarded"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was counted, and how."""

    narrowing: Narrowing
    how: How


def narrowing(
    connection: BaseDatabaseWrapper, old_field: Any, new_field: Any, *, model: Any = None, fill: Mapping[str, str] | None = None
) -> Narrowing | None:
    """Return what would happen to the values of a column; None where nothing can, or where the column is not there now.

    model: whose table it is, where it is not the old field's model. fill: as Undo has it. Nothing is changed.
    """
    found = alteration_of(connection, model or old_field.model, old_field, new_field, fill)
    if found is None or not is_there(connection, found):
        return None
    return within_time(connection, found)


def within_time(connection: BaseDatabaseWrapper, found: Alteration) -> Narrowing:
    """Count for a plan: nobody is held up, and what takes too long is not known."""
    from django.db import OperationalError

    try:
        return check(connection, found, SECONDS).narrowing
    except OperationalError as error:
        return _result(found, 0, None, 0, (), " ".join(str(error).split()))


def check(connection: BaseDatabaseWrapper, found: Alteration, seconds: int = 0) -> Checked:
    """Count what does not fit and what changes: at once where the database can, else value by value.

    PostgreSQL raises an error at the first value that it cannot cast; a savepoint holds that. seconds: how long one question may
    take outside of a transaction of the caller, 0 without a limit; raises OperationalError then.
    """
    from django.db import DataError, Error, OperationalError, ProgrammingError

    try:
        return _tried(connection, found, How.PLAIN, seconds)
    except DataError as error:
        why = " ".join(str(error).split())
    except ProgrammingError:
        return _tried(connection, found, How.WHOLE, seconds)
    try:
        return _tried(connection, found, How.GUARDED, seconds)
    except OperationalError:
        raise
    except Error:  # no functions may be made: that there is such a value is known all the same
        return Checked(narrowing=_result(found, 1, None, 0, (), why), how=How.GUARDED)


class _Over(Exception):  # noqa: N818 - it is no error: it takes back what was made for the counting
    pass


def _tried(connection: BaseDatabaseWrapper, found: Alteration, how: How, seconds: int) -> Checked:
    from django.db.transaction import atomic

    counted: list[Narrowing] = []
    limits = rules_for(connection) if seconds and not connection.in_atomic_block else None
    with suppress(_Over), atomic(connection.alias), connection.cursor() as cursor:
        for statement in limits.limits if limits else ():
            cursor.execute(statement.format(ms=seconds * 1000), None)
        prepare(connection, found, how)

        def rows(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(limits.limited(sql, seconds) if limits else sql, None)
            return list(cursor.fetchall())

        counted.append(_counted(rows, found, how))
        raise _Over
    return Checked(narrowing=counted[0], how=how)


def prepare(connection: BaseDatabaseWrapper, found: Alteration, how: How) -> None:
    """Make what the conditions call."""
    if how is How.GUARDED or found.rules.calls_own:
        with connection.cursor() as cursor:
            found.rules.prepare(cursor, found.old, found.new)


def misfits(found: Alteration, how: How) -> str:
    """Return the condition for what does not fit, "" where nothing is known to; NULLs aside."""
    if how is How.GUARDED:
        return found.rules.guarded(found.misfits, found.rules.quoted(found.column))
    return "" if how is How.WHOLE else found.misfits


def copied(found: Alteration, how: How) -> str:
    """Return the condition for values that may become others."""
    value = found.rules.quoted(found.column)
    if how is How.GUARDED:
        return found.rules.guarded(found.copied, value)
    return either(f"{value} IS NOT NULL", found.nulls) if how is How.WHOLE else found.copied


def _changes(found: Alteration, how: How) -> str:
    value = found.rules.quoted(found.column)
    return found.rules.guarded(found.changes, value) if how is How.GUARDED else "" if how is How.WHOLE else found.changes


def _counted(rows: Rows, found: Alteration, how: How) -> Narrowing:
    wrong, changes = misfits(found, how), _changes(found, how)
    if found.has_value:
        changes = either(changes, found.nulls) if changes else ""
    else:
        wrong = either(wrong, found.nulls)
    nulls = _count(rows, found, found.nulls)
    in_the_way = _count(rows, found, wrong)
    changed = _count(rows, found, f"({changes}) AND ({wrong or '1 = 0'}) IS NOT TRUE") if changes else None
    looked_for = either(wrong, changes) if found.is_key else wrong
    examples = _examples(rows, found, looked_for) if in_the_way or (found.is_key and changed) else ()
    return _result(found, in_the_way, changed, nulls, examples)


def _result(
    found: Alteration, misfits: int, changes: int | None, nulls: int, examples: tuple[str, ...], why: str = ""
) -> Narrowing:
    return Narrowing(
        table=found.table,
        column=found.column,
        cast=found.cast,
        misfits=misfits,
        changes=changes,
        nulls=nulls,
        examples=examples,
        is_key=found.is_key,
        why=why,
    )


def _count(rows: Rows, found: Alteration, condition: str) -> int:
    if not condition:
        return 0
    table = found.rules.quoted(found.table)
    ((count,),) = rows(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT {COUNTED + 1}) AS counted")
    return int(count)


def _examples(rows: Rows, found: Alteration, condition: str) -> tuple[str, ...]:
    keys = ", ".join(map(found.rules.quoted, found.keys))
    table = found.rules.quoted(found.table)
    return tuple(map(written, rows(f"SELECT {keys} FROM {table} WHERE {condition} ORDER BY {keys} LIMIT {EXAMPLES}")))


def written(key: tuple[Any, ...]) -> str:
    """Write a primary key."""
    return str(key[0]) if len(key) == 1 else f"({', '.join(map(str, key))})"


def is_there(connection: BaseDatabaseWrapper, found: Alteration) -> bool:
    """Say whether the column and its primary key are in the database now."""
    with connection.cursor() as cursor:
        if found.table not in connection.introspection.table_names(cursor):
            return False
        columns = connection.introspection.get_table_description(cursor, found.table)
    return {found.column, *found.keys} <= {each.name for each in columns}
