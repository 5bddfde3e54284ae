"""Django's executor, with every migration applied and unapplied as a step of a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from handrail.domain.run import Direction
from handrail.execution.content_types import with_content_types
from handrail.execution.project_states import patient
from handrail.sources.migration_loader import Loader

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

    from handrail.domain.finding import Finding
    from handrail.execution.steps import Steps

Progress = Callable[..., Any] | None
"""Told what goes on, as MigrationExecutor calls it."""


class ReadingExecutor(MigrationExecutor):
    """Plans as Django's does; what is wrong in apps that the asked for one does not need is passed over."""

    def __init__(self, connection: BaseDatabaseWrapper, progress_callback: Progress = None, *, only: str = "") -> None:
        """Read what MigrationExecutor.__init__ reads (5.2 to 6.1), by another loader. only: an app label, "" for all."""
        self.connection = connection
        self.loader = Loader(connection, only)
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = progress_callback

    def _create_project_state(self, with_applied_migrations: bool = False) -> ProjectState:
        """Return the state that Django's command and executor begin with."""
        return patient(super()._create_project_state(with_applied_migrations))  # type: ignore[misc]

    def write_record(self, app_label: str, name: str, forward: bool) -> None:
        """Record a migration, or take its record away, with those that it replaces.

        As MigrationExecutor.record_migration does in 6.1, which takes other arguments in 5.2 and 6.0.
        """
        migration = self.loader.disk_migrations.get((app_label, name))
        for replaced in migration.replaces if migration is not None else ():
            self.write_record(*replaced, forward)
        (self.recorder.record_applied if forward else self.recorder.record_unapplied)(app_label, name)


class _Recorder(MigrationRecorder):
    """Has the run on record before anything is written: also by what is no step, as --prune and squashed migrations are."""

    def __init__(self, connection: BaseDatabaseWrapper, begin_run: Callable[[], int]) -> None:
        super().__init__(connection)
        self.begin_run = begin_run

    def ensure_schema(self) -> None:
        if not self.has_table():
            self.begin_run()
        super().ensure_schema()

    def record_applied(self, app: str, name: str) -> None:
        self.begin_run()
        super().record_applied(app, name)

    def record_unapplied(self, app: str, name: str) -> None:
        self.begin_run()
        super().record_unapplied(app, name)


class Executor(ReadingExecutor):
    """What Django's migrate command is given instead of its own executor; the lock is held when it is made.

    is_through: whether all that migrate was asked to do is done. not_tried: how many migrations of its plan were not begun.
    """

    is_through = False
    not_tried = 0
    _backwards: tuple[Any, ProjectState, bool] | None = None

    def __init__(
        self, connection: BaseDatabaseWrapper, progress_callback: Progress = None, *, only: str, steps: Callable[[], Steps]
    ) -> None:
        """steps: returns what applies and unapplies each migration; asked only where there is one. only: as in the base."""
        super().__init__(connection, progress_callback, only=only)
        self._steps = steps
        self.recorder = _Recorder(connection, lambda: self.steps.begin_run())

    @cached_property
    def steps(self) -> Steps:
        """What applies and unapplies each migration."""
        return self._steps()

    def migrate(
        self, targets: Any, plan: Any = None, state: Any = None, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        """Migrate as Django does, unless that would lose something, and note when all of it is through."""
        self.not_tried = len(plan or ())
        if plan:
            self.steps.beginnings.plan([with_content_types(migration) for migration, _ in plan])
        with self._guarded(plan, state) if plan and not fake else nullcontext():
            after: ProjectState = super().migrate(targets, plan, state, fake, fake_initial)
        self.is_through = True
        self._backwards = (plan, after, fake) if plan and plan[0][1] else None
        return after

    def left_behind(self) -> list[Finding]:
        """Return what is left of migrations that were unapplied; to be asked after the handlers of post_migrate."""
        if self._backwards is None:
            return []
        from handrail.execution.aftermath import aftermath

        plan, after, fake = self._backwards
        return aftermath(self.connection, plan, after, fake=fake)

    def _guarded(self, plan: Any, state: Any) -> AbstractContextManager[None]:
        """Refuse what would lose something or fail, and return what takes back what the block has applied, if that is asked."""
        from handrail.execution.ahead import look_ahead
        from handrail.execution.before_run import look_at
        from handrail.execution.project_states import applied_state

        look_ahead(self.connection, plan, lambda: state or applied_state(self.connection, self.steps.only), self._ghosts)
        look_at(plan, state, self.loader, self.steps)
        if not self.steps.all_or_nothing:
            return nullcontext()
        from handrail.execution.all_or_nothing import all_or_nothing

        return all_or_nothing(self.steps, plan, self._recording)

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        """Run a migration forwards."""
        self.not_tried -= 1
        self._say("apply_start", migration, fake)
        if fake_initial and not fake:
            fake, state = self.detect_soft_applied(state, migration)
        record = self._recording(migration, True)
        if fake:
            self.steps.fake(migration, Direction.FORWARD, record)
        else:
            state = self.steps.take(migration, state, Direction.FORWARD, record)
        self._say("apply_success", migration, fake)
        return state

    def unapply_migration(self, state: ProjectState, migration: Migration, fake: bool = False) -> ProjectState:
        """Run a migration backwards."""
        self.not_tried -= 1
        self._say("unapply_start", migration, fake)
        record = self._recording(migration, False)
        if fake:
            self.steps.fake(migration, Direction.BACKWARD, record)
        else:
            state = self.steps.take(migration, state, Direction.BACKWARD, record)
        self._say("unapply_success", migration, fake)
        return state

    def _ghosts(self, app_label: str) -> list[str]:
        known = self.loader.disk_migrations or {}
        return [".".join(key) for key in self.loader.applied_migrations if key[0] == app_label and key not in known]

    def _recording(self, migration: Migration, forward: bool) -> Callable[[], None]:
        return lambda: self.write_record(migration.app_label, migration.name, forward)

    def _say(self, action: str, migration: Migration, fake: bool) -> None:
        if self.progress_callback:
            self.progress_callback(action, migration, fake)
