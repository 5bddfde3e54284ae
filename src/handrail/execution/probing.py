"""Asking all probes about a plan, before its first statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from handrail import registry
from handrail.checks.hr522 import NotLookedAt
from handrail.domain.finding import Finding
from handrail.domain.kept import Kept, Undo
from handrail.execution import probes
from handrail.execution.probes._asking import Asking
from handrail.execution.probes._changes import Change, Plan, changes_of
from handrail.execution.probes._code import Code
from handrail.execution.probes._logs import CODE, log_of
from handrail.execution.probes._places import Places, tables_of
from handrail.execution.probes.base import Moment, Probe
from handrail.sources.backend import is_known
from handrail.sources.journal import has_journal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ProjectState


SHARED = frozenset({"narrowing"})
"""Modules that hold no probe: what this one knows is asked while a migration runs too."""


def probe(
    connection: BaseDatabaseWrapper,
    plan: Plan,
    state: Callable[[], ProjectState],
    undo: Undo | None = None,
    doubtful: Callable[[Change, str], None] = lambda *_: None,
) -> list[Finding]:
    """Return what would go wrong if a plan ran now, in the order of the plan: an error would stop it, or do harm.

    state: builds the project state that the first migration begins with, forwards; backwards the one without any migration of
    the plan. It is called only where an operation has to be looked at. Nothing is changed, and nobody held up.
    doubtful: told of operations about which a question had no answer, and why.
    """
    asked = [registry.load(probes, Probe, key)() for key in registry.names(probes) if key not in SHARED]  # type: ignore[type-abstract]
    if not plan or not is_known(connection) or not _concerns(connection, asked, plan):
        return []
    places, code, asking, found = Places(connection), Code(), Asking(connection), []
    begin, has_logs = state(), plan[0][1] and has_journal(connection)
    changes = changes_of(plan, begin)
    tables = tables_of(connection, [*begin.models.values(), *(model for one in changes for model in one.models)])
    order = {id(migration): number for number, (migration, _) in enumerate(plan)}
    for change in changes:
        moment = Moment(
            connection=connection,
            change=change,
            places=places,
            code=code,
            asking=asking,
            undo=undo or Undo(),
            tables=tables,
            done=order[id(change.migration)],
        )
        if _is_here(moment):
            here = [one for one in asked if one.is_about(change) or one.is_for_all(connection)]
            found += [finding for one in here for finding in one.find(moment)]
            found += _not_looked_at(change, asking, doubtful)
        places.take(change)
        code.take(change, _log(moment) if has_logs else ())
    return list(dict.fromkeys(found))


def _log(moment: Moment) -> list[Kept]:
    """Return the log by which an operation is taken back, of tables alone."""
    if type(moment.change.operation).__name__ not in CODE:
        return []
    return [one for one in log_of(moment) if one.table]


def _not_looked_at(change: Change, asking: Asking, doubtful: Callable[[Change, str], None]) -> list[Finding]:
    whys, asking.unanswered = asking.unanswered, []
    if whys:
        doubtful(change, whys[0])
    return NotLookedAt.find(str(change.migration), change.index + 1, change.operation.describe(), whys)


def _concerns(connection: BaseDatabaseWrapper, asked: Sequence[Probe], plan: Plan) -> bool:
    """Say by the names of the operations alone whether a plan has to be looked at."""
    if any(one.is_for_all(connection) for one in asked):
        return True
    backwards = plan[0][1]
    names = {"SeparateDatabaseAndState"}.union(*(one.backward if backwards else one.forward for one in asked))
    return any(type(operation).__name__ in names for migration, _ in plan for operation in migration.operations)


def _is_here(moment: Moment) -> bool:
    """Say whether routers let the operation act on this database."""
    from django.db import router

    app, alias = moment.change.migration.app_label, moment.connection.alias
    return all(router.allow_migrate(alias, app, model_name=name) for _, name in moment.change.named)
