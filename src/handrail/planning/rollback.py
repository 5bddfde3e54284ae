"""Which migrations go, and in which order: the reverse of that in which they were applied, as far as dependencies let."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import AppliedRow
from handrail.domain.run import Direction, Run, Step, StepStatus

Keys = frozenset[MigrationKey]


def taken(runs: Iterable[Run]) -> list[Step]:
    """Return the steps that are done, in the order in which they were. runs: in any order."""
    steps = [step for run in runs for step in run.steps if step.status is StepStatus.DONE]
    return sorted(steps, key=lambda step: step.id)


def last_forward(runs: Iterable[Run]) -> dict[MigrationKey, Step]:
    """Return the step that applied each migration last, as far as the journal knows and nothing took it back since."""
    found: dict[MigrationKey, Step] = {}
    for step in taken(runs):
        if step.direction is Direction.FORWARD:
            found[step.key] = step
        else:
            found.pop(step.key, None)
    return found


def application_order(rows: Iterable[AppliedRow], steps: Mapping[MigrationKey, Step]) -> list[MigrationKey]:
    """Return what is recorded, the first applied first.

    steps: what the journal knows of it. It says the order among its own; the others keep their places in django_migrations.
    """
    recorded = list(dict.fromkeys(row.key for row in sorted(rows, key=lambda row: row.order)))
    known = iter(sorted((key for key in recorded if key in steps), key=lambda key: steps[key].id))
    return [next(known) if key in steps else key for key in recorded]


def with_squashes(order: Sequence[MigrationKey], graph: MigrationGraph) -> list[MigrationKey]:
    """Return the applied nodes of a graph in order: a squashed migration stands where the last that it replaces does."""
    place = {key: number for number, key in enumerate(order)}
    found: dict[MigrationKey, int] = {}
    for key in graph.nodes:
        replaced = leaves_of(key, graph)
        if replaced <= place.keys():
            found[key] = max(place[each] for each in replaced)
    return sorted(found, key=lambda key: (found[key], key))


def leaves_of(key: MigrationKey, graph: MigrationGraph) -> set[MigrationKey]:
    """Return what a squashed migration stands for in the end, or itself where it replaces nothing."""
    found: set[MigrationKey] = set()
    seen: set[MigrationKey] = set()
    stack = [key]
    while stack:
        each = stack.pop()
        replaces = graph.migrations[each].replaces if each in graph.migrations and each not in seen else ()
        seen.add(each)
        stack += replaces
        if not replaces:
            found.add(each)
    return found


def decided_by(applied: Keys, wanted: Keys, migrations: Mapping[MigrationKey, object]) -> Keys:
    """Return what MigrationGraph.build is to take as recorded, so that a squashed migration is opened where it has to be.

    That is where a part of what it replaces is applied, now or in the state that is wanted.
    """
    decided = set(wanted)
    for migration in migrations.values():
        replaced = set(getattr(migration, "replaces", ()))
        if replaced & wanted in (set(), replaced) and replaced & applied not in (set(), replaced):
            decided = (decided - replaced) | (replaced & applied)
    return frozenset(decided)


def with_dependants(keys: Collection[MigrationKey], graph: MigrationGraph, applied: Collection[MigrationKey]) -> Keys:
    """Return migrations with all applied ones that depend on them."""
    wanted = set(applied)
    return frozenset(each for key in keys if key in graph.nodes for each in graph.descendants(key) if each in wanted)


def after(key: MigrationKey, graph: MigrationGraph, applied: Collection[MigrationKey]) -> Keys:
    """Return what goes so that a migration is the last of its app, as Django's migrate does it (executor.py, 5.2 to 6.1).

    That is what of the app depends on it directly, and all that depends on that: dependants in other apps alone may stay.
    """
    direct = [child for child in graph.children.get(key, ()) if child.app_label == key.app_label]
    return with_dependants(direct, graph, applied)


def all_of(app_label: str, graph: MigrationGraph, applied: Collection[MigrationKey]) -> Keys:
    """Return what goes so that nothing of an app is applied."""
    return with_dependants([key for key in graph.nodes if key.app_label == app_label], graph, applied)


def undo_order(keys: Collection[MigrationKey], graph: MigrationGraph, order: Sequence[MigrationKey]) -> list[MigrationKey]:
    """Return migrations in the order in which they are taken back: what was applied last first, and never before a dependant.

    order: of application, see with_squashes.
    """
    place = {key: number for number, key in enumerate(order)}
    left, result = set(keys), []
    while left:
        free = [key for key in left if not graph.children.get(key, frozenset()) & left]
        latest = max(free or left, key=lambda key: (place.get(key, len(place)), key))
        result.append(latest)
        left.discard(latest)
    return result


def siblings(aims: Mapping[str, MigrationKey], graph: MigrationGraph, applied: Keys, undo: Keys) -> list[MigrationKey]:
    """Return what stays applied of the asked apps beside the migration that is aimed at: the other side of a merge."""
    found: list[MigrationKey] = []
    for app, aim in aims.items():
        needed = graph.ancestors(aim) if aim in graph.nodes else frozenset()
        own = {key for key in applied - undo - needed if key.app_label == app and key in graph.nodes}
        found += sorted(own)
    return found


def applied_at(moment: datetime, rows: Iterable[AppliedRow], runs: Iterable[Run]) -> Keys:
    """Return what was applied at a moment: what is applied now, with all that the journal says came since turned back.

    What the journal does not know is applied since django_migrations says so.
    """
    rows = list(rows)
    applied = {row.key for row in rows}
    known = set()
    for step in reversed(taken(runs)):
        known.add(step.key)
        if (step.finished or step.started) > moment:
            if step.direction is Direction.FORWARD:
                applied.discard(step.key)
            else:
                applied.add(step.key)
    return frozenset(applied - {row.key for row in rows if row.moment > moment and row.key not in known})
