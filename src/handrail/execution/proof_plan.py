"""Which migrations each order of a proof runs, and whether they may change rows: no database needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from handrail.domain.dataclasses import dataclass

Key = tuple[str, str]
Keys = tuple[Key, ...]
OURS_FIRST, THEIRS_FIRST, MERGED = "ours, theirs", "theirs, ours", "merged"


@dataclass(frozen=True, slots=True)
class Plans:
    """The migrations of the common ancestor, and for each order's label those of its steps, all in Django's order."""

    base: Keys
    orders: dict[str, tuple[Keys, ...]]


def plan_orders(
    full: Sequence[Key], ancestors: Callable[[Key], Iterable[Key]], ours: Collection[Key], theirs: Collection[Key]
) -> Plans:
    """Plan both orders, each side in a step of its own as two deployments would run them, and the merged graph in one step.

    full: all migrations in Django's order. ancestors: what a migration needs, itself included. What both sides need and can have
    before either is the common ancestor; what needs one side and is needed by another migration of a side goes with that one.
    """
    first = {key for one in ours for key in ancestors(one)}
    second = {key for one in theirs for key in ancestors(one)}
    sides = {*ours, *theirs}
    needed = [key for key in full if key in first | second]
    base = tuple(key for key in needed if not sides & set(ancestors(key)))
    rest = [key for key in needed if key not in set(base)]

    def steps(mine: set[Key]) -> tuple[Keys, ...]:
        return tuple(key for key in rest if key in mine), tuple(key for key in rest if key not in mine)

    return Plans(base, {OURS_FIRST: steps(first), THEIRS_FIRST: steps(second), MERGED: (tuple(rest),)})


def has_data_operations(operations: Iterable[Any]) -> bool:
    """Say whether operations may change rows in a way of their own: code, SQL, or a class that is not Django's."""
    return any(_is_data(operation) for operation in _flat(operations))


def _flat(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        yield operation
        yield from _flat(getattr(operation, "database_operations", ()))


def _is_data(operation: Any) -> bool:
    from django.db.migrations.operations import RunPython, RunSQL

    if isinstance(operation, RunPython):
        return operation.code is not RunPython.noop
    return isinstance(operation, RunSQL) or not type(operation).__module__.startswith("django.")
