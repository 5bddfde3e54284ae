"""The pipeline of ``handrail check``: everything that can be found here."""

from __future__ import annotations

from handrail.api.conflicts import findings_of, texts_of
from handrail.api.find import find_conflicts
from handrail.checks._files import file_findings
from handrail.domain.graph import MigrationGraph
from handrail.domain.outcome import Outcome, exit_of
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
    """Find conflicts, the mistakes inside single files, lock-files out of step, and records that no file explains.

    base: compare with this branch. static: leave the databases out. deploy: also those of third-party apps.
    """
    found = find_conflicts(project, (), base=base, head=None)
    snapshot = project.snapshot()
    own = {key: one for key, one in snapshot.migrations.items() if deploy or not one.path.startswith("../")}
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    findings = (
        *findings_of(project, found, ()),
        *file_findings(own, snapshot.settings),
        *lock_findings(project.tree(), snapshot, graph),
    )
    return Outcome(
        command="check",
        exit=exit_of(findings),
        findings=findings,
        conflicts=found.conflicts,
        sources=texts_of(findings, found.graph.migrations.values()),
    )
