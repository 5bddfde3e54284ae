"""The migration files of two branches put together, as git would merge them, and what stands in the way of that."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.conflicts.sides import Sides, nearest, without_descendants
from handrail.domain.conflict import Kind, Reason, Verdict
from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, OperationKey
from handrail.domain.snapshot import Snapshot

Files = Mapping[MigrationKey, Migration]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge of two branches holds.

    graph: of all files that a merge leaves. ours and theirs: what each side added or changed since the merge base. reasons: files
    that both sides changed or made, which no merge of files can settle.
    """

    graph: MigrationGraph
    ours: frozenset[MigrationKey]
    theirs: frozenset[MigrationKey]
    reasons: tuple[Reason, ...] = ()


def merge_files(base: Snapshot, ours: Snapshot, theirs: Snapshot) -> Merged:
    """Merge the migrations of two snapshots from their common base, file by file."""
    files: dict[MigrationKey, Migration] = {}
    reasons: list[Reason] = []
    for key in sorted({*base.migrations, *ours.migrations, *theirs.migrations}):
        versions = (base.migrations.get(key), ours.migrations.get(key), theirs.migrations.get(key))
        kept = _merged_version(*versions)
        if kept is not None:
            files[key] = kept
        reasons += file_reasons(key, *versions)
    settings = {**base.settings, **theirs.settings, **ours.settings}
    return Merged(
        graph=MigrationGraph.build(files, settings=settings),
        ours=_changed(base.migrations, ours.migrations),
        theirs=_changed(base.migrations, theirs.migrations),
        reasons=tuple(reasons),
    )


def sides_of_merge(merged: Merged) -> Sides:
    """Return all that the two branches added, over all apps, as two sides in plan order.

    A migration that both sides have in one form is no part of either.
    """
    graph = merged.graph
    both = merged.ours & merged.theirs
    plan = graph.plan(sorted(graph.nodes))
    ours = tuple(key for key in plan if key in merged.ours - both)
    theirs = tuple(key for key in plan if key in merged.theirs - both)
    apps = tuple(sorted({key.app_label for key in (*ours, *theirs)}))
    base = without_descendants(graph, plan, {*ours, *theirs})
    return Sides(apps=apps, ancestor=None, ours=ours, theirs=theirs, base=base)


def ancestor_of(merged: Merged, app_label: str) -> MigrationKey | None:
    """Return the last migration of an app that both branches build on."""
    return nearest(merged.graph, merged.graph.nodes - merged.ours - merged.theirs, (app_label,))


def _merged_version(base: Migration | None, ours: Migration | None, theirs: Migration | None) -> Migration | None:
    if ours is None or theirs is None:
        present = ours or theirs
        return present if base is None or present is None or present.text != base.text else None
    return theirs if base is not None and ours.text == base.text else ours


def _changed(base: Files, side: Files) -> frozenset[MigrationKey]:
    return frozenset(key for key, migration in side.items() if key not in base or migration.digest != base[key].digest)


def file_reasons(
    key: MigrationKey, base: Migration | None, ours: Migration | None, theirs: Migration | None
) -> tuple[Reason, ...]:
    """Return why one file cannot be merged: both sides made it or changed it in different ways; () where it can."""
    if ours is None or theirs is None:
        changed = base is not None and (ours or theirs) is not None and (ours or base).text != (theirs or base).text
        if not changed:
            return ()
        gone, kept = ("ours", "theirs") if ours is None else ("theirs", "ours")
        return (_reason(key, f"{gone} deletes the file of {key}, {kept} changes it"),)
    if ours.digest == theirs.digest or (base is not None and base.digest in (ours.digest, theirs.digest)):
        return ()
    if base is None:
        return (_reason(key, f"each side adds {key} with other content", Kind.SAME_NAME),)
    return (_reason(key, f"each side changes the file of {key} with other content"),)


def _reason(key: MigrationKey, explanation: str, kind: Kind = Kind.GRAPH) -> Reason:
    place = OperationKey(key.app_label, key.name, 0)
    return Reason(
        code="HR109",
        kind=kind,
        verdict=Verdict.OVERLAPPING,
        explanation=explanation,
        name=str(key),
        operations=(place, place),
    )
