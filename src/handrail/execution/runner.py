"""One run from end to end: the lock, what an earlier run left, the journal, the steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db.migrations.executor import MigrationExecutor

from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Undo
from handrail.domain.run import OnFailure, RunOptions, RunStatus, StepStatus
from handrail.errors.hr302 import Blocked
from handrail.execution.executor import Executor, ReadingExecutor
from handrail.execution.journal import Journal, user_name
from handrail.execution.lock import Lock, Waiting, lock_for
from handrail.execution.patience import Patience
from handrail.execution.session import prepared, refuse_still_running, set_up_transaction
from handrail.sources.journal import Unfinished, has_journal, runs, unfinished

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.finding import Finding
    from handrail.domain.run import Run
    from handrail.execution.keeping.keeper import Keeping
    from handrail.execution.steps import Steps

COMMIT = ("HANDRAIL_COMMIT", "GIT_COMMIT", "CI_COMMIT_SHA", "GITHUB_SHA", "SOURCE_VERSION")
"""Environment variables that name the deployed commit, where there is no repository: the first is Handrail's own."""

First = Callable[[], Callable[[int], None]]
"""What comes before the first step of a run; what it returns is told the run's id."""
AS_MIGRATE = Undo()
"""What migrate does with kept data: nothing that was written since is overwritten, and nothing is filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What a run says while it goes on. waiting: while another one has the lock; locked: when that is over. said: one line.

    blocked: see retrying.
    """

    waiting: Waiting
    locked: Callable[[], None]
    said: Callable[[str], None]
    blocked: Callable[..., None]


class Runner:
    """A run on one database. Use it as ``with runner.running(): ...``; executor() is for Django's migrate command."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        *,
        options: RunOptions,
        command: str,
        talk: Talk,
        only: str = "",
        undo: Undo = AS_MIGRATE,
        first: First | None = None,
    ) -> None:
        """command: as it was typed. only: the app that is asked for, "" for all. undo: how kept data is brought back.

        first: what is done before the run is on record; what it raises ends the run with nothing changed. Nothing is reached yet.
        """
        self.only, self.undo, self.first = only, undo, first
        self.connection, self.options, self.command, self.talk = connection, options, command, talk
        self.patience = Patience(connection, budget=options.lock_wait, blocked=talk.blocked)
        self.journal = Journal(connection, self.patience)
        self.id: int | None = None
        self.lock: Lock
        self._executor: Executor | None = None
        self._is_plain = True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, on a connection that is set up for migrating. Raises refusals before anything is changed."""
        with prepared(self.connection, self.options, who=user_name(), command=self.command):
            self.lock = lock_for(
                self.connection,
                wait=self.options.lock_wait,
                waiting=self.talk.waiting,
                who=user_name(),
                command=self.command,
            )
            try:
                self.lock.acquire()
            finally:
                self.talk.locked()
            try:
                with self.patience.with_single_statements():
                    yield
            finally:
                self.lock.release()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold the lock, after what an earlier run left is put right; the run is on record from its first step on."""
        with self.locked():
            self._is_plain = self.is_plain()
            if not self._is_plain:
                self._put_right()
            try:
                yield
            except BaseException as error:
                self._end(RunStatus.FAILED, error)
                raise
            self._end(RunStatus.DONE)

    def is_plain(self) -> bool:
        """Say whether nothing goes on record: a test database that is built from nothing, or a migrate inside a migration.

        Nor where a caller's transaction would have to make the journal: SQLite cannot there, and MySQL would commit it.
        """
        if self.lock.is_nested or (self.connection.in_atomic_block and not has_journal(self.connection)):
            return True
        return is_test_database(self.connection) and is_from_nothing(self.connection)

    @cached_property
    def _from_nothing(self) -> bool:
        """Whether no migration was applied before the first step of this run; to be asked before that."""
        return is_from_nothing(self.connection)

    def _put_right(self) -> None:
        found = unfinished(self.connection)
        if found is not None:
            self.patience(self.journal.ensure, "the journal")
            refuse_still_running(self.connection, found.run)
            self.drop_leftovers()
            self._recover(found)

    def drop_leftovers(self) -> None:
        """Drop the triggers of logs that no step writes any more: of runs that were killed."""
        from handrail.execution.keeping.row_log import drop_leftovers

        drop_leftovers(self.connection)

    def begin(self) -> int:
        """Be on record, and return the id: what has nothing to do, and what is refused before its first step, never is."""
        if self.id is None:
            from_nothing = self._from_nothing
            tell = self.first() if self.first is not None else None
            self.patience(self.journal.ensure, "the journal")
            self.id = self.journal.begin(
                command=self.command,
                session=self.lock.session,
                commit=commit_now(),
                from_nothing=from_nothing,
                on_failure=self.options.on_failure,
            )
            self.drop_leftovers()
            if tell is not None:
                tell(self.id)
        return self.id

    def _recover(self, found: Unfinished) -> None:
        """Put right what an earlier run left. Raises Interrupted where a person has to decide."""
        from handrail.execution.content_types import with_content_types
        from handrail.execution.recovering import interrupted

        step, wanted = found.step, (found.run.on_failure, self.options.on_failure)
        if step is not None and step.status is StepStatus.STOPPED and OnFailure.STOP in wanted and OnFailure.RESUME not in wanted:
            known = ReadingExecutor(self.connection, only=self.only).loader.disk_migrations
            migration = known.get((step.key.app_label, step.key.name))
            as_run = with_content_types(migration) if migration is not None else None
            raise interrupted(self.connection.alias, step, as_run, found.statements, (f"run {found.run.id} was to stop there",))
        self.recover(found)

    def recover(self, found: Unfinished, *, back: bool = False) -> None:
        """Finish an unfinished run, or take its last step back; the lock is held."""
        from handrail.execution.recovering import recover

        executor = ReadingExecutor(self.connection, only=self.only)
        said = str(recover(self.steps_of(found.run), executor, found, back=back))
        self.drop_leftovers()
        self.talk.said(said)

    def steps_of(self, run: Run) -> Steps:
        """Return what runs the steps of an earlier run: as that one was asked for, where this one says nothing of its own."""
        from handrail.domain.undo_asked import undo_of

        undo = undo_of(run.command) if self.undo == AS_MIGRATE else self.undo
        return self._steps_of(lambda: run.id, undo, from_nothing=run.from_nothing)

    def _steps_of(self, begin_run: Callable[[], int], undo: Undo, *, from_nothing: bool) -> Steps:
        from handrail.execution.steps import Steps
        from handrail.execution.units import Session

        holds = self.lock.kind != "lease"
        prepare = set_up_transaction(self.connection, self.options.lock_timeout, sessions_hold=holds)
        return Steps(
            connection=self.connection,
            journal=self.journal,
            begin_run=begin_run,
            attempt=self.patience,
            guard=self.lock.check,
            on_failure=self.options.on_failure,
            only=self.only,
            all_or_nothing=self.options.all_or_nothing,
            session=Session(holds=holds, prepare=prepare),
            keeping=self._keeping(undo, from_nothing=from_nothing),
        )

    def _keeping(self, undo: Undo, *, from_nothing: bool) -> Keeping:
        """A test that takes a migration back is to find what Django leaves, and nothing in a test database is worth keeping."""
        from handrail.execution.keeping.keeper import Keeping

        is_test = is_test_database(self.connection)
        return Keeping(
            patterns=() if is_test else self.options.keep,
            days=self.options.keep_for,
            undo=undo,
            said=_nothing if is_test else self.talk.said,
            has_backup=self.first is not None,
            from_nothing=from_nothing,
        )

    def executor(self, progress_callback: Callable[..., Any] | None = None) -> MigrationExecutor:
        """Make the executor of this run, which reads the graph and what is applied: the lock is held."""
        if self._is_plain:
            return MigrationExecutor(self.connection, progress_callback)
        self._executor = Executor(self.connection, progress_callback, only=self.only, steps=lambda: self.steps)
        return self._executor

    @cached_property
    def steps(self) -> Steps:
        """What runs the steps of this run, and puts it on record with the first of them."""
        return self._steps_of(self.begin, self.undo, from_nothing=self._from_nothing)

    @property
    def is_migrated(self) -> bool:
        """Say whether every migration of the plan is done: what fails then is a handler of post_migrate."""
        return self._executor is not None and self._executor.is_through

    @property
    def not_tried(self) -> int:
        """How many migrations of the plan were not begun."""
        return self._executor.not_tried if self._executor is not None else 0

    def left_behind(self) -> list[Finding]:
        """Return what is left of migrations that were unapplied."""
        if self._executor is None or is_test_database(self.connection):
            return []
        return self._executor.left_behind()

    def record(self) -> Run | None:
        """Return what is on record of this run, None where nothing is."""
        return next(iter(runs(self.connection, id=self.id)), None) if self.id is not None else None

    def _end(self, status: RunStatus, error: BaseException | None = None) -> None:
        """Write how the run ended. A broken connection cannot: the next run sees that it was interrupted."""
        from django.db import Error

        if self.id is None:
            return
        with suppress(Error, Blocked):
            if "steps" in vars(self):
                self.steps.beginnings.withdraw()
            if status is RunStatus.FAILED and any(step.status is StepStatus.UNWOUND for step in self._steps()):
                status = RunStatus.UNWOUND
            self.journal.end(self.id, status, f"{type(error).__name__}: {error}" if error else "")

    def _steps(self) -> tuple[Any, ...]:
        found = self.record()
        return found.steps if found else ()


def _nothing(_line: str) -> None:
    """Say nothing."""


def is_from_nothing(connection: BaseDatabaseWrapper) -> bool:
    """Say whether no migration was ever applied to a database."""
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    return not recorder.has_table() or not recorder.migration_qs.exists()


def is_test_database(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a database has the name that Django gives to test databases (creation.py, _get_test_db_name, 5.2 to 6.1)."""
    name = str(connection.settings_dict["NAME"] or "")
    in_memory = getattr(connection, "is_in_memory_db", lambda: False)
    return in_memory() or Path(name).name.startswith("test_") or name == str(connection.settings_dict["TEST"]["NAME"])


def commit_now() -> str:
    """Return the commit that runs, "" where it is not known; git is asked only where there may be a repository."""
    named = next((os.environ[name] for name in COMMIT if os.environ.get(name)), "")
    if named:
        return named
    from handrail.sources.git_place import may_be_in_repository

    if not may_be_in_repository(Path.cwd()):
        return ""
    from handrail.errors.base import Refusal
    from handrail.sources.git import Repository

    with suppress(Refusal, OSError):
        repository = Repository.find(Path.cwd())
        return repository.resolve("HEAD") if repository is not None else ""
    return ""
