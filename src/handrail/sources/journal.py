"""What the journal says: runs, their steps, and how far a step came that is not one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction, Kind, Mark, OnFailure, Phase, Run, RunStatus, Statement, Step, StepStatus, Tag
from handrail.errors.hr408 import JournalTooNew

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.journal_models import RunRow, StatementRow, StepRow, TagRow


HALF_DONE = (StepStatus.RUNNING, StepStatus.STOPPED, StepStatus.UNWINDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A run that was interrupted or stopped, and the step that is half done, if any is; statements: what is known of that."""

    run: Run
    step: Step | None
    statements: tuple[Statement, ...]

    @property
    def is_over(self) -> bool:
        """Say whether nothing is half done: between two steps, in one transaction, or before a step's first statement."""
        step = self.step
        return step is None or step.atomic or not (self.statements or step.status is StepStatus.UNWINDING)


def has_journal(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the tables are there, and complete: the row with their version is written last. Raises JournalTooNew."""
    from handrail.sources.journal_models import VERSION

    found = journal_version(connection)
    if found is not None and found > VERSION:
        raise JournalTooNew(alias=connection.alias, found=found, known=VERSION)
    return found is not None


def journal_version(connection: BaseDatabaseWrapper) -> int | None:
    """Return the version of the tables, None where they are not there or not complete."""
    from handrail.sources.journal_models import SchemaRow

    with connection.cursor() as cursor:
        if SchemaRow._meta.db_table not in connection.introspection.table_names(cursor):
            return None
    return SchemaRow.objects.using(connection.alias).values_list("version", flat=True).first()


def unfinished(connection: BaseDatabaseWrapper) -> Unfinished | None:
    """Return the last run if it is not over: interrupted, or stopped with a step half done. Ask while holding the lock."""
    if not has_journal(connection):
        return None
    last = next(iter(runs(connection, limit=1)), None)
    if last is None:
        return None
    step = next((step for step in last.steps if step.status in HALF_DONE), None)
    if last.status is not RunStatus.RUNNING and step is None:
        return None
    return Unfinished(run=last, step=step, statements=statements_of(connection, step.id) if step else ())


def runs(connection: BaseDatabaseWrapper, *, limit: int | None = None, id: int | None = None) -> list[Run]:
    """Return runs with their steps, the latest first."""
    from handrail.sources.journal_models import RunRow, StepRow

    rows = RunRow.objects.using(connection.alias).order_by("-id")
    found = list(rows.filter(id=id) if id is not None else rows[:limit])
    steps: dict[int, list[Step]] = {row.id: [] for row in found}
    for row in StepRow.objects.using(connection.alias).filter(run__in=steps).order_by("id"):
        steps[row.run].append(_step(row))
    return [_run(row, steps[row.id]) for row in found]


def count_runs(connection: BaseDatabaseWrapper) -> int:
    """Return how many runs are on record."""
    from handrail.sources.journal_models import RunRow

    return RunRow.objects.using(connection.alias).count()


def tags(connection: BaseDatabaseWrapper) -> list[Tag]:
    """Return the tags, the oldest first."""
    from handrail.sources.journal_models import TagRow

    return [_tag(row) for row in TagRow.objects.using(connection.alias).order_by("made", "name")]


def tag_named(connection: BaseDatabaseWrapper, name: str) -> Tag | None:
    """Return a tag as the database finds it by its name: MySQL and MariaDB make no difference between A and a."""
    from handrail.sources.journal_models import TagRow

    row = TagRow.objects.using(connection.alias).filter(name=name).first()
    return _tag(row) if row is not None else None


def statements_of(connection: BaseDatabaseWrapper, step: int) -> tuple[Statement, ...]:
    """Return what is on record of the inside of a step, in order."""
    from handrail.sources.journal_models import StatementRow

    return tuple(_statement(row) for row in StatementRow.objects.using(connection.alias).filter(step=step).order_by("id"))


def _run(row: RunRow, steps: Iterable[Step]) -> Run:
    return Run(
        id=row.id,
        command=row.command,
        status=RunStatus(row.status),
        started=moment_of(row.started),
        finished=moment_of(row.finished) if row.finished else None,
        host=row.host,
        pid=row.pid,
        user=row.user,
        commit=row.commit,
        session=row.session,
        from_nothing=row.from_nothing,
        on_failure=OnFailure(row.on_failure),
        error=row.error,
        steps=tuple(steps),
    )


def _step(row: StepRow) -> Step:
    return Step(
        id=row.id,
        key=MigrationKey(row.app, row.name),
        direction=Direction(row.direction),
        status=StepStatus(row.status),
        atomic=row.atomic,
        faked=row.faked,
        digest=row.digest,
        started=moment_of(row.started),
        finished=moment_of(row.finished) if row.finished else None,
        error=row.error,
    )


def _statement(row: StatementRow) -> Statement:
    before: dict[str, str | None] = json.loads(row.before)
    reads: Sequence[Any] = json.loads(row.reads)
    return Statement(
        id=row.id,
        phase=Phase(row.phase),
        operation=row.operation,
        kind=Kind(row.kind),
        status=Mark(row.status),
        sql=row.sql,
        before=before,
        reads=tuple(reads),
    )


def _tag(row: TagRow) -> Tag:
    applied = frozenset(MigrationKey(app, name) for app, name in json.loads(row.applied))
    return Tag(name=row.name, made=moment_of(row.made), user=row.user, run=row.run, applied=applied)


def moment_of(value: datetime) -> datetime:
    """Without USE_TZ Django gives moments of the journal as they were written: in UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def stored(moment: datetime) -> datetime:
    """Return a moment in UTC as Django's fields take it: without a time zone where USE_TZ is off."""
    from django.conf import settings

    return moment if settings.USE_TZ else moment.replace(tzinfo=None)
