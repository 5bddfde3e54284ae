"""The runs that the journal of one database has on record, for who only wants to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.kept import Kept, KeptStatus
from handrail.domain.run import Run, Statement
from handrail.sources.holder import read_holder
from handrail.sources.journal import count_runs, has_journal, runs, statements_of, unfinished
from handrail.sources.kept import has_kept, kept
from handrail.sources.reach import is_there, reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """What was read. more: how many earlier runs there are. holding: the run that goes on now. unfinished: one that nobody is at.

    statements: what is on record inside the steps, by the steps' ids; kept: what they have kept. Read for a single run alone.
    """

    has_journal: bool
    runs: Sequence[Run] = ()
    more: int = 0
    holding: int | None = None
    unfinished: int | None = None
    statements: Mapping[int, Sequence[Statement]] = field(default_factory=dict)
    kept: Sequence[Kept] = ()


def read_records(alias: str, *, run: int | None, limit: int) -> RunRecords:
    """Read the latest runs, or one; nothing is changed, and the connection is closed.

    Raises DatabaseNotReached and JournalTooNew.
    """
    from django.db import connections

    connection = connections[alias]
    try:
        with reaching(alias):
            if not is_there(connection) or not has_journal(connection):
                return RunRecords(has_journal=False)
            return _read(connection, run, limit)
    finally:
        connection.close()


def _read(connection: BaseDatabaseWrapper, run: int | None, limit: int) -> RunRecords:
    found = runs(connection, id=run) if run is not None else runs(connection, limit=limit)
    holder = read_holder(connection)
    holding = holder.run if holder else None
    left = unfinished(connection)
    steps = [step.id for one in found for step in one.steps] if run is not None else []
    return RunRecords(
        has_journal=True,
        runs=found,
        more=max(count_runs(connection) - limit, 0) if run is None else 0,
        holding=holding,
        unfinished=left.run.id if left is not None and left.run.id != holding else None,
        kept=kept(connection, tuple(KeptStatus), run=run) if run is not None and has_kept(connection) else (),
        statements={step: statements_of(connection, step) for step in steps},
    )
