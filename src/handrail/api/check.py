"""The pipeline of ``handrail check``: everything that can be found here."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.api.conflicts import findings_of, texts_of
from handrail.api.find import find_conflicts
from handrail.checks._files import file_findings, new_findings
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.outcome import REFUSED, Outcome, exit_of
from handrail.sources.lock_files import lock_findings
from handrail.sources.project import Project


def check(
    project: Project,
    *,
    base: str | None = None,
    static: bool = False,
    deploy: bool = False,
    database: str | None = None,
) -> Outcome:
    """Find conflicts, the mistakes inside single files, lock-files out of step, and where databases disagree with the files.

    base: compare with this branch, and look at what is new beside it as what is to be deployed. static: leave the databases out.
    deploy: also the mistakes of third-party apps. database: one alias, or None for all. A database that cannot be read makes it a
    refusal, after everything else was looked at.
    """
    from handrail.api.history import LiveFindings, in_databases

    found = find_conflicts(project, (), base=base, head=None)
    snapshot = project.snapshot()
    own = {key: one for key, one in snapshot.migrations.items() if deploy or not one.path.startswith("../")}
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    live = LiveFindings() if static else in_databases(project, database)
    findings = (
        *findings_of(project, found, ()),
        *file_findings(own, snapshot.settings),
        *new_findings(_new(project, own, base) if base is not None else ()),
        *lock_findings(project.tree(), snapshot, graph),
        *live.findings,
        *live.refused,
    )
    return Outcome(
        command="check",
        exit=REFUSED if live.refused else exit_of(findings),
        findings=findings,
        conflicts=found.conflicts,
        summary=live.summary,
        sources=texts_of(findings, [*live.migrations, *found.graph.migrations.values()]),
    )


def _new(project: Project, own: Mapping[MigrationKey, Migration], base: str) -> list[Migration]:
    """Return the migrations that a branch lacks."""
    there = project.snapshot(base).migrations
    return [one for key, one in sorted(own.items()) if key not in there]
