"""The last look before the first statement of a run: what would lose something or fail is refused, the rest is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from handrail.domain.finding import Finding, Severity
from handrail.errors.base import Refusal
from handrail.execution.editors import rebuilds_of
from handrail.execution.keeping.sql_losses import foresee
from handrail.execution.project_states import state_without
from handrail.sources.backend import is_known

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ProjectState

    from handrail.execution.probes._changes import Plan
    from handrail.execution.steps import Steps


def look_at(plan: Plan, state: ProjectState | None, loader: Any, steps: Steps) -> None:
    """Raise what would go wrong with the plan of a run, and say what is only worth knowing.

    state: of all that is applied, None where nobody has built it yet. loader: Django's, with the graph of the plan.
    """
    connection = steps.connection
    if is_known(connection):
        foresee(connection, steps.keeping, plan)
    if connection.in_atomic_block and rebuilds_of(connection) is not None and not connection.disable_constraint_checking():
        from handrail.checks.hr407 import Lint

        raise Refusal(Lint.find_in_atomic(plan[0][0]))  # that call changes nothing inside a transaction (pragma.html)
    without = [(migration.app_label, migration.name) for migration, backwards in plan if backwards]

    def begin() -> ProjectState:
        return state if state is not None and not without else state_without(loader, without)

    if not _is_bare(connection, plan, state):
        from handrail.execution.probing import probe

        refuse(probe(connection, plan, begin, steps.keeping.undo), steps.keeping.said)


def _is_bare(connection: BaseDatabaseWrapper, plan: Plan, state: ProjectState | None) -> bool:
    """Say whether a plan makes all that there will be: a database without tables, and without a journal that could keep any,
    has no rows that could be in its way.
    """
    from django.db.migrations.recorder import MigrationRecorder

    if plan[0][1] or state is None or state.models:
        return False
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    return there <= {MigrationRecorder.Migration._meta.db_table}


def refuse(findings: Sequence[Finding], said: Callable[[str], None]) -> None:
    """Raise what stops a plan as one refusal; else say what is a warning."""
    errors = [one for one in findings if one.severity is Severity.ERROR]
    if errors:
        raise Refusal(errors[0], [one for one in findings if one is not errors[0]])
    tell([one for one in findings if one.severity is Severity.WARNING], said)


def tell(findings: Iterable[Finding], said: Callable[[str], None]) -> None:
    """Say findings that stop nothing."""
    for one in findings:
        said(f"{one.severity}[{one.code}]: {one.message}")
        for note in one.notes:
            said(f"  note: {note}")
