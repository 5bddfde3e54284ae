"""Running both orders of conflicts, for every command that offers --prove."""

from __future__ import annotations

from handrail.api.find import Found
from handrail.domain.conflict import Conflict, Verdict
from handrail.domain.proof import Proof
from handrail.sources.project import Project


def proofs_of(project: Project, found: Found, database: str | None) -> tuple[Proof | None, ...]:
    """Return one proof per conflict, in order; None for an overlapping one, which no order settles.

    database: an alias of the project's settings, whose server gets scratch databases; None for SQLite in memory.
    """
    return tuple(
        None if conflict.verdict is Verdict.OVERLAPPING else _proof(project, found, conflict, database)
        for conflict in found.conflicts
    )


def _proof(project: Project, found: Found, conflict: Conflict, database: str | None) -> Proof:
    from handrail.execution.proof import Checkout, prove

    checkouts = [Checkout(tree=project.tree(ref), snapshot=project.snapshot(ref)) for ref in found.refs]
    ours, theirs = (side.migrations for side in conflict.sides)
    return prove(checkouts, found.graph.migrations, (ours, theirs), database=database or "")
