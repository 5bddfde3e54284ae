"""The pipeline of ``handrail recover``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.api.signals import ended_by_signals
from handrail.databases.statements.base import Judgement
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.outcome import CLEAN, Json, Outcome
from handrail.domain.run import Direction, OnFailure, Phase, Run, StepStatus, moment
from handrail.errors.base import Refusal
from handrail.errors.hr005 import DatabaseNotReached
from handrail.errors.hr401 import Interrupted
from handrail.execution.lent import Lent, lending
from handrail.execution.lent_step import lent_for
from handrail.execution.recovering import close, interrupted
from handrail.execution.recovering import recover as carry_out
from handrail.execution.runner import Runner, Talk
from handrail.execution.session import refuse_still_running
from handrail.execution.standing import Extent, OperationStanding, Standing, settle, standing_of
from handrail.sources.django_setup import aliases_of
from handrail.sources.journal import Unfinished, has_journal, runs, unfinished
from handrail.sources.project import Project
from handrail.sources.reach import reaching, require
from handrail.sources.run_options import read_run_options

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.executor import ReadingExecutor
    from handrail.execution.steps import Steps

EMPTY: dict[str, Json] = {"run": None, "done": [], "undone": [], "ambiguous": []}
"""The JSON where nothing is unfinished."""
SHOWN = {Judgement.DONE: "done", Judgement.NOT_DONE: "not done", Judgement.AMBIGUOUS: "in doubt"}
Confirm = Callable[[Outcome], None]
"""Shows a plan and returns when it may be carried out; refuses otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. forward: True, False for back, None where neither was said. root: of the project."""

    forward: bool | None
    dry_run: bool
    root: Path
    confirm: Confirm


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where it goes. forward: to the end of the step, else back to its beginning. answer: to what is in doubt, None: nothing is.

    stuck: why it cannot go back, although the answer says that nothing of what was in doubt is there.
    """

    forward: bool
    answer: bool | None = None
    stuck: str = ""


def recover(alias: str, talk: Talk, wanted: Wanted) -> Outcome:
    """Bring an unfinished run to exactly before or exactly after its half-done step, after showing it and asking.

    alias: of the database. Django has to be set up.
    Raises the refusals of whatever it needs, before anything is changed; an outcome with exit code 3 says what is left.
    """
    from django.db import Error, connections

    aliases_of(alias)
    connection = connections[alias]
    try:
        with reaching(alias):
            require(connection)
            if not has_journal(connection):
                return _nothing(alias)
        options = replace(read_run_options(), on_failure=OnFailure.STOP)
        runner = Runner(connection, options=options, command="recover", talk=talk)
        with ended_by_signals(), runner.locked():
            outcome = _under_lock(runner, connection, wanted)
            if not wanted.dry_run and unfinished(connection) is None:
                runner.drop_leftovers()
            return outcome
    except Error as error:
        raise DatabaseNotReached(alias=alias, why=" ".join(str(error).split())) from error
    finally:
        connection.close()


def _nothing(alias: str) -> Outcome:
    return Outcome(command="recover", exit=CLEAN, summary=(f"{alias}: nothing is unfinished",), extra=EMPTY)


def _under_lock(runner: Runner, connection: BaseDatabaseWrapper, wanted: Wanted) -> Outcome:
    from handrail.execution.executor import ReadingExecutor

    found = unfinished(connection)
    if found is None:
        return _nothing(connection.alias)
    refuse_still_running(connection, found.run)
    runner.only = found.step.key.app_label if found.step else ""
    steps = runner.steps_of(found.run)
    if found.is_over:
        return _close(steps, found, wanted)
    lent = lent_for(connection, found, runner.only, lambda: Project(root=wanted.root).repository)
    standing: Standing | None = None
    with lending(lent):
        executor = ReadingExecutor(connection, only=runner.only)
        try:
            standing = standing_of(steps, executor, found)
            return _carry_out(steps, executor, found, standing, wanted, lent)
        except Interrupted as left:
            extra = _to_json(found.run, standing)
            return Outcome(command="recover", exit=left.exit_code, findings=left.findings, extra=extra)


def _close(steps: Steps, found: Unfinished, wanted: Wanted) -> Outcome:
    """Say on record that nothing is left of a step: the database has kept all of it or nothing."""
    if wanted.dry_run:
        what = f"nothing of {found.step.key} is left" if found.step else "nothing is half done"
        line = f"run {found.run.id} would be closed; {what}"
    else:
        line = str(close(steps, found))
    return Outcome(command="recover", exit=CLEAN, summary=(line, *_next(found)), extra=_to_json(found.run, None))


def _carry_out(
    steps: Steps,
    executor: ReadingExecutor,
    found: Unfinished,
    standing: Standing,
    wanted: Wanted,
    lent: Sequence[Lent],
) -> Outcome:
    """Show the plan, ask, and do it. Raises Interrupted where it cannot go that way, or is left half-way again."""
    way = _way(found.run.id, standing, wanted.forward)
    extra = _to_json(found.run, standing)
    lines = (*_lines(found.run, standing), *_whence(lent), "", *_plan(standing, way))
    plan = Outcome(command="recover", exit=CLEAN, summary=lines, extra=extra)
    if wanted.dry_run:
        return plan
    wanted.confirm(plan)
    left: Unfinished | None = found
    if way.answer is not None:
        settle(steps, standing, forward=way.answer)
        left = unfinished(steps.connection)
        assert left is not None
    if way.stuck:
        raise _refused(
            standing,
            [f"what was done before cannot be taken back: {way.stuck}"],
            "go on from there",
            "handrail recover --forward",
        )
    assert left is not None
    try:
        ended = carry_out(steps, executor, left, back=not way.forward)
    except Refusal:
        raise
    except Exception as error:  # of the project's code, or of the database
        raise _refused(standing, [_words(error)], "put that right, and run it again: it looks first at what was done") from error
    rest = () if way.forward else _stays(steps.connection, found.run)
    return Outcome(command="recover", exit=CLEAN, summary=(str(ended), *rest, *_next(found)), extra=extra)


def _way(run: int, standing: Standing, forward: bool | None) -> Way:
    """Return where to go. Raises Interrupted where only a person can know, or where it cannot go as it is asked for."""
    doubt = standing.doubt
    if doubt is not None and forward is None:
        raise _question(run, standing, doubt)
    if standing.is_unwinding:
        if forward and doubt is None:
            raise _refused(
                standing, ["it is being taken back, and can only be taken back"], "say --back", "handrail recover --back"
            )
        return Way(forward=False, answer=forward if doubt else None)
    if forward or forward is None:
        return Way(forward=True, answer=True if doubt else None)
    if standing.why_not_back and doubt is None:
        why = f"it cannot be taken back: {standing.why_not_back}"
        raise _refused(standing, [why], "go on from there", "handrail recover --forward")
    return Way(forward=False, answer=False if doubt else None, stuck=standing.why_not_back if doubt else "")


def _question(run: int, standing: Standing, doubt: OperationStanding) -> Interrupted:
    """Ask the one thing that the database cannot say."""
    assert doubt.row is not None
    number = f"operation {doubt.index + 1}"
    statement = [f"the statement: {' '.join(doubt.row.sql.split())}"] if doubt.row.sql else []
    help = f"look at what {number} did, put it right by hand if need be, and say --forward or --back"
    answers = [
        f"--forward says {_answer(standing, doubt, forward=True)}",
        f"--back says {_answer(standing, doubt, forward=False)}",
    ]
    notes = [*_operation_lines(standing), f"{number} is in doubt: {doubt.doubt}", *statement, *answers]
    return _refused(standing, notes, help, f"handrail history --run {run}")


def _answer(standing: Standing, doubt: OperationStanding, *, forward: bool) -> str:
    """Return what an answer says, and what comes of it."""
    assert doubt.row is not None
    what = "the statement" if doubt.row.sql else f"operation {doubt.index + 1}"
    if doubt.row.phase is Phase.UNWIND:
        return f"nothing of {what} was taken back: it is taken back again" if forward else f"nothing of {what} is there any more"
    if forward:
        return f"{what} is complete: it goes on after it"
    rest = f"it stays there, as {standing.why_not_back}" if standing.why_not_back else "what was done before is taken back"
    return f"nothing of {what} is there: {rest}"


def _refused(standing: Standing, notes: Sequence[str], help: str, command: str = "") -> Interrupted:
    """command: what to type next, "" for recover itself."""
    refusal = interrupted(standing.alias, standing.step, standing.migration, standing.statements, notes, help)
    named = "" if standing.alias == "default" else f" --database {standing.alias}"
    if command:
        refusal.finding = replace(refusal.finding, command=f"{command}{named}")
    return refusal


def _words(error: Exception) -> str:
    """Return an exception in words, with the place that raised it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f" ({traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno})" if traceback is not None else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"


def _lines(run: Run, standing: Standing) -> Iterator[str]:
    verb = "applying" if standing.step.direction is Direction.FORWARD else "unapplying"
    yield f"run {run.id} ({run.title} by {run.user or 'an unknown user'} on {run.host}, since {moment(run.started)})"
    yield f"stopped while {verb} {standing.step.key}"
    if standing.step.error:
        yield f"error: {standing.step.error}"
    yield from _operation_lines(standing)


def _operation_lines(standing: Standing) -> Iterator[str]:
    for one in standing.operations:
        yield f"{one.index + 1}. {one.description}: {one.extent}"
        for statement in one.statements:
            yield f"   {SHOWN[statement.judgement]}: {' '.join(statement.sql.split())}"


def _whence(lent: Sequence[Lent]) -> Iterator[str]:
    """Yield where the texts come from that have no file here."""
    for one in lent:
        yield f"the file of {one.key} is not here: its text comes from {one.whence}"


def _plan(standing: Standing, way: Way) -> Iterator[str]:
    """Yield what will be done."""
    if way.answer is not None and standing.doubt is not None:
        yield f"as you say, {_answer(standing, standing.doubt, forward=way.answer)}"
    elif way.forward:
        yield "it goes on from there"
    elif standing.is_unwinding:
        yield "what is left of it is taken back"
    else:
        yield "what was done is taken back, the last operation first"


def _stays(connection: BaseDatabaseWrapper, run: Run) -> Iterator[str]:
    """Say what stays of a run that was to be all or nothing, and was killed: only its last step was taken back."""
    if "--all-or-nothing" not in run.command.split():
        return
    steps = next(iter(runs(connection, id=run.id))).steps
    done = [str(step.key) for step in steps if step.status is StepStatus.DONE]
    if done:
        yield f"it was to be all or nothing: {', '.join(done)} {'is' if len(done) == 1 else 'are'} applied still"
        yield f"next: handrail rollback --run {run.id}"


def _next(found: Unfinished) -> Iterator[str]:
    if found.run.command.startswith("migrate"):
        yield "migrate applies what is still to be applied, and calls the handlers of post_migrate"


def _to_json(run: Run, standing: Standing | None) -> dict[str, Json]:
    """Return what was found, before anything was done about it."""
    known = {
        Extent.DONE: "done",
        Extent.PARTLY: "undone",
        Extent.NOT_DONE: "undone",
        Extent.IN_DOUBT: "ambiguous",
    }
    found: dict[str, Json] = {"run": run.id, "done": [], "undone": [], "ambiguous": []}
    for one in standing.operations if standing is not None else ():
        found[known[one.extent]].append(
            {
                "migration": list(standing.step.key) if standing else None,
                "operation": one.index,
                "description": one.description,
                "extent": one.extent.value,
                "why": one.doubt,
                "statements": [{"sql": each.sql, "status": each.judgement.value} for each in one.statements],
            }
        )
    return found
