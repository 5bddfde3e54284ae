"""Whether the files, read again, hold what was promised: one leaf node per app, every operation, every order, one final state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from handrail.conflicts.ancestor import Ancestor
from handrail.conflicts.state import Model
from handrail.domain.dataclasses import replace
from handrail.domain.footprint import ModelKey
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.snapshot import Snapshot
from handrail.domain.source import to_source
from handrail.domain.value import Value
from handrail.planning.draft import GeneratedBody
from handrail.planning.resolution import Resolution

Migrations = Mapping[MigrationKey, Migration]


def problems(before: Snapshot, after: Snapshot, resolution: Resolution) -> list[str]:
    """Return, in words, everything in which the files afterwards are not what the resolution promises; [] where all is well."""
    old = MigrationGraph.build(before.migrations, settings=before.settings)
    new = MigrationGraph.build(after.migrations, settings=after.settings)
    found = [f"{finding.code}: {finding.message}" for finding in after.findings if finding not in before.findings]
    found += _in_graph(old, new, resolution)
    found += _in_operations(before.migrations, after.migrations, resolution)
    found += [] if found else _in_order(old, new, resolution)
    return found or list(_in_state(before, new, resolution))


def _in_graph(old: MigrationGraph, new: MigrationGraph, resolution: Resolution) -> Iterator[str]:
    leaves = tuple(new.leaf_nodes())
    if leaves != resolution.leaves:
        yield f"the leaf nodes are {_listed(leaves)}, not {_listed(resolution.leaves)}"
    if new.cycle():
        yield f"the dependencies go in a circle: {' -> '.join(map(str, new.cycle()))}"
    gone = {parent for _, parent in old.missing}
    for child, parent in new.missing:
        if parent not in gone:
            yield f"{child} depends on {parent}, which no file has"


def _listed(keys: Iterable[MigrationKey]) -> str:
    return ", ".join(map(str, keys)) or "none"


def new_key(key: MigrationKey, resolution: Resolution) -> MigrationKey | None:
    """Return the key under which a migration's operations are afterwards, None where its file is gone."""
    return {**dict(resolution.renamed), **dict(resolution.aliases), **dict.fromkeys(resolution.removed)}.get(key, key)


def _in_operations(before: Migrations, after: Migrations, resolution: Resolution) -> Iterator[str]:
    gone = {*resolution.removed, *dict(resolution.aliases)}
    moved = {key: new for key in before if key not in gone and (new := new_key(key, resolution)) is not None}
    expected = {*moved.values(), *resolution.generated}
    for key in sorted(after.keys() - expected):
        yield f"{key} is there and was not expected"
    for key in sorted(expected - after.keys()):
        yield f"{key} is not there"
    for key, migration in before.items():
        if key in gone:
            yield from _in_gone(migration, resolution)
        elif moved[key] in after:
            yield from _in_migration(migration, after[moved[key]], resolution)


def _in_gone(migration: Migration, resolution: Resolution) -> Iterator[str]:
    dropped = {operation.position for operation in resolution.dropped if operation.migration == migration.key}
    for position, operation in enumerate(migration.operations):
        if position not in dropped:
            yield f"{operation.name} of {migration.key} is lost with its file"


def _in_migration(old: Migration, new: Migration, resolution: Resolution) -> Iterator[str]:
    if old.digest == new.digest:
        return
    dropped = {operation.position for operation in resolution.dropped if operation.migration == old.key}
    kept = [operation for position, operation in enumerate(old.operations) if position not in dropped]
    if old.key in resolution.retargeted:
        same = [operation.path for operation in kept] == [operation.path for operation in new.operations]
    else:
        same = list(map(signature, kept)) == list(map(signature, new.operations))
    names_moved = any(f".{moved.name}" in old.text for moved, _ in resolution.renamed)
    if not same:
        yield f"the operations of {new.key} are not those of before"
    elif not dropped and old.key not in resolution.retargeted and not names_moved:
        yield f"{new.key} does not do what it did before"


def signature(operation: Operation) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what an operation is, wherever it stands."""
    return operation.path, tuple(sorted((name, _text(value)) for name, value in operation.arguments.items()))


def _text(value: Value) -> str:
    if isinstance(value, tuple) and any(isinstance(part, Operation) for part in value):
        return repr([signature(part) if isinstance(part, Operation) else to_source(part) for part in value])
    return to_source(value)


def _in_order(old: MigrationGraph, new: MigrationGraph, resolution: Resolution) -> Iterator[str]:
    """Yield what came after something before, and does not any more."""
    for child, parents in old.parents.items():
        now = new_key(child, resolution)
        if now is None or now not in new.nodes:
            continue
        needs = new.ancestors(now)
        for parent in sorted(parents):
            before = new_key(parent, resolution)
            if before is not None and before not in needs and before in new.nodes:
                yield f"{now} does not come after {before} any more"


def _in_state(before: Snapshot, new: MigrationGraph, resolution: Resolution) -> Iterator[str]:
    """Compare the final state of the models with the one that the old operations make in the new order."""
    if resolution.retargeted:
        return
    origin = {new_key(key, resolution): key for key in before.migrations if key not in dict(resolution.aliases)}
    plan = [key for key in new.plan(new.leaf_nodes()) if key in new.migrations]
    expected = [_as_before(key, origin, before.migrations, new.migrations, resolution) for key in plan]
    labels = {key.app_label for key, _ in (*resolution.renamed, *resolution.aliases)}
    labels |= {key.app_label for key in (*resolution.generated, *resolution.removed)}
    one, other = (_models(found, before, labels) for found in (expected, [new.migrations[key] for key in plan]))
    for key in sorted({*one, *other}):
        if one.get(key) != other.get(key):
            yield f"the final state of {key} is not the one of before"


def _models(migrations: Iterable[Migration], before: Snapshot, labels: Iterable[str]) -> dict[ModelKey, Model]:
    """Return what migrations leave in some apps and in all that these need."""
    state = Ancestor(migrations, before.settings)
    state.expect(labels)
    return {model.key: model for model in state.all()}


def _as_before(
    key: MigrationKey,
    origin: Mapping[MigrationKey | None, MigrationKey],
    before: Migrations,
    after: Migrations,
    resolution: Resolution,
) -> Migration:
    if key not in origin:
        return after[key]
    old = before[origin[key]]
    dropped = {operation.position for operation in resolution.dropped if operation.migration == old.key}
    kept = tuple(operation for position, operation in enumerate(old.operations) if position not in dropped)
    return replace(after[key], body=GeneratedBody(operations=kept))
