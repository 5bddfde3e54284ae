"""The pipeline of ``handrail conflicts``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from handrail.api.find import Found, find_conflicts
from handrail.checks._graph import graph_findings
from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.outcome import Outcome, exit_of
from handrail.sources.project import Project

if TYPE_CHECKING:
    from handrail.domain.proof import Proof


def conflicts(
    project: Project,
    apps: Sequence[str] = (),
    *,
    base: str | None = None,
    head: str | None = None,
    all_branches: str | None = None,
    prove: bool = False,
    database: str | None = None,
) -> Outcome:
    """Find the conflicts of the working tree, of head against base, or of all branches that match a glob with each other."""
    if all_branches is not None:
        from handrail.api.branches import among_all_branches

        found = among_all_branches(project, apps, all_branches)
    else:
        found = find_conflicts(project, apps, base=base, head=head)
    if prove:
        return _proved(project, found, apps, database)
    return _outcome(found, findings_of(project, found, apps))


def _proved(project: Project, found: Found, apps: Sequence[str], database: str | None) -> Outcome:
    from handrail.api.prove import proofs_of
    from handrail.report._proof import proof_json, proof_lines

    proofs = proofs_of(project, found, database)
    return replace(
        _outcome(found, findings_of(project, found, apps, proofs)),
        extra={"proofs": [proof_json(proof) for proof in proofs]},
        proof=tuple(line for one, proof in zip(found.conflicts, proofs, strict=True) for line in proof_lines(one, proof)),
    )


def _outcome(found: Found, findings: tuple[Finding, ...]) -> Outcome:
    return Outcome(
        command="conflicts",
        exit=exit_of(findings),
        findings=findings,
        conflicts=found.conflicts,
        sources=texts_of(findings, found.graph.migrations.values()),
    )


def findings_of(project: Project, found: Found, apps: Sequence[str], proofs: Sequence[Proof | None] = ()) -> tuple[Finding, ...]:
    """Return the findings of what was found, those on unreadable files first."""
    files = {parent: _place(found.graph, parent) for _, parent in found.graph.missing}
    unread = {location.path for finding in found.unread for location in finding.locations}
    gone = {key: path for key, path in files.items() if path not in unread}
    holders = project.branches_with({key: path for key, path in gone.items() if path})
    branches = {key: [ref for ref in refs if ref not in found.refs] for key, refs in holders.items()}
    graph = replace(found.graph, missing=tuple(edge for edge in found.graph.missing if edge[1] in gone))
    moves = _moves(project, graph) if graph.missing else {}
    return (*found.unread, *graph_findings(graph, found.conflicts, branches, apps, proofs, moves))


def _moves(project: Project, graph: MigrationGraph) -> dict[MigrationKey, MigrationKey]:
    """Return what resolve has renamed in this clone, as far as the files are there."""
    from handrail.api.moves import moves_on_record

    return {old: new for old, new in moves_on_record(project.root).items() if new in graph.nodes}


def texts_of(findings: Iterable[Finding], migrations: Iterable[Migration]) -> dict[str, str]:
    """Return the texts of the files that findings point into, by path."""
    wanted = {location.path for finding in findings for location in finding.locations}
    return {migration.path: migration.text for migration in migrations if migration.path in wanted}


def _place(graph: MigrationGraph, key: MigrationKey) -> str:
    """Return where the file of a missing migration would be: beside the others of its app."""
    beside = next((one.path for other, one in sorted(graph.migrations.items()) if other.app_label == key.app_label), "")
    folder, slash, _ = beside.rpartition("/")
    return f"{folder}{slash}{key.name}.py" if beside else ""
