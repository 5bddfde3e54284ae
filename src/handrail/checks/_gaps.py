"""Records without their parents, and how much of such a parent is in the tables all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from handrail.checks._words import Migrations, flatten
from handrail.conflicts.ancestor import state_operations
from handrail.conflicts.fields import column, has_column, is_many
from handrail.conflicts.inventory import many_to_many
from handrail.conflicts.operations import rule_for
from handrail.conflicts.operations.base import Place
from handrail.conflicts.state import Field, Model, State, table_of
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Evidence, Gap, Presence
from handrail.domain.migration import Migration, MigrationKey, Operation, OperationKey
from handrail.domain.value import Call

SIDE = "database"
"""What marks the identity of whatever the walked migrations make."""
MAKING = frozenset({"CreateModel", "AddField"})
HIDING = frozenset({"SeparateDatabaseAndState", "RunSQL"})
"""Operations that may have moved or dropped what others made."""
SHORTEST_LIMIT = 59
"""Longer names of tables may be cut, in another way on every database (conflicts.names)."""
Made = tuple[tuple[str, str], ...]
"""Pairs of a table and a column, in lower case; the column is "" for the table itself."""


def gaps(graph: MigrationGraph, recorded: Collection[MigrationKey]) -> list[Gap]:
    """Return what Django calls an inconsistent history: MigrationLoader.check_consistent_history, 5.2 to 6.1.

    graph: built with what is recorded. A squashed migration counts as recorded where all that it replaces is.
    """
    children: dict[MigrationKey, list[MigrationKey]] = {}
    for child in graph.plan(sorted(graph.nodes & frozenset(recorded))):
        for parent in graph.parents[child] if child in recorded else ():
            if not counts_as_recorded(parent, recorded, graph.migrations):
                children.setdefault(parent, []).append(child)
    return [Gap(parent=parent, children=tuple(children[parent])) for parent in graph.plan(sorted(children)) if parent in children]


def counts_as_recorded(key: MigrationKey, recorded: Collection[MigrationKey], migrations: Migrations) -> bool:
    """Say whether a migration is recorded, or all that it replaces is, however deep; two that replace each other are not."""
    return _counts(key, recorded, migrations, frozenset())


def _counts(
    key: MigrationKey, recorded: Collection[MigrationKey], migrations: Migrations, above: frozenset[MigrationKey]
) -> bool:
    if key in recorded:
        return True
    replaces = migrations[key].replaces if key in migrations and key not in above else ()
    return bool(replaces) and all(_counts(other, recorded, migrations, above | {key}) for other in replaces)


def made_by(parent: Migration, earlier: Iterable[Migration], later: Iterable[Migration]) -> Made:
    """Return what a migration makes, by the names it has once the later ones are applied; what these remove is left out.

    earlier, later: other migrations of its app, in plan order.
    """
    state = State()
    for migration in (*earlier, parent, *later):
        for position, operation in enumerate(migration.operations):
            key = OperationKey(*migration.key, position)
            _apply(operation, Place(state=state, migration=migration, key=key, side=SIDE))
    mark = f"@{SIDE}:{parent.key}:"
    models = [model for model in state.all() if not model.is_proxy and model.options.get("managed") is not False]
    found = {(table.lower(), name.lower()) for model in models for table, name in _made(model, mark)}
    return tuple(sorted(found))


def _apply(operation: Operation, place: Place) -> None:
    for inner in state_operations(operation):
        rule = rule_for(inner)
        if rule is not None:
            rule.apply(inner, place)


def _made(model: Model, mark: str) -> Iterator[tuple[str, str]]:
    if mark in model.id:
        yield table_of(model), ""
    for each in model.fields.values():
        if mark in each.id and _is_djangos(each):
            if has_column(each.value):
                yield table_of(model), column(each.name, each.value)
            elif is_many(each.value) and each.through is None:
                yield many_to_many(model, each), ""


def _is_djangos(each: Field) -> bool:
    """Say whether it is known what the field makes: a class of the project may have no column, or many."""
    return isinstance(each.value, Call) and each.value.path.startswith(("django.db.", "django.contrib.postgres."))


def evidence_of(
    parent: Migration, later: Iterable[Migration], made: Made, live: Mapping[str, Collection[str]] | None
) -> Evidence:
    """Say how much of what a migration made is there.

    live: the columns of the tables that are there, all in lower case; None where the app has no tables in this database.
    """
    there = {(table, name) for table, columns in (live or {}).items() for name in ("", *columns)}
    found, lacking = ([_name(*one) for one in made if (one in there) is asked] for asked in (True, False))
    presence = Presence.PRESENT if not lacking else Presence.PARTIAL if found else Presence.ABSENT
    if live is None or not made or (lacking and not _can_tell((parent, *later), made)):
        presence = Presence.UNKNOWN
    other = any(operation.name not in MAKING for operation in flatten(parent.operations))
    return Evidence(presence=presence, found=_shortened(found), lacking=_shortened(lacking), other=other)


def _name(table: str, name: str) -> str:
    return f"{table}.{name}" if name else table


def _shortened(names: Sequence[str]) -> tuple[str, ...]:
    """Leave out the columns of tables that are named themselves."""
    return tuple(name for name in names if name.rpartition(".")[0] not in names)


def _can_tell(migrations: Iterable[Migration], made: Made) -> bool:
    operations = [operation for migration in migrations for operation in flatten(migration.operations)]
    plain = all(one.name not in HIDING and one.path.startswith("django.") for one in operations)
    return plain and all(len(table) < SHORTEST_LIMIT and '"' not in table for table, _ in made)
