"""What ``handrail rollback`` shows: the plan, what stands in its way, and how it ended."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from handrail.checks.hr506 import NoopReverse
from handrail.checks.hr508 import MergeSide
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.finding import Finding
from handrail.domain.kept import Form, Kept, KeptStatus
from handrail.domain.outcome import CLEAN, Json, Outcome
from handrail.domain.rollback import Judgement, RollbackPlan, RollbackStep, Verdict
from handrail.errors.base import Refusal
from handrail.errors.hr501 import LosesData
from handrail.errors.hr502 import Irreversible
from handrail.execution.stale import stale
from handrail.sources.backups import backup_folder, list_backups
from handrail.sources.kept import has_kept, kept
from handrail.sources.run_options import read_run_options

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.rolling_back import Ready
    from handrail.execution.runner import Runner

HEAD = ("migration", "verdict", "rows", "what becomes of it")
MANY = 10_000
"""More rows than these, and a yes is not enough; rows are not counted further (probes, BOUND)."""
WIDTH = 80
SHOWN = 6
"""Lines of one kind that are listed, so that one screen holds all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a backup can do for a plan. create: the command that makes one now. restore: the one that restores the latest in which
    nothing is applied that cannot be taken back without loss, "" where there is none.
    """

    create: str
    restore: str


def plan_of(plan: RollbackPlan, alias: str) -> Outcome:
    """Return a plan as it is shown before anybody says yes; where something is lost or impossible, with what a backup can do."""
    offer = offer_of(plan, alias)
    count = f"{len(plan.steps)} migration{'' if len(plan.steps) == 1 else 's'}"
    head = f"{count} on {alias} to be taken back, to {plan.target}"
    return Outcome(
        command="rollback",
        exit=CLEAN,
        proof=tuple(_wrapped(head)),
        table=(HEAD, *(_row(step) for step in plan.steps)),
        summary=tuple(part for line in (*_lines(plan), *_backup_lines(offer)) for part in _wrapped(line)),
        extra=to_json(plan, None, offer),
    )


def offer_of(plan: RollbackPlan, alias: str) -> Offer | None:
    """Return the offer of a backup where a step is lossy or impossible, None for any other plan."""
    bad = {step.key for step in plan.steps if step.verdict in (Verdict.LOSSY, Verdict.IMPOSSIBLE)}
    if not bad:
        return None
    option = "" if alias == "default" else f" --database {alias}"
    restore = ""
    with suppress(Refusal):  # a folder that cannot be read is no reason to show no plan
        there = list_backups(backup_folder(read_run_options().backups))
        own = [one for one in there if one.alias == alias and not bad & set(one.applied)]
        restore = f"handrail backup restore {own[-1].id}{option}" if own else ""
    return Offer(create=f"handrail backup create{option}", restore=restore)


def _backup_lines(offer: Offer | None) -> Iterator[str]:
    if offer is not None:
        yield f"a backup of what is there now: {offer.create}"
        if offer.restore:
            yield f"the latest one from before, without what was written since: {offer.restore}"


def _wrapped(line: str) -> list[str]:
    """Break a line so that it fits the narrowest usual terminal."""
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _row(step: RollbackStep) -> tuple[str, ...]:
    source = f"from {step.source}" if step.source else ""
    rows = "" if step.rows is None else f"> {MANY}" if step.rows > MANY else str(step.rows)
    return (str(step.key), step.verdict.value, rows, "; ".join(filter(None, (step.brief, source))))


def _lines(plan: RollbackPlan) -> Iterator[str]:
    locks = list(dict.fromkeys(lock for step in plan.steps for lock in step.locks))
    if locks:
        more = f", and {len(locks) - SHOWN} more" if len(locks) > SHOWN else ""
        yield f"locks: {', '.join(locks[:SHOWN])}{more}"
    if plan.others:
        yield f"other apps that lose migrations too: {', '.join(plan.others)}"
    if plan.opened:
        yield f"through the files that {', '.join(map(str, plan.opened))} replaces"
    if plan.lacking:
        some = ", ".join(map(str, plan.lacking[:SHOWN]))
        more = f", and {len(plan.lacking) - SHOWN} more" if len(plan.lacking) > SHOWN else ""
        yield f"not applied here, and not applied by a rollback, but by migrate: {some}{more}"


def to_json(plan: RollbackPlan, run: int | None, offer: Offer | None = None) -> dict[str, Json]:
    """Return the JSON of a plan; run: the id of the run that carried it out, None where nothing was done."""
    backup: Json = None if offer is None else {"create": offer.create, "restore": offer.restore or None}
    return {
        "plan": {
            "target": plan.target,
            "steps": [_step_to_json(step) for step in plan.steps],
            "others": list(plan.others),
            "stays": [list(key) for key in plan.stays],
            "lacking": [list(key) for key in plan.lacking],
            "backup": backup,
        },
        "run": run,
    }


def _step_to_json(step: RollbackStep) -> dict[str, Json]:
    return {
        "migration": list(step.key),
        "direction": step.direction.value,
        "verdict": step.verdict.value,
        "reason": step.reason,
        "locks": list(step.locks),
        "rows": step.rows,
        "faked": step.faked,
        "source": step.source,
    }


def findings_of(plan: RollbackPlan, both: str, alias: str, *, accept_loss: bool = False) -> Iterator[Finding]:
    """Yield what stands in the way of a plan, and what is worth knowing. both: see MergeSide."""
    reach = None
    for undone, step in enumerate(plan.steps):
        lost = [one for one in step.judgements if one.verdict is Verdict.LOSSY]
        if lost and not accept_loss:
            yield _loses(step, lost)
        for one in step.judgements:
            if one.verdict is Verdict.IMPOSSIBLE:
                reach = _as_far_as(plan, undone, alias) if reach is None else ""
                yield _irreversible(step, one, undone, reach)
    yield from MergeSide.find(plan, both)
    yield from NoopReverse.find(plan)


def _as_far_as(plan: RollbackPlan, undone: int, alias: str) -> str:
    """Return the command that takes back what comes before the first step that cannot be; "" where that is nothing of its app."""
    key = plan.steps[undone].key
    if not any(step.key.app_label == key.app_label for step in plan.steps[:undone]):
        return ""
    return f"handrail rollback {key.app_label} {key.name}{'' if alias == 'default' else f' --database {alias}'}"


def _irreversible(step: RollbackStep, one: Judgement, undone: int, reach: str) -> Finding:
    notes = [f"{one.described}: {one.reason}"]
    return Irreversible(migration=step.key, operation=one.operation + 1, done=undone, notes=notes, command=reach).finding


def _loses(step: RollbackStep, lost: Sequence[Judgement]) -> Finding:
    """Say what a step loses: one finding, however many columns it has dropped."""
    first, *others = lost
    more = [f"so does {one.described}: {one.loses}, {_why_lost(one)}" for one in others[:SHOWN]]
    more += [f"and {len(others) - SHOWN} more operations"] if len(others) > SHOWN else []
    rows = _why_lost(first)
    return LosesData(operation=first.described, what=first.loses, rows=rows, migration=step.key, more=more).finding


def _why_lost(one: Judgement) -> str:
    return f"{_rows(one.rows)}, and nothing is kept" if one.rows is not None else "its values are not kept"


def _rows(number: int) -> str:
    return f"more than {MANY} rows" if number > MANY else f"{number} row{'' if number == 1 else 's'}"


def many(plan: RollbackPlan) -> list[str]:
    """Return the apps whose names have to be typed because so many rows of theirs are concerned, or may be."""
    steps = (step for step in plan.steps if (step.rows or 0) > MANY or not all(one.is_counted for one in step.judgements))
    return sorted({step.key.app_label for step in steps})


def after_it(runner: Runner, ready: Ready, connection: BaseDatabaseWrapper, shown: Outcome) -> Outcome:
    """Return how a rollback ended, after it was read back."""
    plan = ready.plan
    assert runner.id is not None
    count = f"{len(plan.steps)} migration{'' if len(plan.steps) == 1 else 's'}"
    there = f"{connection.alias} is at {plan.target}"
    if plan.lacking:
        there = f"{connection.alias} is at {plan.target} but for {len(plan.lacking)} that migrate has to apply"
    lines = [f"run {runner.id}: {count} taken back; {there}"]
    lines += _kept_lines(connection, runner.id)
    found = (*shown.findings, *stale(connection, ready.without, {step.key.app_label for step in plan.steps}))
    return replace(
        shown,
        findings=found,
        proof=(),
        table=(),
        summary=tuple(part for line in lines for part in _wrapped(line)),
        extra=to_json(plan, runner.id, offer_of(plan, connection.alias)),
    )


def _kept_lines(connection: BaseDatabaseWrapper, run: int) -> Iterator[str]:
    """Say what this run has set aside, and until when it is kept."""
    found = kept(connection, (KeptStatus.KEPT,), run=run) if has_kept(connection) else ()
    names = list(dict.fromkeys(_name(one) for one in found if one.table))
    if names:
        more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        until = min(one.expires for one in found).astimezone()
        yield f"kept until {until:%Y-%m-%d}, and back when they are applied again: {', '.join(names[:SHOWN])}{more}"


def _name(one: Kept) -> str:
    if one.form is Form.LOG or one.form is Form.CHANGES:
        return f"rows of {one.table}" if one.form is Form.LOG else f"values of {one.table}.{one.column}"
    return f"{one.table}.{one.column}" if one.column else one.table
