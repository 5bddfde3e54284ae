"""The pipeline of ``handrail resolve``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from handrail.api.conflicts import findings_of, texts_of
from handrail.api.find import Found, across_branches, as_meant, in_one_tree
from handrail.api.moves import followed
from handrail.api.prove import proofs_of
from handrail.api.records import RecordPlan, carry_out_plan, last_renames, plan_for, resolution_of
from handrail.checks._reasons import findings_of as findings_of_reasons
from handrail.checks._reasons import not_resolved
from handrail.checks.hr117 import NotProved
from handrail.conflicts.aside import clashes, set_aside
from handrail.conflicts.merged import merge_files
from handrail.domain.conflict import Verdict
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.outcome import CLEAN, REFUSED, Json, Outcome
from handrail.domain.proof import Proof
from handrail.domain.snapshot import Aside, Snapshot
from handrail.execution.edit_records import EditRecord
from handrail.execution.resolving import Read, carry_out, complete, files_of
from handrail.planning.resolution import Resolution, Strategy
from handrail.planning.resolve import resolve as plan
from handrail.report._proof import proof_lines
from handrail.sources.edited_tree import EditedTree
from handrail.sources.files import WorkingTree
from handrail.sources.git_state import Doing
from handrail.sources.project import Project, Target
from handrail.sources.standing import torn_leaves

Confirm = Callable[[Outcome], None]
Rename = tuple[MigrationKey, MigrationKey]
NO_FILES = Snapshot(ref="", apps={}, migrations={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that resolving begins with: what was found, the merged files, what must not move, and how trees are read."""

    found: Found
    snapshot: Snapshot
    target: Target | None
    read: Read

    @property
    def published(self) -> frozenset[MigrationKey]:
        """The migrations that stay where they are; empty where it is not known which do."""
        return frozenset(self.target.migrations) & self.snapshot.migrations.keys() if self.target else frozenset()

    def is_independent(self, resolution: Resolution) -> bool:
        """Say whether the sides can be had in every order, as far as the records with new names need them."""
        for conflict in self.found.conflicts:
            keys = [key for side in conflict.sides for key in side.migrations]
            if conflict.verdict is not Verdict.INDEPENDENT and not resolution.needed.isdisjoint(keys):
                return False
        return True


def resolve(
    project: Project,
    apps: Sequence[str] = (),
    *,
    onto: str | None = None,
    strategy: str = "auto",
    prove: bool = False,
    update_databases: bool = False,
    database: str | None = None,
    all_databases: bool = False,
    dry_run: bool = False,
    confirm: Confirm,
) -> Outcome:
    """Make one leaf node per app again, or refuse; show the plan first and ask."""
    wanted = None if all_databases else database
    situation = look(project, apps, onto)
    proofs = proofs_of(project, situation.found, database) if prove else ()
    files = files_of(project.tree(), project.snapshot())
    resolution = _planned(project, situation, files, proofs, strategy, apps)
    if resolution.is_refused:
        return _refused(project, situation, resolution, proofs, apps)
    incomplete = _incomplete(project, situation, apps)
    wrong = incomplete or _not_proved(situation.found, proofs)
    if resolution.edits and wrong:
        return _refused(project, situation, replace(resolution, refusals=wrong), proofs, apps)
    if not resolution.edits:
        renames = last_renames(project.root) if update_databases else None
        if renames is not None:
            return _follow(project, situation, renames, wanted, dry_run=dry_run, confirm=confirm)
        return _nothing_to_do(project, situation, resolution, apps)
    resolution = complete(project.root, situation.snapshot, resolution, files, situation.read)
    resolution = replace(resolution, notes=(*resolution.notes, *_still_to_come(project, situation, resolution)))
    records = _record_plan(project, situation, resolution, wanted) if update_databases else None
    outcome = _plan_outcome(situation, resolution, proofs, records)
    if dry_run:
        return outcome
    confirm(outcome)
    record = carry_out(
        project.root, situation.snapshot, resolution, situation.read, independent=situation.is_independent(resolution)
    )
    if records is not None:
        carry_out_plan(project.root, record, records)
    project.forget()
    return replace(outcome, done=True, summary=_done(resolution.without(situation.snapshot.aside), records))


def _planned(
    project: Project,
    situation: Situation,
    files: Mapping[str, bytes],
    proofs: Sequence[Proof | None],
    strategy: str,
    apps: Sequence[str],
) -> Resolution:
    return plan(
        situation.snapshot,
        situation.found.graph,
        situation.found.conflicts,
        files=files,
        published=situation.published,
        strategy=Strategy(strategy),
        proved=bool(proofs) and all(proof is None or proof.equal for proof in proofs),
        apps=apps,
        suggest=lambda keys: project.before_others([situation.snapshot.migrations[key].path for key in keys]),
    )


def _still_to_come(project: Project, situation: Situation, resolution: Resolution) -> Iterator[str]:
    """Yield notes on migrations of commits that an unfinished rebase has not come to, which say old names."""
    doing = project.in_progress
    if doing is None or doing.doing is not Doing.REBASE or not doing.ours:
        return
    moves = dict(resolution.renamed)
    for key, migration in sorted(project.snapshot(doing.ours).migrations.items()):
        named = [old for old in (*migration.dependencies, *migration.run_before) if old in moves]
        if named and key not in situation.snapshot.migrations:
            yield f"{key} is still to come in this rebase and needs {named[0]}: run handrail resolve again when it is done"


def look(project: Project, apps: Sequence[str], onto: str | None) -> Situation:
    """Read the working tree, and the target branch where it is named."""
    if onto is None:
        meant = followed(project.root, as_meant(project))
        found = in_one_tree(project, apps, "", meant)
        return Situation(found=found, snapshot=meant, target=_target(project, found.graph, apps), read=project.read)
    merged = _merging(project, onto)
    return Situation(
        found=across_branches(project, apps, onto, "", aside=True),
        snapshot=merged(as_meant(project)),
        target=project.target(onto),
        read=lambda tree: merged(project.read(tree)),
    )


def _merging(project: Project, onto: str) -> Callable[[Snapshot], Snapshot]:
    """Return what our files will be once they are merged with the target."""
    common = project.require_repository().merge_base(onto, "HEAD")
    before, theirs = project.snapshot(common) if common else NO_FILES, project.snapshot(onto)

    def merged(files: Snapshot) -> Snapshot:
        ours = set_aside(files, theirs.migrations, clashes(files.migrations, theirs.migrations, before.migrations))
        together = merge_files(before, ours, theirs)
        return replace(ours, apps={**theirs.apps, **ours.apps}, migrations=together.graph.migrations)

    return merged


def _target(project: Project, graph: MigrationGraph, apps: Sequence[str]) -> Target | None:
    """Return what must not move: the target branch; else what is committed, where it is pushed or a leaf node is not in it."""
    target = project.target()
    if target is not None or project.repository is None or not project.repository.head().commit:
        return target
    head = project.target("HEAD")
    if head is None or project.is_pushed():
        return head
    leaves = torn_leaves(graph, apps)
    return head if not all(head.has(leaf) for leaf in leaves) else None


def _incomplete(project: Project, situation: Situation, apps: Sequence[str]) -> tuple[Finding, ...]:
    """Return what is missing in the apps that are asked for: Django cannot load the graph then, whatever is resolved."""
    if not situation.found.graph.missing:
        return ()
    return tuple(one for one in findings_of(project, situation.found, apps) if one.code in ("HR116", "HR212"))


def _not_proved(found: Found, proofs: Sequence[Proof | None]) -> tuple[Finding, ...]:
    """Return what a proof that was asked for has not shown: it could not be run, or sides called independent are not."""
    findings: list[Finding] = []
    for conflict, proof in zip(found.conflicts, proofs, strict=False):
        if proof is not None and (proof.error or conflict.verdict is Verdict.INDEPENDENT):
            findings += NotProved.find(conflict, proof)
    return tuple(findings)


def _refused(
    project: Project, situation: Situation, resolution: Resolution, proofs: Sequence[Proof | None], apps: Sequence[str]
) -> Outcome:
    found = situation.found
    findings = [*resolution.refusals]
    for blocked in resolution.blocked:
        single = replace(blocked.conflict, reasons=(blocked.reason,))
        for finding in findings_of_reasons(single, found.graph.migrations):
            findings.append(not_resolved(finding, blocked.reason, blocked.why))
    return Outcome(
        command="resolve",
        exit=REFUSED,
        findings=tuple(findings) or findings_of(project, found, apps),
        conflicts=found.conflicts,
        edits=(),
        extra=_json(resolution.strategy, [], found.graph.leaf_nodes(), resolution.notes),
        summary=("nothing was written",),
        proof=_proof_text(found, proofs),
        sources=texts_of(findings, found.graph.migrations.values()),
    )


def _nothing_to_do(project: Project, situation: Situation, resolution: Resolution, apps: Sequence[str]) -> Outcome:
    found = situation.found
    findings: tuple[Finding, ...] = findings_of(project, found, apps)
    return Outcome(
        command="resolve",
        exit=REFUSED if findings else CLEAN,
        findings=findings,
        edits=(),
        extra=_json(resolution.strategy, [], found.graph.leaf_nodes(), resolution.notes),
        summary=("one leaf node in every app: nothing to resolve",) if not findings else ("nothing was written",),
        sources=texts_of(findings, found.graph.migrations.values()),
    )


def _record_plan(project: Project, situation: Situation, resolution: Resolution, database: str | None) -> RecordPlan:
    resolution = resolution.without(situation.snapshot.aside)
    after = situation.read(EditedTree(WorkingTree(project.root), resolution.edits))
    return plan_for(
        project.root, database, resolution, after.migrations, independent=situation.is_independent(resolution), written=False
    )


def _follow(
    project: Project, situation: Situation, renames: EditRecord, database: str | None, *, dry_run: bool, confirm: Confirm
) -> Outcome:
    """Let databases follow what an earlier resolve renamed."""
    resolution = resolution_of(renames)
    migrations = situation.snapshot.migrations
    independent = bool(renames.details.get("independent", False))
    records = plan_for(project.root, database, resolution, migrations, independent=independent, written=True)
    extra = _json(resolution.strategy, _renames(resolution, {}), situation.found.graph.leaf_nodes(), ())
    plan = Outcome(command="resolve", exit=CLEAN, edits=(), extra=extra, summary=tuple(records.lines()))
    if not dry_run and not all(changes.is_empty for changes in records.changes.values()):
        confirm(plan)
        carry_out_plan(project.root, renames.id, records)
    return replace(plan, done=not dry_run)


def _plan_outcome(
    situation: Situation, resolution: Resolution, proofs: Sequence[Proof | None], records: RecordPlan | None
) -> Outcome:
    return Outcome(
        command="resolve",
        exit=CLEAN,
        edits=resolution.edits,
        extra=_json(resolution.strategy, _renames(resolution, situation.snapshot.aside), resolution.leaves, resolution.notes),
        summary=(*resolution.notes, *(records.lines() if records else ()), f"strategy: {resolution.strategy}"),
        proof=_proof_text(situation.found, proofs),
    )


def _renames(resolution: Resolution, aside: Mapping[MigrationKey, Aside]) -> list[Rename]:
    pairs = (*resolution.renamed, *resolution.aliases)
    return [(aside[old].key if old in aside else old, new) for old, new in pairs]


def _json(strategy: Strategy, renames: Iterable[Rename], leaves: Iterable[MigrationKey], notes: Iterable[str]) -> dict[str, Json]:
    """Return the JSON of resolve, whatever came of it: the same keys always, beside those that every outcome has."""
    return {
        "strategy": str(strategy),
        "renamed": [[list(old), list(new)] for old, new in renames],
        "graph": {"leaves": [list(leaf) for leaf in leaves]},
        "notes": list(notes),
    }


def _done(resolution: Resolution, records: RecordPlan | None) -> tuple[str, ...]:
    names = ", ".join(str(old) for old, _ in resolution.renamed)
    follow = list(records.lines()) if records else []
    if records is None and names and resolution.keeps_operations:
        follow = [f"where {names} is applied already, next: handrail resolve --update-databases"]
    changed = {new.app_label for new in (*(new for _, new in (*resolution.renamed, *resolution.aliases)), *resolution.generated)}
    leaves = ", ".join(str(leaf) for leaf in resolution.leaves if leaf.app_label in changed)
    again = f"read again: one leaf node in every app{f' ({leaves})' if leaves else ''}"
    return (again, *follow, "take it back with handrail undo-edits")


def _proof_text(found: Found, proofs: Sequence[Proof | None]) -> tuple[str, ...]:
    return tuple(line for one, proof in zip(found.conflicts, proofs, strict=False) for line in proof_lines(one, proof))
