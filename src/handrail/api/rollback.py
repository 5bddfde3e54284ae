"""The pipeline of ``handrail rollback``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.api.rollback_goals import Asked, goal_of
from handrail.api.rollback_shown import after_it, findings_of, many, plan_of, to_json
from handrail.api.signals import ended_by_signals
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Severity
from handrail.domain.kept import Undo
from handrail.domain.migration import MigrationKey
from handrail.domain.outcome import CLEAN, REFUSED, Outcome
from handrail.domain.rollback import Goal, RollbackPlan, RollbackStep, apps_of
from handrail.domain.run import Step, StepStatus
from handrail.errors.base import Refusal
from handrail.errors.hr005 import DatabaseNotReached
from handrail.errors.hr507 import CascadeUndo
from handrail.errors.hr519 import RollbackFailed
from handrail.errors.hr520 import NoSource
from handrail.errors.hr900 import Bug
from handrail.execution.executor import Executor
from handrail.execution.lent import Lent, lending
from handrail.execution.recovering import interrupted
from handrail.execution.rollback_reading import Known, View, read
from handrail.execution.rolling_back import Ready, carry_out, make_ready
from handrail.execution.runner import Runner, Talk
from handrail.planning.rollback import siblings, undo_order, with_dependants
from handrail.sources.applied import applied_rows
from handrail.sources.django_setup import aliases_of
from handrail.sources.journal import unfinished
from handrail.sources.project import Project
from handrail.sources.reach import reaching, require
from handrail.sources.run_options import read_run_options

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Confirm = Callable[[Outcome, str], None]
"""Shows a plan and returns when it may be carried out; refuses otherwise. The text is what has to be typed, "" for yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. typed: the command line. is_sure: whether nobody is asked (--yes). root: of the project."""

    asked: Asked
    undo: Undo
    dry_run: bool
    is_sure: bool
    typed: str
    root: Path
    confirm: Confirm


def rollback(alias: str, talk: Talk, wanted: Wanted) -> Outcome:
    """Take migrations back, after showing what becomes of each and asking. Django has to be set up.

    Raises the refusals of whatever it needs, before anything is changed; RollbackFailed and Interrupted say what is left after
    something was.
    """
    from django.db import Error, connections

    aliases_of(alias)
    connection = connections[alias]
    runner = Runner(
        connection,
        options=read_run_options(),
        command=_command(wanted),
        talk=talk,
        only=_only(wanted.asked),
        undo=wanted.undo,
    )
    try:
        with reaching(alias):
            require(connection)
            if wanted.dry_run:
                return _dry(runner, connection, wanted)
        with ended_by_signals(), runner.running():
            return _under_lock(runner, connection, wanted)
    except Error as error:
        raise DatabaseNotReached(alias=alias, why=" ".join(str(error).split())) from error
    finally:
        connection.close()


def _only(asked: Asked) -> str:
    """Return the one app that is concerned, so that what is wrong in others does not matter; "" where it may be several."""
    words = asked.words
    return words[0] if 0 < len(words) < 3 and not asked.others and "." not in words[0] else ""


def _command(wanted: Wanted) -> str:
    return f"rollback {wanted.typed.partition(' rollback ')[2]}".strip()


def _dry(runner: Runner, connection: BaseDatabaseWrapper, wanted: Wanted) -> Outcome:
    left = unfinished(connection)
    if left is not None and left.step is not None and not left.is_over:
        notes = ("a rollback would put that right first",)
        raise interrupted(connection.alias, left.step, None, left.statements, notes)
    known, goal, view, plan = _planned(runner, connection, wanted)
    if not plan.steps:
        return _nothing(connection.alias, plan)
    with lending(_needed(known, view, plan)):
        ready = make_ready(connection, known, view, plan, wanted.undo, runner.options.keep)
        return _shown(ready, goal, view, wanted, connection.alias)


def _planned(runner: Runner, connection: BaseDatabaseWrapper, wanted: Wanted) -> tuple[Known, Goal, View, RollbackPlan]:
    known = read(connection, runner.only, Project(root=wanted.root).repository)
    goal, view = goal_of(wanted.asked, known, wanted.root)
    _refuse_blind(goal, known)
    undo = with_dependants(goal.undo, view.graph, view.applied)
    steps = tuple(
        RollbackStep(
            key=key,
            faked=bool(known.steps[key].faked) if key in known.steps else False,
            source=known.lent[key].whence if key in known.lent else "",
        )
        for key in undo_order(undo, view.graph, view.order)
    )
    named = goal.apps if goal.apps is not None else frozenset(apps_of(goal.undo))
    opened = [key for key, one in known.migrations.items() if one.replaces and set(one.replaces) & undo]
    plan = RollbackPlan(
        target=goal.target,
        steps=steps,
        others=tuple(app for app in apps_of(undo) if app not in named),
        stays=tuple(siblings(goal.aims, view.graph, view.applied, undo)),
        lacking=tuple(sorted(goal.lacking)),
        opened=tuple(sorted(opened)),
    )
    return known, goal, view, plan


def _refuse_blind(goal: Goal, known: Known) -> None:
    """Refuse what nobody knows: to be taken back itself, or applied after what is taken back, or named, in its own app."""
    order = {key: number for number, key in enumerate(known.order)}
    first: dict[str, int] = {}
    for app, aim in goal.aims.items():
        parts = (aim, *(known.migrations[aim].replaces if aim in known.migrations else ()))
        first[app] = max((order[key] for key in parts if key in order), default=len(order))
    for key in goal.undo:
        if key in order:
            first[key.app_label] = min(order[key], first.get(key.app_label, len(order)))
    missing = {
        key: why for key, why in known.blind.items() if key in goal.undo or order[key] > first.get(key.app_label, len(order))
    }
    if missing:
        raise NoSource(missing=missing)


def _needed(known: Known, view: View, plan: RollbackPlan) -> list[Lent]:
    """Return what has no file here, and is taken back or needed by what is."""
    needed = {each for step in plan.steps for each in view.graph.ancestors(step.key)}
    return [one for key, one in known.lent.items() if key in needed]


def _nothing(alias: str, plan: RollbackPlan) -> Outcome:
    line = f"{alias}: nothing to take back, it is at {plan.target} already"
    return Outcome(
        command="rollback", exit=CLEAN, findings=tuple(findings_of(plan, "", alias)), summary=(line,), extra=to_json(plan, None)
    )


def _shown(ready: Ready, goal: Goal, view: View, wanted: Wanted, alias: str) -> Outcome:
    """Return the plan; with what stands in its way, as a refusal."""
    found = [*findings_of(ready.plan, _both(goal, view), alias, accept_loss=wanted.undo.accept_loss), *ready.findings]
    findings = list(dict.fromkeys(found))
    errors = sorted((one for one in findings if one.severity is Severity.ERROR), key=lambda one: one.code != "HR502")
    rest = [one for one in findings if one.severity is not Severity.ERROR]
    shown = plan_of(ready.plan, alias)
    return replace(shown, exit=REFUSED if errors else CLEAN, findings=(*errors, *rest))


def _both(goal: Goal, view: View) -> str:
    """Return the command that takes back both sides of a merge."""
    for app, aim in goal.aims.items():
        parents = [key for key in view.graph.parents.get(aim, ()) if key.app_label == app]
        return f"handrail rollback {app} {parents[0].name if len(parents) == 1 else 'zero'}"
    return ""


def _under_lock(runner: Runner, connection: BaseDatabaseWrapper, wanted: Wanted) -> Outcome:
    known, goal, view, plan = _planned(runner, connection, wanted)
    if not plan.steps:
        return _nothing(connection.alias, plan)
    with lending(_needed(known, view, plan)):
        ready = make_ready(connection, known, view, plan, wanted.undo, runner.options.keep)
        shown = _shown(ready, goal, view, wanted, connection.alias)
        if shown.exit != CLEAN:
            return shown
        _ask(ready.plan, shown, wanted)
        _carry_out(runner, ready, wanted)
        _read_back(connection, known, ready.plan, wanted)
        return after_it(runner, ready, connection, shown)


def _ask(plan: RollbackPlan, shown: Outcome, wanted: Wanted) -> None:
    """Ask for a yes; where other apps or many rows are concerned, for the names of the apps. Raises CascadeUndo, NotConfirmed."""
    unnamed = [app for app in plan.others if app not in wanted.asked.also]
    if unnamed and wanted.is_sure:
        own = [step for step in plan.steps if step.key.app_label in unnamed]
        rows = sum(step.rows or 0 for step in own)
        raise CascadeUndo(
            apps=unnamed,
            rows=f"{rows} row{'' if rows == 1 else 's'}",
            migrations=[str(step.key) for step in own],
            typed=wanted.typed,
        )
    words = list(plan.others) or many(plan)
    wanted.confirm(shown, " ".join(words))


def _carry_out(runner: Runner, ready: Ready, wanted: Wanted) -> None:
    """Run the plan. Raises RollbackFailed for what a migration raised, and refusals as they are where nothing was done before."""
    at: list[RollbackStep] = []

    def progress(step: RollbackStep) -> None:
        at.append(step)
        runner.talk.said(f"unapplying {step.key}{' (its record alone)' if step.faked else ''}")

    executor = runner.executor()
    assert isinstance(executor, Executor)
    try:
        carry_out(executor, ready, progress)
    except Refusal as refusal:
        if not at or refusal.exit_code != Refusal.exit_code or not _done(_steps(runner)):
            raise
        raise _failed(runner, at[-1].key, refusal, wanted, len(ready.plan.steps) - len(at)) from refusal
    except Exception as error:  # of the project's code, or of the database
        if not at:
            raise
        raise _failed(runner, at[-1].key, error, wanted, len(ready.plan.steps) - len(at)) from error
    except KeyboardInterrupt:
        from handrail.api.failed import summary

        for line in summary(runner.record() if runner.connection.is_usable() else None, len(ready.plan.steps) - len(at)):
            runner.talk.said(line)
        raise


def _steps(runner: Runner) -> Sequence[Step]:
    run = runner.record() if runner.connection.is_usable() else None
    return run.steps if run is not None else ()


def _done(steps: Sequence[Step]) -> list[str]:
    return [str(step.key) for step in steps if step.status is StepStatus.DONE]


def _failed(runner: Runner, key: MigrationKey, error: Exception, wanted: Wanted, left: int) -> RollbackFailed:
    from handrail.api.failed import WORDS

    steps = _steps(runner)
    done = _done(steps)
    notes = [f"taken back before it: {', '.join(done)}" if done else "nothing was taken back before it"]
    notes += [f"{step.key} {WORDS[step.status]}" for step in steps if step.status in WORDS]
    notes += [f"{left} not tried"] if left else []
    notes += list(getattr(error, "__notes__", ()))
    refused = isinstance(error, Refusal)
    words = " ".join((f"{error}" if refused else f"{type(error).__name__}: {error}").split())
    others = error.findings if isinstance(error, Refusal) else ()
    return RollbackFailed(migration=key, error=words, notes=notes, command=wanted.typed, others=others)


def _read_back(connection: BaseDatabaseWrapper, known: Known, plan: RollbackPlan, wanted: Wanted) -> None:
    """Hold what is recorded now against what the plan says. Raises Bug."""
    gone = {step.key for step in plan.steps} | set(plan.opened)
    gone |= {each for step in plan.steps for each in _replaced(known, step.key)}
    now = {row.key for row in applied_rows(connection)}
    expected = known.recorded - gone
    if now != expected:
        wrong = sorted(map(str, now ^ expected))
        problem = "django_migrations is not what the plan says afterwards"
        raise Bug(problem=problem, notes=[f"other than planned: {', '.join(wrong)}"], typed=wanted.typed)


def _replaced(known: Known, key: MigrationKey) -> Iterator[MigrationKey]:
    for each in known.migrations[key].replaces:
        yield each
        if each in known.migrations:
            yield from _replaced(known, each)
