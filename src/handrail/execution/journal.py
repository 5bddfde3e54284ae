"""Writing the journal: the intent before the act, and the outcome with it.

Whoever calls decides what is one transaction: nothing here begins one, except where the tables themselves are made.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction, Kind, Mark, OnFailure, Phase, RunStatus, StepStatus
from handrail.errors.base import Refusal
from handrail.errors.hr408 import JournalTooNew
from handrail.execution.journal_rows import OTHER_THAN, insert, update
from handrail.sources.journal import journal_version, stored
from handrail.sources.journal_models import TABLES, VERSION, RunRow, SchemaRow, StatementRow, StepRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.models import QuerySet

T = TypeVar("T")


def _let_commands_be_long(editor: BaseDatabaseSchemaEditor) -> None:
    """Make room for whole commands; they were cut after 200 characters."""
    from django.db import models

    short: models.CharField[str, str] = models.CharField(max_length=200)
    long: models.TextField[str, str] = models.TextField()
    short.set_attributes_from_name("command")
    long.set_attributes_from_name("command")
    editor.alter_field(RunRow, short, long)


UPGRADES: Mapping[int, Callable[[BaseDatabaseSchemaEditor], None]] = {2: _let_commands_be_long}
"""By version, what alters its tables for the next one; each can run again after it was stopped half-way.

Tables that are new need none: version 2 has handrail_kept.
"""


class Patient(Protocol):
    """Runs something, again where a lock was in the way, and returns what it returns; what: in words, for what is said."""

    def __call__(self, run: Callable[[], T], what: str, /) -> T:
        """Raise Blocked at the end of the time for it."""


def once(run: Callable[[], T], _what: str, /) -> T:
    """Run something one time."""
    return run()


class Journal:
    """The journal of one database, written on the connection that migrates."""

    def __init__(self, connection: BaseDatabaseWrapper, patience: Patient = once) -> None:
        """patience: what tries again where a lock is in the way of a row that is a transaction of its own. Reach nothing yet."""
        self.connection, self.patience = connection, patience

    def _write(self, write: Callable[[], T]) -> T:
        """Write one row; whoever has begun a transaction tries the whole of that again."""
        return write() if self.connection.in_atomic_block else self.patience(write, "the journal")

    def ensure(self) -> None:
        """Make the tables, or bring them up to date; the caller holds the lock. Raises JournalTooNew.

        Where tables commit one by one, those that are there already stay: the row that says so comes last.
        """
        from django.db import Error

        version = journal_version(self.connection)
        if version == VERSION:
            return
        if version is not None and version > VERSION:
            raise JournalTooNew(alias=self.connection.alias, found=version, known=VERSION)
        try:
            self._bring_up_to_date(version)
        except Error as error:
            from handrail.checks.hr213 import Preflight

            problem = f"does not take the tables of the journal: {' '.join(str(error).split())}"
            help = "let the user that migrates create and alter tables there; migrations need that too"
            raise Refusal(Preflight.refused(self.connection.alias, problem, help)) from error

    def _bring_up_to_date(self, version: int | None) -> None:
        """Begin with the tables of a version, None for those that are not there or not complete."""
        with self.connection.cursor() as cursor:
            present = set(self.connection.introspection.table_names(cursor))
        with self.connection.schema_editor() as editor:
            for found in range(version or VERSION, VERSION):
                if found in UPGRADES:
                    UPGRADES[found](editor)
            for model in TABLES:
                if model._meta.db_table not in present:
                    editor.create_model(model)
        rows = SchemaRow.objects.using(self.connection.alias)
        if not rows.update(version=VERSION):
            rows.create(version=VERSION)

    def begin(self, *, command: str, session: str, commit: str, from_nothing: bool, on_failure: OnFailure) -> int:
        """Write that a run begins, and return its id."""
        row = RunRow(
            command=command,
            status=RunStatus.RUNNING,
            started=now(),
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            user=user_name()[:255],
            commit=commit[:64],
            session=session[:255],
            from_nothing=from_nothing,
            on_failure=on_failure,
            error="",
        )
        self._write(lambda: insert(self.connection, row))
        return row.id

    def end(self, run: int, status: RunStatus, error: str = "") -> None:
        """Write how a run ended."""
        rows = RunRow.objects.using(self.connection.alias).filter(id=run)
        if status is RunStatus.DONE:
            self._write(lambda: rows.update(status=status, finished=now(), error=error))
        else:  # what failed has waited long enough
            rows.update(status=status, finished=now(), error=error)

    def step_started(
        self,
        run: int,
        key: MigrationKey,
        *,
        direction: Direction,
        atomic: bool,
        faked: bool,
        digest: str,
        sources: Mapping[str, str],
    ) -> int:
        """Write that a migration is about to be applied or unapplied, and return the step's id."""
        row = StepRow(
            run=run,
            app=key.app_label,
            name=key.name,
            direction=direction,
            status=StepStatus.RUNNING,
            atomic=atomic,
            faked=faked,
            digest=digest,
            sources=json.dumps(dict(sources)),
            started=now(),
            error="",
        )
        self._write(lambda: insert(self.connection, row))
        return row.id

    def step_ended(self, step: int, status: StepStatus, error: str = "") -> bool:
        """Write how a step ended: done belongs into the transaction of its record in django_migrations.

        Returns False, and writes nothing, for a step that is done: an error that comes when that transaction is committed already
        (a signal, a connection that breaks before it answers) takes nothing back.
        """
        where = {"id": step, f"status{OTHER_THAN}": StepStatus.DONE}
        return bool(update(self.connection, StepRow, where, {"status": status, "finished": now(), "error": error}))

    def forget_step(self, step: int) -> None:
        """Take away that a step begins, of which nothing has."""
        forget(StepRow.objects.using(self.connection.alias).filter(id=step, status=StepStatus.RUNNING))

    def operation(self, step: int, phase: Phase, index: int, mark: Mark) -> None:
        """Mark an operation: as started where no transaction holds it, as done in the transaction that does."""
        where = {"step": step, "phase": phase, "operation": index, "kind": Kind.OPERATION}
        if not self._write(lambda: update(self.connection, StatementRow, where, {"status": mark})):
            self._insert(step, phase, index, Kind.OPERATION, mark)

    def statement_started(
        self, step: int, phase: Phase, index: int, sql: str, before: Mapping[str, str | None], reads: Sequence[Any]
    ) -> int:
        """Write a statement before it runs. reads: what was asked since the last one. Returns the id of the row."""
        return self._insert(step, phase, index, Kind.SQL, Mark.STARTED, sql=sql, before=before, reads=reads)

    def statement_done(self, id: int) -> None:
        """Mark a statement as done."""
        self._write(lambda: update(self.connection, StatementRow, {"id": id}, {"status": Mark.DONE}))

    def forget(self, step: int, phase: Phase, operations: Sequence[int] | None = None) -> None:
        """Take away what is on record of operations whose work was taken back; None: of all."""
        rows = StatementRow.objects.using(self.connection.alias).filter(step=step, phase=phase)
        self._write((rows if operations is None else rows.filter(operation__in=operations)).delete)

    def forget_statement(self, id: int) -> None:
        """Take away what is on record of one statement: nothing of it is there."""
        forget(StatementRow.objects.using(self.connection.alias).filter(id=id))

    def _insert(
        self,
        step: int,
        phase: Phase,
        index: int,
        kind: Kind,
        mark: Mark,
        *,
        sql: str = "",
        before: Mapping[str, str | None] | None = None,
        reads: Sequence[Any] = (),
    ) -> int:
        row = StatementRow(
            step=step,
            phase=phase,
            operation=index,
            kind=kind,
            status=mark,
            sql=sql,
            before=json.dumps(dict(before or {})),
            reads=json.dumps(list(reads)),
        )
        self._write(lambda: insert(self.connection, row))
        return row.id


def forget(rows: QuerySet[Any]) -> None:
    """Delete rows of the journal and tell nobody: receivers of a project's signals are asked about every model that has any.

    NetBox's fail on models that are none of its own where its tables are not there yet.
    """
    rows._raw_delete(rows.db)


def now() -> datetime:
    """Return this moment in UTC, as Django's fields take it: without a time zone where USE_TZ is off."""
    return stored(datetime.now(UTC))


def user_name() -> str:
    """Return who runs this process, "" where the system does not say (a container's user without a name raises KeyError)."""
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return ""
