"""The conflicts between leaf nodes, between branches, between apps, and inside a merge migration."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import product

from handrail.conflicts.merged import Merged, ancestor_of, sides_of_merge
from handrail.conflicts.sides import Sides, leaf_sides, sides_of, without_descendants
from handrail.domain.conflict import Conflict, Reason, Side, Verdict
from handrail.domain.dataclasses import replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import SETTING, MigrationKey

Settings = Mapping[str, str]
Pair = tuple[MigrationKey, MigrationKey]


def between_leaves(
    graph: MigrationGraph, settings: Settings, apps: Collection[str] = (), ages: Mapping[MigrationKey, int] | None = None
) -> Iterator[Conflict]:
    """Yield one conflict for every pair of leaf nodes of one app: every pair, not only the first; the older one is theirs."""
    for sides in leaf_sides(graph, apps, ages):
        yield _judged(graph, sides, settings)


def inside_merges(graph: MigrationGraph, settings: Settings, keys: Iterable[MigrationKey]) -> Iterator[Conflict]:
    """Yield the conflicts that a merge migration among keys covers up.

    A merge migration that has operations of its own is taken for the answer of a person, and one whose sides are independent
    for right.
    """
    for key in sorted(keys):
        parents = [parent for parent in sorted(graph.parents[key]) if parent.app_label == key.app_label]
        if len(parents) < 2 or graph.migrations[key].operations:
            continue
        for number, parent in enumerate(parents[1:], 1):
            conflict = _judged(graph, sides_of(graph, parents[:number], [parent], (key.app_label,)), settings)
            if conflict.verdict not in (Verdict.INDEPENDENT, Verdict.CONVERGENT):
                yield conflict


def between_branches(merged: Merged, settings: Settings, refs: tuple[str, str], apps: Collection[str] = ()) -> list[Conflict]:
    """Return what a merge of two branches would meet.

    One conflict for every app that both sides carry on, whatever the verdict, and one for every other set of apps in which
    something of one side meets something of the other. refs: the names of our and their side.
    """
    sides = sides_of_merge(merged)
    reasons = [*merged.reasons, *_reasons(merged.graph, sides, settings)]
    found = []
    for labels in _app_sets(merged.graph, sides, reasons):
        if apps and not set(apps) & set(labels):
            continue
        inside = tuple(reason for reason in reasons if apps_of(reason) == labels)
        mine, yours = (_side(merged.graph, ref, keys, labels) for ref, keys in zip(refs, (sides.ours, sides.theirs), strict=True))
        ancestor = ancestor_of(merged, labels[0]) if len(labels) == 1 else None
        verdict = worst(inside)
        if _is_incomplete(merged.graph, (mine, yours)):
            inside = tuple(reason for reason in inside if reason.code == "HR109")
            verdict = max(worst(inside), Verdict.OPAQUE, key=lambda one: one.rank)
        found.append(Conflict(apps=labels, ancestor=ancestor, sides=(mine, yours), verdict=verdict, reasons=inside))
    return found


def between_apps(graph: MigrationGraph, settings: Settings, pairs: Iterable[Pair]) -> Iterator[Conflict]:
    """Yield what two migrations of different apps do to one another while nothing orders them, though no app has two leaves.

    pairs: those that may meet (see meetings).
    """
    for one, other in pairs:
        labels = tuple(sorted((one.app_label, other.app_label)))
        plan = graph.plan([one, other])
        base = without_descendants(graph, plan, {one, other})
        conflict = _judged(graph, Sides(apps=labels, ancestor=None, ours=(one,), theirs=(other,), base=base), settings)
        if conflict.verdict is not Verdict.INDEPENDENT:
            yield conflict


def apps_of(reason: Reason) -> tuple[str, ...]:
    """Return the labels of the apps whose operations a reason names, sorted."""
    return tuple(sorted({operation.app_label for operation in reason.operations}))


def worst(reasons: Iterable[Reason]) -> Verdict:
    """Return the verdict of the worst reason; independent where there is none."""
    return max((reason.verdict for reason in reasons), key=lambda verdict: verdict.rank, default=Verdict.INDEPENDENT)


def _judged(graph: MigrationGraph, sides: Sides, settings: Settings) -> Conflict:
    mine, yours = (_side(graph, "", keys, sides.apps) for keys in (sides.ours, sides.theirs))
    incomplete = _is_incomplete(graph, (mine, yours))
    reasons = () if incomplete else _reasons(graph, sides, settings)
    verdict = Verdict.OPAQUE if incomplete else worst(reasons)
    return Conflict(apps=sides.apps, ancestor=sides.ancestor, sides=(mine, yours), verdict=verdict, reasons=reasons)


def _is_incomplete(graph: MigrationGraph, sides: Iterable[Side]) -> bool:
    """Say whether a side needs a migration that is missing: nobody knows what that does, or what the other side means to it."""
    return not {child for child, _ in graph.missing}.isdisjoint(key for side in sides for key in side.migrations)


def _reasons(graph: MigrationGraph, sides: Sides, settings: Settings) -> tuple[Reason, ...]:
    """Decide; a project without a conflict does not pay for loading what decides."""
    from handrail.conflicts.decide import decide

    base, ours, theirs = (
        [graph.migrations[key] for key in keys if key in graph.migrations] for keys in (sides.base, sides.ours, sides.theirs)
    )
    return decide(base, ours, theirs, ordered=_order_of(graph), settings=settings)[1]


def _order_of(graph: MigrationGraph) -> Callable[[MigrationKey, MigrationKey], bool]:
    """Return what says whether the graph fixes which of two comes first; for many pairs it takes less time than is_ordered."""
    needs = cache(graph.ancestors)
    return lambda one, other: other in needs(one) or one in needs(other)


def _side(graph: MigrationGraph, ref: str, keys: Iterable[MigrationKey], apps: Collection[str]) -> Side:
    inside = tuple(key for key in keys if key.app_label in apps)
    ends = [key for key in inside if not any(child in inside for child in graph.children[key])]
    return Side(ref=ref, leaf=ends[-1] if ends else None, migrations=inside)


def _app_sets(graph: MigrationGraph, sides: Sides, reasons: Iterable[Reason]) -> list[tuple[str, ...]]:
    torn = {label for label in sides.apps if len(graph.leaf_nodes(label)) > 1}
    ours, theirs = ({key.app_label for key in keys} for keys in (sides.ours, sides.theirs))
    return sorted({(label,) for label in torn & ours & theirs} | {apps_of(reason) for reason in reasons})


def meetings(
    graph: MigrationGraph, ones: Collection[MigrationKey], others: Collection[MigrationKey], settings: Settings
) -> list[Pair]:
    """Return the pairs of one of ones and one of others that may meet: of different apps, in no order, with a name in common.

    Decided by the outlines of the files alone, which may name too much, and never too little. settings: what is known of settings
    that name models; one that is not known may name any.
    """
    mine, yours = _Names(graph, ones, settings), _Names(graph, others, settings)
    found = {*mine.claimed_with(yours), *mine.removed_from(yours)}
    found |= {(one, other) for other, one in yours.removed_from(mine)}
    ordered = _order_of(graph)
    pairs = {(one, other) for one, other in found if one.app_label != other.app_label and not ordered(one, other)}
    return sorted(pair for pair in pairs if pair[0] < pair[1] or (pair[1], pair[0]) not in pairs)


class _Names:
    """The names that some migrations claim, refer to and remove, and which of them does."""

    def __init__(self, graph: MigrationGraph, keys: Iterable[MigrationKey], settings: Settings) -> None:
        self.claims: dict[str, list[MigrationKey]] = {}
        self.refers: dict[tuple[str, str], list[MigrationKey]] = {}
        self.removes: dict[tuple[str, str], list[MigrationKey]] = {}
        self.removes_in: dict[str, list[MigrationKey]] = {"": []}
        for key in keys:
            outline = graph.migrations[key].outline
            for name in outline.claims:
                self.claims.setdefault(name.lower(), []).append(key)
            for model in outline.refers:
                self.refers.setdefault(_model_of(model, settings), []).append(key)
            for app_label, name, _ in outline.removes:
                self.removes.setdefault((app_label, name), []).append(key)
                self.removes_in.setdefault(app_label, []).append(key)
                self.removes_in[""].append(key)

    def claimed_with(self, others: _Names) -> Iterator[Pair]:
        """Yield pairs that claim one name."""
        for name in self.claims.keys() & others.claims.keys():
            yield from product(self.claims[name], others.claims[name])

    def removed_from(self, others: _Names) -> Iterator[Pair]:
        """Yield pairs of which the first removes, or changes, what the second refers to; "" stands for any model or any app."""
        for (app_label, model), users in others.refers.items():
            if model:
                removers = [*self.removes.get((app_label, model), ()), *self.removes.get((app_label, ""), ())]
            else:
                removers = self.removes_in.get(app_label, [])
            yield from product(removers, users)


def _model_of(model: tuple[str, str], settings: Settings) -> tuple[str, str]:
    """Return the model that a setting names in place of the setting; any model where that is not known."""
    if model[0] != SETTING:
        return model
    app_label, _, name = settings.get(model[1], "").rpartition(".")
    return (app_label, name.lower())


def with_origins(conflict: Conflict, origins: Mapping[MigrationKey, tuple[str, str]]) -> Conflict:
    """Return a conflict whose sides say on which ref and by whom their leaf node was written, where that is known."""
    return replace(conflict, sides=(_named(conflict.sides[0], origins), _named(conflict.sides[1], origins)))


def _named(side: Side, origins: Mapping[MigrationKey, tuple[str, str]]) -> Side:
    if side.leaf is None or side.leaf not in origins:
        return side
    ref, author = origins[side.leaf]
    return replace(side, ref=ref, author=author)
