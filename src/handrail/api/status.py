"""The pipeline of ``handrail status``."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from handrail.checks._words import listed
from handrail.domain.dataclasses import dataclass, field
from handrail.domain.finding import Finding
from handrail.domain.outcome import CLEAN, FINDINGS, REFUSED, Json, Outcome
from handrail.domain.run import LockHolder, Run
from handrail.errors.base import Refusal
from handrail.sources.database_status import DatabaseStatus, read_status
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.kept import KeptSummary

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 2.0, 10.0, 1.5
"""Seconds between two looks, at first and at most, and by what they grow: many pods look at once."""
Told = Callable[[str, float], None]
"""Called once a look with what is waited for, and the seconds waited so far."""
SHOWN = 5
"""How many pending migrations the text names."""
WIDTH = 80
"""Of a line of the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the databases gave. refused: why some could not be read."""

    databases: tuple[DatabaseStatus, ...] = ()
    refused: tuple[Finding, ...] = field(default=())

    @property
    def is_ready(self) -> bool:
        """Say whether code that expects all migrations can start."""
        return not self.refused and all(one.is_ready for one in self.databases)


def status(root: Path, *, database: str | None = None, wait: float | None = None, told: Told = lambda *_: None) -> Outcome:
    """Show how one database is, or all of them, and change nothing.

    wait: seconds to go on looking until nobody migrates and nothing is pending; the exit code is 1 when they are over. A database
    that cannot be reached is a refusal, after the others were read; while waiting it is waited for.
    """
    set_up(root)
    aliases = aliases_of(database)
    if wait is None:
        look = look_at(aliases)
        return _outcome(look, exit=REFUSED if look.refused else FINDINGS if _is_wrong(look) else CLEAN)
    look = _wait(aliases, wait, told)
    lines = () if look.is_ready else (f"not ready after {wait:.0f} s",)
    return _outcome(look, exit=CLEAN if look.is_ready else FINDINGS, more=lines)


def look_at(aliases: Sequence[str]) -> Look:
    """Read the status of every database, as far as it can be read."""
    databases: list[DatabaseStatus] = []
    refused: list[Finding] = []
    for alias in aliases:
        try:
            databases.append(read_status(alias))
        except Refusal as refusal:
            refused += refusal.findings
    return Look(databases=tuple(databases), refused=tuple(refused))


def _wait(aliases: Sequence[str], wait: float, told: Told) -> Look:
    started, pause = time.monotonic(), FIRST_PAUSE
    while True:
        look = look_at(aliases)
        waited = time.monotonic() - started
        if look.is_ready or waited >= wait:
            return look
        told(_reason(look), waited)
        time.sleep(min(pause, wait - waited))
        pause = min(pause * GROWTH, LONGEST_PAUSE)


def _reason(look: Look) -> str:
    """Say what is waited for."""
    reasons = [finding.message for finding in look.refused]
    for one in look.databases:
        if one.lock is not None:
            reasons.append(f"{one.alias}: {one.lock}")
        elif one.pending:
            reasons.append(f"{one.alias}: {len(one.pending)} pending")
        elif not one.is_ready:
            reasons.append(f"{one.alias}: see handrail status")
    return f"waiting for {'; '.join(reasons)}"


def _is_wrong(look: Look) -> bool:
    """Pending migrations and one that is being applied are nothing wrong."""
    return any(one.findings or one.unfinished for one in look.databases)


def _outcome(look: Look, *, exit: int, more: Sequence[str] = ()) -> Outcome:
    findings = dict.fromkeys(finding for one in look.databases for finding in one.findings)
    return Outcome(
        command="status",
        exit=exit,
        findings=(*findings, *look.refused),
        summary=tuple([line for one in look.databases for line in _lines(one)] + list(more)),
        extra={"databases": [_to_json(one) for one in look.databases]},
    )


def _lines(one: DatabaseStatus) -> Iterator[str]:
    version = f"{one.version}, " if one.version else "not there yet, "
    yield f"{one.alias}: {version}{one.applied} applied, {len(one.pending) or 'none'} pending"
    if one.pending:
        more = f" and {len(one.pending) - SHOWN} more" if len(one.pending) > SHOWN else ""
        line = f"  pending: {', '.join(map(str, one.pending[:SHOWN])) if more else listed(one.pending)}{more}"
        yield from textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    yield f"  lock: {one.lock}" if one.lock else "  lock: nobody migrates"
    yield from kept_lines(one.kept)
    if one.unfinished:
        run = one.unfinished
        yield f"  unfinished: run {run.id}, {run.title} by {run.user or 'an unknown user'} on {run.host} (pid {run.pid})"
        yield "  next: handrail recover"


def kept_lines(kept: KeptSummary) -> Iterator[str]:
    """Say in a line what is kept, and that some of it has expired."""
    counts = {"column": kept.columns, "table": kept.tables, "data migration": kept.rows}
    words = [f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count]
    if words:
        expired = f", {kept.expired} expired: see handrail purge" if kept.expired else ""
        yield f"  kept: {', '.join(words)}{expired}"


def _to_json(one: DatabaseStatus) -> Json:
    return {
        "alias": one.alias,
        "vendor": one.vendor,
        "version": one.version,
        "pending": [list(key) for key in one.pending],
        "applied": one.applied,
        "lock": holder_to_json(one.lock),
        "unfinished": _run_to_json(one.unfinished),
        "kept": _kept_to_json(one.kept),
    }


def _kept_to_json(kept: KeptSummary) -> Json:
    return {
        "things": kept.things,
        "columns": kept.columns,
        "tables": kept.tables,
        "rows": kept.rows,
        "expired": kept.expired,
        "next_expires": kept.next_expires.isoformat() if kept.next_expires else None,
    }


def holder_to_json(holder: LockHolder | None) -> Json:
    """Return the JSON of a lock's holder; since: ISO 8601, null where it is not known."""
    if holder is None:
        return None
    return {
        "host": holder.host,
        "pid": holder.pid,
        "user": holder.user,
        "since": holder.since.isoformat() if holder.since else None,
        "command": holder.command,
        "run": holder.run,
        "step": holder.step or None,
        "commit": holder.commit or None,
        "session": holder.session or None,
    }


def _run_to_json(run: Run | None) -> Json:
    if run is None:
        return None
    return {
        "id": run.id,
        "command": run.command,
        "status": run.status.value,
        "started": run.started.isoformat(),
        "host": run.host,
        "pid": run.pid,
        "user": run.user,
        "commit": run.commit or None,
    }
