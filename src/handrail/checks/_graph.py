"""The findings that the graph alone gives, and those of the conflicts in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from handrail.checks._reasons import findings_of
from handrail.checks.hr101 import PROVED, LeafConflict, resolve_command
from handrail.checks.hr110 import ParallelMerges
from handrail.checks.hr111 import SquashVersusBranch
from handrail.checks.hr112 import Cycle
from handrail.checks.hr116 import MissingDependency
from handrail.checks.hr701 import SquashBroken
from handrail.conflicts.sides import nearest
from handrail.domain.conflict import Conflict, Verdict
from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey

if TYPE_CHECKING:
    from handrail.domain.proof import Proof


def graph_findings(
    graph: MigrationGraph,
    conflicts: Sequence[Conflict],
    branches: Mapping[MigrationKey, Sequence[str]],
    apps: Collection[str] = (),
    proofs: Sequence[Proof | None] = (),
    moves: Mapping[MigrationKey, MigrationKey] | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong with a graph, and one finding for every reason of its conflicts.

    branches: the refs that have each missing migration. apps: only findings on these, or on all where it is empty. proofs: of the
    conflicts, in order, as far as they were run. moves: what resolve has renamed in this clone.
    """
    yield from Cycle.find(graph.cycle(), graph.migrations)
    missing = [edge for edge in graph.missing if not apps or edge[0].app_label in apps]
    yield from MissingDependency.find(missing, graph.migrations, branches, moves)
    run = [(conflict, proof.equal) for conflict, proof in zip(conflicts, proofs, strict=False) if proof is not None]
    yield from leaf_findings(graph, conflicts, apps, run)
    for conflict, proof in zip_longest(conflicts, proofs):
        yield from _weighed(findings_of(conflict, graph.migrations), conflict, proof)
        if proof is not None:
            yield from _not_proved(conflict, proof)
    chosen = {key: one for key, one in graph.migrations.items() if not apps or key.app_label in apps}
    yield from ParallelMerges.find(chosen)
    yield from SquashVersusBranch.find_in_files(chosen)
    yield from SquashBroken.find(chosen)


def leaf_findings(
    graph: MigrationGraph, conflicts: Sequence[Conflict], apps: Collection[str] = (), run: Sequence[tuple[Conflict, bool]] = ()
) -> Iterator[Finding]:
    """Yield one finding for every app with several leaf nodes; run: which conflicts were run, and whether all ended alike."""
    leaves: dict[str, list[MigrationKey]] = {}
    for leaf in graph.leaf_nodes():
        leaves.setdefault(leaf.app_label, []).append(leaf)
    for app_label, found in sorted(leaves.items()):
        if len(found) > 1 and (not apps or app_label in apps):
            common = frozenset.intersection(*(graph.ancestors(leaf) for leaf in found))
            concerned = [conflict for conflict in conflicts if conflict.apps == (app_label,)]
            ancestor = nearest(graph, common, (app_label,))
            yield from LeafConflict.find(app_label, found, ancestor, concerned, graph.migrations, run)


def _not_proved(conflict: Conflict, proof: Proof) -> Iterator[Finding]:
    from handrail.checks.hr117 import NotProved

    yield from NotProved.find(conflict, proof)


def _weighed(findings: Iterable[Finding], conflict: Conflict, proof: Proof | None) -> Iterator[Finding]:
    """What could not be read is no reason to stop once both orders were run and ended alike; else the proof says why."""
    for finding in findings:
        if proof is None or conflict.verdict is not Verdict.OPAQUE:
            yield finding
        elif proof.equal:
            notes = (*finding.notes, f"proved: {proof.ending}")
            yield replace(finding, severity=Severity.INFO, notes=notes, help=PROVED, command=resolve_command([conflict]))
        else:
            yield replace(finding, command="handrail explain HR117")
