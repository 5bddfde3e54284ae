"""What the project's databases say beside the files: the part of ``handrail check`` that needs settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handrail.api.live import look_for
from handrail.api.records import last_renames, resolution_of
from handrail.checks._edges import DEPENDENCIES, Edge, edges_between
from handrail.checks._gaps import gaps
from handrail.checks._renames import Rename, lost_records, renames
from handrail.checks.hr113 import Swapped
from handrail.checks.hr201 import GapFacts, RecordGap
from handrail.checks.hr202 import RenamedAfterApply
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Gap, Origin
from handrail.domain.migration import Migration, MigrationKey
from handrail.errors.base import Refusal
from handrail.execution.edit_records import Records
from handrail.sources.django_setup import NO_SETTINGS, aliases_of, set_up, settings_name
from handrail.sources.facts import FileFacts
from handrail.sources.foreign_keys import foreign_keys_to, swapped_models
from handrail.sources.former import digests, file_origin, former_digests, line_origin, paths_of
from handrail.sources.history import read_history
from handrail.sources.project import Project
from handrail.sources.reach import reaching


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFindings:
    """What was found in databases. refused: why one could not be read. summary: closing lines. migrations: of all apps."""

    findings: tuple[Finding, ...] = ()
    refused: tuple[Finding, ...] = ()
    summary: tuple[str, ...] = ()
    migrations: tuple[Migration, ...] = ()


def in_databases(project: Project, database: str | None) -> LiveFindings:
    """Compare the files with one database, or with all; where the project names no settings, say that it was left out."""
    if not project.registered and not settings_name(project.root) and database is None:
        return LiveFindings(summary=(f"databases left out: {NO_SETTINGS}",))
    try:
        set_up(project.root)
        aliases = aliases_of(database)
    except Refusal as refusal:
        return LiveFindings(refused=refusal.findings)
    live = project if project.registered else replace(project, registered=True, snapshots={})
    findings: list[Finding] = []
    refused: list[Finding] = []
    for alias in aliases:
        try:
            with reaching(alias):
                findings += in_database(live, alias)
        except Refusal as refusal:
            refused += refusal.findings
    checked = f"databases compared with the files: {', '.join(aliases) or 'none in the settings'}"
    return LiveFindings(
        findings=tuple(findings),
        refused=tuple(refused),
        summary=() if refused else (checked,),
        migrations=tuple(live.snapshot().migrations.values()),
    )


def in_database(project: Project, alias: str) -> Iterator[Finding]:
    """Yield what is wrong between the files of the installed apps and one database."""
    recorded = read_history(alias).applied
    if not recorded:
        return
    snapshot = project.snapshot()
    unmigrated = project.installed.unmigrated if project.installed else ()
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings, apps=unmigrated, applied=recorded)
    renamed = renamed_records(project, graph, recorded)
    yield from RenamedAfterApply.find(renamed, graph.migrations, alias)
    under_old_names = {key for rename in renamed for key in rename.new}
    found = [gap for gap in gaps(graph, recorded) if gap.parent not in under_old_names]
    yield from RecordGap.find([facts_of(project, graph, gap, recorded, alias) for gap in found], graph, alias)
    swapped = swapped_models()
    yield from Swapped.find_in_database(swapped, foreign_keys_to(alias, [one.table for one in swapped]), alias)


def renamed_records(project: Project, graph: MigrationGraph, recorded: frozenset[MigrationKey]) -> list[Rename]:
    """Return the records whose files have other names now, as git and the records of edits know them."""
    unread = {place.path for finding in project.snapshot().findings for place in finding.locations}
    paths = paths_of(project, lost_records(recorded, graph.migrations))
    paths = {key: path for key, path in paths.items() if path not in unread}
    former = former_digests(project, paths)
    for key, path in paths.items():
        former[key] |= digests(_edited(project.root, path))
    last = last_renames(project.root)
    return renames(recorded, graph, former, dict(resolution_of(last).renamed) if last else {})


def _edited(root: Path, path: str) -> Iterator[bytes]:
    for record in Records.of(root.resolve()).all():
        states = [state for state in record.files if state.path == path]
        yield from (content for state in states for content in (state.before, state.after) if content is not None)


def facts_of(project: Project, graph: MigrationGraph, gap: Gap, recorded: frozenset[MigrationKey], alias: str) -> GapFacts:
    """Return what files, git and the tables of a database tell of a gap."""
    edges = [
        edge for child in gap.children for edge in edges_between(graph.migrations, child, gap.parent, project.snapshot().settings)
    ]
    return GapFacts(
        gap=gap,
        edges=tuple(edges),
        evidence=look_for(alias, graph, gap.parent, recorded | graph.ancestors(gap.parent)),
        lines=tuple(_line_origin(project, edge) for edge in edges),
        file=file_origin(project, graph.migrations[gap.parent].path),
    )


def _line_origin(project: Project, edge: Edge) -> Origin | None:
    def holds(facts: FileFacts) -> bool:
        written = facts.header.dependencies if edge.attribute == DEPENDENCIES else facts.header.run_before
        return set(edge.written) <= set(written)

    return line_origin(project, edge.place.path, holds)
