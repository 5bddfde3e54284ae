"""Make one leaf node per app again, or say why not: a pure function from what was read to edits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from handrail.domain.conflict import MISSING, Conflict, Kind, Verdict
from handrail.domain.finding import Finding, Severity
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, OperationKey
from handrail.domain.snapshot import Snapshot
from handrail.errors.base import Refusal
from handrail.errors.hr121 import NoTarget
from handrail.errors.hr122 import Immovable
from handrail.errors.hr123 import WouldNotHold
from handrail.planning.draft import Draft, Suggest, no_suggestion
from handrail.planning.judge import Judgement, followed, judge, judge_merge
from handrail.planning.lines import Line, line_of, torn_apps
from handrail.planning.merge import drop_twins, merge
from handrail.planning.overlap import leave_out_common, write_merged
from handrail.planning.rebase import rebase
from handrail.planning.resolution import Blocked, Resolution, Strategy
from handrail.planning.writing import edits_of


def resolve(
    snapshot: Snapshot,
    graph: MigrationGraph,
    conflicts: Sequence[Conflict],
    *,
    files: Mapping[str, bytes],
    published: Collection[MigrationKey] = (),
    applied: Collection[MigrationKey] = (),
    strategy: Strategy = Strategy.AUTO,
    proved: bool = False,
    apps: Collection[str] = (),
    suggest: Suggest = no_suggestion,
) -> Resolution:
    """Return the edits that give every app one leaf node, or the refusal.

    snapshot: the merged files. graph: of the same. conflicts: what was found in them, with verdicts. files: the contents of all
    files in the apps' migration folders, by path, max_migration.txt included. published: what the target branch has (empty: not
    known). applied: what is recorded in databases that others use. proved: whether both orders were run and gave one result.
    apps: only these, or all where it is empty. suggest: says what a refusal for want of a target proposes as one.
    """
    fixed = frozenset(published) | frozenset(applied)
    draft = Draft.begin(snapshot, graph, files, fixed, suggest)
    try:
        return _resolve(draft, conflicts, bool(published), strategy, proved, apps)
    except Refusal as refusal:
        return Resolution(strategy=strategy, refusals=refusal.findings)


def _resolve(
    draft: Draft, conflicts: Sequence[Conflict], known: bool, strategy: Strategy, proved: bool, apps: Collection[str]
) -> Resolution:
    for label in torn_apps(draft.graph, apps):
        drop_twins(draft, label)
    draft.rebuild()
    torn = torn_apps(draft.graph, apps)
    lines = {label: line_of(label, draft.graph, draft.fixed, conflicts) for label in torn}
    rebased = [label for label in torn if _is_rebased(draft, lines[label], known, strategy)]
    merged = [label for label in torn if label not in rebased]
    chosen = Strategy.MERGE if merged and not rebased else Strategy.REBASE
    unread = _unread(draft.snapshot, torn if not rebased else draft.snapshot.apps)
    if torn and unread:
        return Resolution(strategy=chosen, refusals=unread)
    asked = [
        conflict
        for conflict in conflicts
        if (not apps or set(conflict.apps) & set(apps)) and not _is_merged_on_target(conflict, draft)
    ]
    to_merge = [conflict for conflict in asked if set(conflict.apps) & set(merged)]
    blocked = judge_merge(_without_twins(to_merge, draft), proved=proved)
    if blocked:
        return _not_merged(draft, blocked, lines, known, strategy)
    judgement = _put_in_line(draft, [conflict for conflict in asked if conflict not in to_merge], lines, rebased, known, proved)
    if judgement.blocked:
        return Resolution(strategy=chosen, blocked=tuple(judgement.blocked))
    for label in merged:
        merge(draft, label)
    return _checked(draft, chosen, torn)


def _unread(snapshot: Snapshot, labels: Collection[str]) -> tuple[Finding, ...]:
    """Return the findings of migration files that could not be read: nobody knows what they depend on.

    A folder that has the label of another one counts as well: nobody knows which of the two is meant.
    """
    folders = tuple(f"{snapshot.apps[label].path}/" for label in labels if label in snapshot.apps)
    return tuple(
        finding
        for finding in snapshot.findings
        if finding.severity is Severity.WARNING
        or (
            finding.severity is Severity.ERROR
            and any(place.path.endswith(".py") and place.path.startswith(folders) for place in finding.locations)
        )
    )


def _left_names(draft: Draft) -> list[str]:
    """Return notes on what still says the old name of a renamed migration: comments, or strings that only the code knows."""
    names = {draft.plain(old).name: new.name for old, new in draft.renamed.items() if old.name and draft.migrations[old].path}
    if not names:
        return []
    pattern = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, sorted(names)))})(?!\w)")
    notes = []
    for key, migration in sorted(draft.migrations.items()):
        expected = len([one for one in _references(migration) if one in draft.renamed or one.name in names])
        expected += len(draft.changes(migration).strings)
        found = list(pattern.finditer(migration.text))
        if len(found) > expected:
            lines = sorted({migration.text.count("\n", 0, hit.start()) + 1 for hit in found})
            notes.append(
                f"{key} also says {found[0][1]} outside of its references (lines {', '.join(map(str, lines))}): left as it is"
            )
    return notes


def _references(migration: Migration) -> tuple[MigrationKey, ...]:
    return (*migration.dependencies, *migration.run_before, *migration.replaces)


def _is_merged_on_target(conflict: Conflict, draft: Draft) -> bool:
    """Say whether the target branch itself has joined the two sides: right or wrong, that is not for us to change."""
    leaves = [side.leaf for side in conflict.sides if side.leaf is not None]
    if len(leaves) < 2 or not all(key in draft.fixed for side in conflict.sides for key in side.migrations):
        return False
    one, other = (draft.graph.descendants(leaf) & draft.fixed for leaf in leaves)
    return bool(one & other)


def _is_rebased(draft: Draft, line: Line, known: bool, strategy: Strategy) -> bool:
    """Say whether an app's chains are put in a line; raises a Refusal where that is asked for and cannot be."""
    if strategy is Strategy.MERGE:
        return False
    if known and len(line.fixed_ends) <= 1:
        return True
    if strategy is Strategy.REBASE:
        if known:
            raise Immovable(app=line.app_label, keys=line.fixed_ends)
        raise _no_target(draft, line.app_label, [segment[-1] for segment in line.segments])
    return False


def _no_target(draft: Draft, app_label: str, leaves: Sequence[MigrationKey]) -> NoTarget:
    return NoTarget(app=app_label, leaves=leaves, onto=draft.suggest(leaves))


def _not_merged(
    draft: Draft, blocked: Sequence[Blocked], lines: Mapping[str, Line], known: bool, strategy: Strategy
) -> Resolution:
    """Refuse a merge migration; where only the target is missing for a rebase, ask for that."""
    if strategy is Strategy.AUTO and not known and not any(map(_needs_a_choice, blocked)):
        labels = sorted({label for each in blocked for label in each.conflict.apps if label in lines})
        findings: list[Finding] = []
        for label in labels:
            findings += _no_target(draft, label, draft.graph.leaf_nodes(label)).findings
        return Resolution(strategy=Strategy.REBASE, refusals=tuple(findings))
    return Resolution(strategy=Strategy.MERGE, blocked=tuple(blocked))


def _needs_a_choice(blocked: Blocked) -> bool:
    """Say whether a rebase would not help either."""
    reason = blocked.reason
    overlaps = reason.verdict is Verdict.OVERLAPPING and reason.merged is MISSING
    return reason.verdict is Verdict.OPAQUE or (overlaps and reason.kind is not Kind.RENAME)


def _without_twins(conflicts: Sequence[Conflict], draft: Draft) -> list[Conflict]:
    """Leave out the conflicts between two merge migrations of which one goes."""
    return [
        conflict
        for conflict in conflicts
        if not any(side.leaf in draft.aliases and set(side.migrations) <= set(draft.aliases) for side in conflict.sides)
    ]


def _put_in_line(
    draft: Draft, conflicts: Sequence[Conflict], lines: Mapping[str, Line], rebased: Sequence[str], known: bool, proved: bool
) -> Judgement:
    place = {key: number for label in rebased for number, key in enumerate(lines[label].moving, 1)}
    judgement = judge(_without_twins(conflicts, draft), place, draft.fixed, draft.migrations, proved=proved)
    if judgement.needs and not known:
        pairs = sorted(judgement.needs)
        raise _no_target(draft, pairs[0][0].app_label, pairs[0])
    if judgement.blocked:
        return judgement
    leave_out_common(draft, conflicts, judgement)
    write_merged(draft, judgement)
    if judgement.blocked:
        return judgement
    for key, chains in judgement.renames.items():
        draft.renames[key] = followed(chains, draft.migrations)
    draft.rebuild()
    for child, parent in sorted(judgement.needs):
        if child not in draft.redirect and parent not in draft.graph.ancestors(child):
            draft.added[child] = (*draft.added.get(child, ()), parent)
    for label in rebased:
        rebase(draft, line_of(label, draft.graph, draft.fixed, conflicts))
    return judgement


def _checked(draft: Draft, strategy: Strategy, torn: Sequence[str]) -> Resolution:
    """Return the resolution, if the graph that it makes is whole."""
    final = MigrationGraph.build(draft.afterwards(), settings=draft.snapshot.settings)
    cycle = final.cycle()
    if cycle:
        raise WouldNotHold(what="the dependencies go in a circle", notes=[" -> ".join(map(str, [*cycle, cycle[0]]))])
    left = [label for label in torn_apps(final) if label in torn]
    if left:
        raise WouldNotHold(what=f"{', '.join(left)} would still have several leaf nodes")
    lost = {parent for _, parent in final.missing} - {parent for _, parent in draft.graph.missing}
    if lost:
        raise WouldNotHold(what=f"{min(lost)} would be named and not be there")
    virtual = {key for key, migration in draft.migrations.items() if not migration.path}
    return Resolution(
        strategy=strategy,
        edits=edits_of(draft, final),
        renamed=tuple((old, new) for old, new in draft.renamed.items() if old not in virtual),
        aliases=tuple(sorted(draft.aliases.items())),
        removed=tuple(sorted(key for key in draft.redirect if key not in draft.aliases)),
        generated=tuple(sorted(draft.final(key)[0] for key in virtual)),
        dropped=tuple(sorted(_dropped(draft))),
        retargeted=tuple(sorted(draft.renames)),
        needed=_needed(draft, final),
        leaves=tuple(final.leaf_nodes()),
        notes=(*draft.notes, *_set_aside(draft), *_left_names(draft)),
    )


def _needed(draft: Draft, final: MigrationGraph) -> frozenset[MigrationKey]:
    """Return, by their old keys, the migrations whose records get new names, and all that they need afterwards."""
    old = {new: key for key, new in draft.renamed.items()}
    moves = {**draft.renamed, **draft.aliases}
    recorded = [key for key in moves if draft.migrations[key].path and key not in draft.snapshot.aside]
    ends = [draft.renamed.get(moves[key], moves[key]) for key in recorded]
    return frozenset(old.get(key, key) for end in ends for key in final.ancestors(end))


def _set_aside(draft: Draft) -> Iterator[str]:
    """Yield notes on our migrations that had the names of theirs."""
    for key, aside in sorted(draft.snapshot.aside.items()):
        if key in draft.renamed:
            yield f"each side added {aside.key}: theirs keeps the name, ours is {draft.renamed[key].name} now"
        yield f"a database that has {aside.key} recorded may have applied either of the two: look before it is migrated"
    for key, names in sorted(draft.snapshot.written.items()):
        for meant, name in names.items():
            if meant not in draft.snapshot.aside:
                yield f"{draft.plain(key)} names {name}, which resolve has renamed to {meant}"


def _dropped(draft: Draft) -> list[OperationKey]:
    return [OperationKey(*key, position) for key, positions in draft.dropped.items() for position in positions]
