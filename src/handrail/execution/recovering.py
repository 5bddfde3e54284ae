"""Bringing an unfinished run to exactly before or exactly after, with what the journal and the catalogue say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction, RunStatus, Statement, Step, StepStatus
from handrail.errors.hr401 import InDoubt, Interrupted
from handrail.execution.content_types import with_content_types
from handrail.execution.interruption import interruption
from handrail.execution.keep_sources import digest_now, kept_source
from handrail.execution.project_states import state_before
from handrail.sources.journal import Unfinished

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration

    from handrail.execution.executor import ReadingExecutor
    from handrail.execution.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What became of a step: resumed (it is done now), unwound (nothing of it is there), or nothing was left of it."""

    run: int
    key: MigrationKey | None
    direction: Direction | None
    resumed: bool = False
    unwound: bool = False

    def __str__(self) -> str:
        if self.key is None:
            return f"run {self.run} was interrupted between two migrations; nothing is half done"
        verb = "unapplying" if self.direction is Direction.BACKWARD else "applying"
        if self.resumed:
            return f"run {self.run} was interrupted while {verb} {self.key}; it went on from there and is done"
        if self.unwound:
            return f"run {self.run} was interrupted while {verb} {self.key}; what was done of it was taken back"
        return f"run {self.run} was interrupted while {verb} {self.key}; nothing of it was left"


def recover(steps: Steps, executor: ReadingExecutor, found: Unfinished, *, back: bool = False) -> Recovered:
    """Finish an unfinished step, or take it back; the lock is held. executor: with a graph that was read under it.

    Raises Interrupted where it cannot go the way that is asked for; nothing is changed then, or it says what is left.
    """
    step = found.step
    if step is None or found.is_over:
        return close(steps, found)
    migration = same_migration(executor, step, found.statements)
    if back or step.status is StepStatus.UNWINDING:
        _take_back(steps, migration, step, found.statements)
        steps.journal.end(found.run.id, RunStatus.UNWOUND)
        return Recovered(run=found.run.id, key=step.key, direction=step.direction, unwound=True)
    _go_on(steps, executor, migration, step, found.statements)
    steps.journal.end(found.run.id, RunStatus.RECOVERED)
    return Recovered(run=found.run.id, key=step.key, direction=step.direction, resumed=True)


def close(steps: Steps, found: Unfinished) -> Recovered:
    """Write that a run is over of which nothing is half done."""
    step = found.step
    if step is not None:
        steps.journal.step_ended(step.id, StepStatus.FAILED, step.error or "interrupted")
    steps.journal.end(found.run.id, RunStatus.RECOVERED)
    return Recovered(run=found.run.id, key=step.key if step else None, direction=step.direction if step else None)


def _go_on(steps: Steps, executor: ReadingExecutor, migration: Migration, step: Step, statements: Sequence[Statement]) -> None:
    forward = step.direction is Direction.FORWARD

    def record() -> None:
        executor.write_record(step.key.app_label, step.key.name, forward)

    steps.stepwise(migration, state_before(steps.connection, step.key), step.direction, record, step.id, statements)


def _take_back(steps: Steps, migration: Migration, step: Step, statements: Sequence[Statement]) -> None:
    try:
        steps.unwind(migration, state_before(steps.connection, step.key), step.direction, step.id)
    except InDoubt as doubt:
        raise interrupted(steps.connection.alias, step, migration, statements, (str(doubt),)) from doubt


def same_migration(executor: ReadingExecutor, step: Step, statements: Sequence[Statement]) -> Migration:
    """Return the migration that was interrupted. Raises Interrupted where its file is gone or says something else now."""
    migration = executor.loader.disk_migrations.get((step.key.app_label, step.key.name))
    if migration is None:
        help, trusted = "bring the file back, from the commit that was deployed then", kept_source(executor.connection, step)
        if trusted is not None and trusted.is_genuine:
            help = "recover with the text that is kept of it, or bring the file back"
        notes = (f"there is no file of {step.key} any more", *_kept(executor, step))
        raise interrupted(executor.connection.alias, step, None, statements, notes, help=help)
    if step.digest and digest_now(migration) != step.digest:
        help = "check out the commit that was deployed then, and recover there"
        notes = (f"the file of {step.key} has changed since", *_kept(executor, step))
        raise interrupted(executor.connection.alias, step, migration, statements, notes, help=help)
    return with_content_types(migration)


def _kept(executor: ReadingExecutor, step: Step) -> Iterator[str]:
    """Say whether the text that the migration had is kept, and where."""
    kept = kept_source(executor.connection, step)
    if kept is not None and kept.is_genuine:
        yield f"its text of then is kept: SELECT text FROM handrail_source WHERE digest = '{kept.digest}'"
    elif kept is not None:
        yield "a text of it is kept in handrail_source, but not as this project's SECRET_KEY has signed it: do not trust it"


def interrupted(
    alias: str, step: Step, migration: Migration | None, statements: Sequence[Statement], notes: Sequence[str], help: str = ""
) -> Interrupted:
    """Build the refusal for a step that is half done."""
    return interruption(
        alias=alias, key=step.key, step=step.id, migration=migration, statements=statements, notes=notes, help=help
    )
