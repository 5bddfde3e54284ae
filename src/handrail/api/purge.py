"""The pipeline of ``handrail purge``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from handrail.api.kept import HEAD, Thing, cells, is_expired, measured, to_json
from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding
from handrail.domain.kept import Kept, KeptStatus
from handrail.domain.outcome import CLEAN, STOPPED, Outcome
from handrail.errors.hr410 import NoSuchRun
from handrail.execution.purging import DESTROYABLE
from handrail.execution.purging import purge as carry_out
from handrail.execution.recovering import interrupted
from handrail.execution.runner import Runner, Talk
from handrail.execution.session import set_up_transaction
from handrail.sources.django_setup import aliases_of
from handrail.sources.journal import runs, unfinished
from handrail.sources.kept import has_kept, in_the_way
from handrail.sources.reach import reaching, require
from handrail.sources.run_options import read_run_options

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Confirm = Callable[[Outcome], None]
"""Shows a plan and returns when it may be carried out; refuses otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: what one run has kept, or what is older than so many days; without either, what has expired."""

    older_than: float | None
    run: int | None
    dry_run: bool
    confirm: Confirm

    def takes(self, one: Kept) -> bool:
        """Say whether a thing is to be destroyed; what was begun is finished in any case."""
        if one.status is KeptStatus.PURGING:
            return True
        if self.older_than is None and self.run is None:
            return is_expired(one)
        is_old = self.older_than is None or one.made <= datetime.now(UTC) - timedelta(days=self.older_than)
        return is_old and self.run in (None, one.run)


def purge(alias: str, talk: Talk, wanted: Wanted) -> Outcome:
    """Destroy kept data of a database, after showing it and asking. Django has to be set up.

    Raises NoSuchRun, Interrupted, Locked, DatabaseNotReached and NotConfirmed before anything is changed.
    """
    from django.db import connections

    aliases_of(alias)
    connection = connections[alias]
    try:
        with reaching(alias):
            require(connection)
            if not has_kept(connection):
                return _outcome([], f"{alias}: nothing is kept")
            if wanted.run is not None and not runs(connection, id=wanted.run):
                raise NoSuchRun(alias=alias, run=wanted.run)
        runner = Runner(connection, options=read_run_options(), command="purge", talk=talk)
        with runner.locked(), reaching(alias):
            return _under_lock(runner, connection, wanted)
    finally:
        connection.close()


def _under_lock(runner: Runner, connection: BaseDatabaseWrapper, wanted: Wanted) -> Outcome:
    alias = connection.alias
    left = unfinished(connection)
    if left is not None and left.step is not None and not left.is_over:
        notes = ("what it has kept may be what brings it back",)
        raise interrupted(alias, left.step, None, left.statements, notes)
    found = [one for one in in_the_way(connection, DESTROYABLE) if wanted.takes(one)]
    if not found:
        return _outcome([], f"{alias}: nothing to purge")
    things = measured(connection, found)
    plan = _outcome(things, f"{_things(found)} on {alias} would be destroyed", shown=True)
    if wanted.dry_run:
        return plan
    wanted.confirm(_outcome(things, f"{_things(found)} on {alias} will be destroyed, and cannot be brought back", shown=True))
    holds = runner.lock.kind != "lease"
    prepare = set_up_transaction(connection, runner.options.lock_timeout, sessions_hold=holds)
    gone: list[Kept] = []
    failed: list[Finding] = []
    for one, refusal in carry_out(connection, found, runner.patience, prepare):
        failed += refusal.findings if refusal else ()
        gone += [] if refusal else [one]
    return _outcome([thing for thing in things if thing.kept in gone], f"{_things(gone)} on {alias} destroyed", failed=failed)


def _outcome(things: Sequence[Thing], line: str, *, shown: bool = False, failed: Sequence[Finding] = ()) -> Outcome:
    return Outcome(
        command="purge",
        exit=STOPPED if failed else CLEAN,
        findings=tuple(failed),
        table=(HEAD, *map(cells, things)) if shown else (),
        summary=(line,),
        extra={"kept": [to_json(thing) for thing in things]},
    )


def _things(found: Sequence[Kept]) -> str:
    return f"{len(found)} kept {'thing' if len(found) == 1 else 'things'}"
