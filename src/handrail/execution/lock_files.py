"""Which lock-files to write, and which apps cannot have one now."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.checks._graph import leaf_findings
from handrail.domain.graph import MigrationGraph
from handrail.domain.outcome import Outcome, exit_of
from handrail.errors.base import Refusal
from handrail.sources.asked import require_apps
from handrail.sources.files import WorkingTree
from handrail.sources.lock_files import has_lock, lock_edits
from handrail.sources.project import Project
from handrail.sources.standing import torn_leaves


def plan_lock_files(project: Project, apps: Sequence[str], *, create: bool) -> Outcome:
    """Return the edits that bring lock-files in step with the working tree, with HR101 for every app that has several leaf nodes.

    create: also for apps that have none yet. Refuses where a migration file cannot be read, for its lock-file would be wrong.
    """
    snapshot = project.snapshot()
    if snapshot.findings:
        raise Refusal(snapshot.findings[0], snapshot.findings[1:])
    require_apps(apps, snapshot)
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    tree = WorkingTree(project.root)
    locked = [label for label, app in sorted(snapshot.apps.items()) if has_lock(tree, app)]
    chosen = list(apps) or (list(snapshot.apps) if create or not locked else locked)
    torn = {leaf.app_label for leaf in torn_leaves(graph, chosen)}
    findings = tuple(leaf_findings(graph, (), torn)) if torn else ()
    whole = [label for label in chosen if label not in torn]
    edits = lock_edits(tree, snapshot, graph, whole, create=True) if whole else ()
    summary = () if edits or findings else ("the lock-files are in step with the migrations",)
    return Outcome(command="migrations-lock", exit=exit_of(findings), findings=findings, edits=edits, summary=summary)
