"""The pipeline of ``handrail history``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from handrail.api.kept import Thing, named, to_json
from handrail.databases.purging.base import Size
from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Kept, KeptStatus
from handrail.domain.outcome import CLEAN, Json, Outcome
from handrail.domain.run import Direction, Kind, Phase, Run, RunStatus, Statement, Step, StepStatus, moment
from handrail.errors.hr410 import NoSuchRun
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.run_records import RunRecords, read_records

HEAD = ("run", "when", "status", "steps", "seconds", "commit", "command, by")
NO_JOURNAL = "{alias} has no journal: no migrate has run there under Handrail"
LATEST = 50
"""How many runs are shown where no number is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run, and what is known beyond its own record: whether its process is gone, and what is on record inside its steps."""

    alias: str
    run: Run
    is_interrupted: bool
    statements: Mapping[int, Sequence[Statement]]
    kept: Sequence[Kept]

    def kept_by(self, step: Step) -> list[Kept]:
        """Return what one step has kept, whatever has become of it."""
        return [each for each in self.kept if each.step == step.id and each.table]


def history(
    root: Path, *, database: str | None = None, all_databases: bool = False, run: int | None = None, limit: int = LATEST
) -> Outcome:
    """Show the runs on record, the latest first, or one of them with its statements; nothing is changed.

    Raises NoSuchRun, and what set_up, aliases_of and reaching raise.
    """
    set_up(root)
    aliases = aliases_of(None if all_databases else database or "default")
    read = {alias: read_records(alias, run=run, limit=limit) for alias in aliases}
    shown = [_shown(alias, records, one) for alias, records in read.items() for one in records.runs]
    if run is not None and not shown and any(records.has_journal for records in read.values()):
        raise NoSuchRun(alias=aliases[0], run=run)
    lines = [line for alias, records in read.items() for line in _closing(alias, records)]
    details = [line for one in shown for line in _details(one)] if run is not None else []
    return Outcome(
        command="history",
        exit=CLEAN,
        table=() if run is not None else tuple(_table(shown, many=len(aliases) > 1)),
        summary=(*details, *([""] if details and lines else []), *lines),
        extra={"runs": [_to_json(one, inside=run is not None) for one in shown]},
    )


def _shown(alias: str, records: RunRecords, run: Run) -> Shown:
    return Shown(
        alias=alias,
        run=run,
        is_interrupted=run.status is RunStatus.RUNNING and run.id != records.holding,
        statements=records.statements,
        kept=records.kept,
    )


def _closing(alias: str, records: RunRecords) -> Iterator[str]:
    if not records.has_journal:
        yield NO_JOURNAL.format(alias=alias)
    elif not records.runs:
        yield f"{alias}: no run is on record"
    elif records.more:
        yield f"{alias}: {records.more} earlier; --limit N shows more"
    if records.unfinished is not None:
        named = "" if alias == "default" else f" --database {alias}"
        yield f"run {records.unfinished} is unfinished; next: handrail recover{named}"


def _table(shown: Sequence[Shown], *, many: bool) -> Iterator[tuple[str, ...]]:
    if shown:
        yield ("database", *HEAD) if many else HEAD
    for one in shown:
        run = one.run
        done = sum(step.status is StepStatus.DONE for step in run.steps)
        steps = str(done) if done == len(run.steps) else f"{done} of {len(run.steps)}"
        cells = (str(run.id), f"{run.started.astimezone():%Y-%m-%d %H:%M}", _status(one), steps, _seconds(_length(run)))
        row = (*cells, run.commit[:7], f"{run.title} by {_who(run)}")
        yield (one.alias, *row) if many else row


def _status(one: Shown) -> str:
    return "interrupted" if one.is_interrupted else one.run.status.value


def _length(run: Run) -> float | None:
    return (run.finished - run.started).total_seconds() if run.finished else None


def _seconds(seconds: float | None) -> str:
    return f"{seconds:.1f}" if seconds is not None else ""


def _who(run: Run) -> str:
    return f"{run.user}@{run.host}" if run.user else run.host


def _details(one: Shown) -> Iterator[str]:
    run, length = one.run, _length(one.run)
    commit = f", commit {run.commit}" if run.commit else ""
    yield f"run {run.id} on {one.alias}: {run.command} by {_who(run)} (pid {run.pid}){commit}"
    yield f"began {moment(run.started)}" + (f", took {length:.1f} s" if length is not None else "") + f": {_status(one)}"
    if run.error:
        yield f"error: {' '.join(run.error.split())}"
    for step in run.steps:
        yield ""
        yield from _step_lines(step, one.statements.get(step.id, ()))
        for each in one.kept_by(step):
            yield f"  kept {named(each)}{_rows(each)}: {_became(each)}"


def _step_lines(step: Step, statements: Sequence[Statement]) -> Iterator[str]:
    verb = "applying" if step.direction is Direction.FORWARD else "unapplying"
    took = f" after {step.seconds:.1f} s" if step.seconds is not None else ""
    faked = " (faked)" if step.faked else ""
    yield f"{verb} {step.key}{faked}: {step.status}{took}"
    if step.error:
        yield f"  error: {step.error}"
    for each in statements:
        what = f"operation {each.operation + 1}" if each.kind is Kind.OPERATION else " ".join(each.sql.split())
        yield f"  {'taking back: ' if each.phase is Phase.UNWIND else ''}{what}: {each.status}"


def _rows(one: Kept) -> str:
    return "" if one.rows is None else f" ({one.rows:,} row{'' if one.rows == 1 else 's'})"


def _became(one: Kept) -> str:
    """Say what has become of a kept thing."""
    if one.status is KeptStatus.KEPT:
        return f"until {one.expires.astimezone():%Y-%m-%d}"
    if one.status is KeptStatus.PURGED:
        return f"purged {moment(datetime.fromisoformat(one.details['purged']))} by {one.details['by']}"
    return one.status.value


def _to_json(one: Shown, *, inside: bool) -> Json:
    run = one.run
    return {
        "id": run.id,
        "database": one.alias,
        "command": run.command,
        "status": run.status.value,
        "interrupted": one.is_interrupted,
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat() if run.finished else None,
        "host": run.host,
        "pid": run.pid,
        "user": run.user,
        "commit": run.commit or None,
        "error": run.error,
        "steps": [_step_to_json(one, step, inside=inside) for step in run.steps],
    }


def _step_to_json(one: Shown, step: Step, *, inside: bool) -> Json:
    known = {
        "migration": list(step.key),
        "direction": step.direction.value,
        "status": step.status.value,
        "seconds": step.seconds,
        "faked": step.faked,
        "atomic": step.atomic,
        "error": step.error,
    }
    if not inside:
        return known
    return known | {
        "statements": [_statement_to_json(each) for each in one.statements.get(step.id, ())],
        "kept": [to_json(Thing(alias=one.alias, kept=each, size=Size(each.rows, None))) for each in one.kept_by(step)],
    }


def _statement_to_json(each: Statement) -> Json:
    return {
        "operation": each.operation,
        "kind": each.kind.value,
        "phase": each.phase.value,
        "status": each.status.value,
        "sql": each.sql,
    }
