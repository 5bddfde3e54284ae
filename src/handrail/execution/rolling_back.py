"""Planning and running a rollback: the only place that takes migrations back on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding
from handrail.domain.kept import Undo
from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import RollbackPlan, RollbackStep, Verdict
from handrail.domain.run import Direction
from handrail.execution.ahead import look_ahead
from handrail.execution.all_or_nothing import all_or_nothing
from handrail.execution.content_types import with_content_types
from handrail.execution.filling import refuse_unused
from handrail.execution.probes._changes import Change, changes_of
from handrail.execution.probing import probe
from handrail.execution.project_states import unrendered
from handrail.execution.rollback_reading import Known, View
from handrail.execution.verdicts import Judge
from handrail.sources.migration_loader import LENT

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

    from handrail.execution.executor import Executor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A plan with what carries it out. migrations: of its steps, as Django has loaded them. findings: of the probes.

    without: the project state without any of them.
    """

    plan: RollbackPlan
    migrations: tuple[Migration, ...]
    without: ProjectState
    findings: tuple[Finding, ...]

    def states(self) -> list[ProjectState]:
        """Return the project state before each migration, in the order of the plan."""
        current, found = unrendered(self.without), []
        for migration in reversed(self.migrations):
            found.append(unrendered(current))
            migration.mutate_state(current, preserve=False)
        return found[::-1]

    def with_all(self) -> ProjectState:
        """Return the project state before the rollback."""
        current = unrendered(self.without)
        for migration in reversed(self.migrations):
            migration.mutate_state(current, preserve=False)
        return current


def make_ready(
    connection: BaseDatabaseWrapper, known: Known, view: View, plan: RollbackPlan, undo: Undo, patterns: Sequence[str]
) -> Ready:
    """Judge every operation of a plan and ask the probes; the migrations without a file are lent already.

    plan: with steps that have no judgements yet. Nothing is changed. Raises RebuildLoses, Misused.
    """
    loaded = [with_content_types(_loaded(known, step.key)) for step in plan.steps]
    run = [(migration, True) for migration, step in zip(loaded, plan.steps, strict=True) if not step.faked]
    gone = {step.key for step in plan.steps}
    without = _state(known, view, gone)
    judge = Judge.of(connection, patterns)
    steps = {step.key: step for step in plan.steps}
    changes = changes_of(run, without)
    refuse_unused(connection, undo.fill, changes)
    for change in changes:
        key = MigrationKey(change.migration.app_label, change.migration.name)
        one = judge.judge(change)
        if one is not None:
            steps[key] = replace(steps[key], judgements=(*steps[key].judgements, one))
    judged = replace(plan, steps=tuple(steps[step.key] for step in plan.steps))
    findings: list[Finding] = []
    if judged.verdict is not Verdict.IMPOSSIBLE:
        look_ahead(connection, run, lambda: _state(known, view, set()), lambda app: _ghosts(known, app))
        doubtful: dict[tuple[str, str, int], str] = {}

        def doubt(change: Change, why: str) -> None:
            doubtful[change.migration.app_label, change.migration.name, change.index] = why

        findings = probe(connection, run, lambda: without, undo, doubt)
        judged = replace(judged, steps=tuple(_doubted(step, doubtful) for step in judged.steps))
    return Ready(plan=judged, migrations=tuple(loaded), without=without, findings=tuple(findings))


def _doubted(step: RollbackStep, doubtful: Mapping[tuple[str, str, int], str]) -> RollbackStep:
    """Call nothing safe that could not be looked at. doubtful: why, by migration and operation."""
    judgements = []
    for one in step.judgements:
        why = doubtful.get((*step.key, one.operation))
        if why and one.verdict in (Verdict.LOSSLESS, Verdict.KEPT):
            reason = "; ".join(filter(None, [one.reason, f"not looked at: {why}"]))
            one = replace(one, verdict=Verdict.UNKNOWN, reason=reason)
        judgements.append(one)
    return replace(step, judgements=tuple(judgements))


def _loaded(known: Known, key: MigrationKey) -> Migration:
    place = (key.app_label, key.name)
    if place in known.loader.disk_migrations:
        found: Migration = known.loader.disk_migrations[place]
    else:
        found = known.loader.disk_migrations[place] = LENT.get()[place](key.name, key.app_label)
    return found


def _state(known: Known, view: View, without: set[MigrationKey]) -> ProjectState:
    """Return the project state of what is applied without some migrations; no model class is made."""
    from django.db.migrations.state import ProjectState

    state = ProjectState(real_apps=known.loader.unmigrated_apps)
    for key in view.graph.plan(sorted(view.graph.nodes)):
        is_here = key not in known.lent or (key.app_label, key.name) in LENT.get()
        if key in view.applied and key not in without and is_here:
            _loaded(known, key).mutate_state(state, preserve=False)
    return state


def _ghosts(known: Known, app_label: str) -> list[str]:
    return [str(key) for key in known.recorded if key.app_label == app_label and key not in known.migrations]


def carry_out(executor: Executor, ready: Ready, progress: Callable[[RollbackStep], None]) -> None:
    """Take back what a plan says, one migration after the other. Raises what a migration raises.

    progress: told of each step before it begins.
    """
    steps = executor.steps
    plan = [(migration, True) for migration in ready.migrations]
    recording = _recording(executor, ready)
    around = all_or_nothing(steps, plan, recording) if steps.all_or_nothing else None
    if around is None:
        _each(executor, ready, recording, progress)
        return
    with around:
        _each(executor, ready, recording, progress)


def _each(executor: Executor, ready: Ready, recording: Any, progress: Callable[[RollbackStep], None]) -> None:
    executor.not_tried = len(ready.plan.steps)
    for step, migration, state in zip(ready.plan.steps, ready.migrations, ready.states(), strict=True):
        progress(step)
        executor.not_tried -= 1
        record = recording(migration, False)
        if step.faked:
            executor.steps.fake(migration, Direction.BACKWARD, record)
        else:
            executor.steps.take(migration, state, Direction.BACKWARD, record)
    executor.is_through = True


def _recording(executor: Executor, ready: Ready) -> Callable[[Migration, bool], Callable[[], None]]:
    """Return what writes the record of a migration; that of a squashed one that is opened goes with the first of its parts."""
    opened = {key: set(executor.loader.disk_migrations[key.app_label, key.name].replaces) for key in ready.plan.opened}

    def recording(migration: Migration, forward: bool) -> Callable[[], None]:
        own = (migration.app_label, migration.name)

        def write() -> None:
            executor.write_record(*own, forward)
            for key, replaced in opened.items():
                if own in replaced and not forward:
                    executor.recorder.record_unapplied(key.app_label, key.name)

        return write

    return recording
