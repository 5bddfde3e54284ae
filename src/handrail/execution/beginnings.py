"""Putting the steps of a run on record, before anything of them is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.execution.journal import Journal
from handrail.execution.units import Attempt, Guard, Session

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from handrail.execution.keep_sources import Description


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What is about to be done with a migration. atomic: whether as one transaction. faked: whether it is only recorded."""

    key: MigrationKey
    direction: Direction
    atomic: bool
    faked: bool = False


class Beginnings:
    """The beginnings of steps. That one begins is written with the end of the one before it, where that is followed by it.

    It saves nearly every step a transaction. Whatever comes between the two, the row of the later one is taken away again; a
    process that is killed there leaves a step that has begun and done nothing, as it does when it is killed right after.
    """

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        journal: Journal,
        begin_run: Callable[[], int],
        attempt: Attempt,
        guard: Guard,
        session: Session,
    ) -> None:
        """begin_run: puts the run on record, once, and returns its id. Reach nothing yet."""
        self.connection, self.journal, self.begin_run = connection, journal, begin_run
        self.attempt, self.guard, self.session = attempt, guard, session
        self._planned: Sequence[Migration] = ()
        self._next: Mapping[Migration, Migration] = {}
        self._announced: tuple[Meant, int] | None = None
        self._described: dict[Migration, Description] = {}

    def plan(self, migrations: Sequence[Migration]) -> None:
        """Say whose steps are to come, in their order."""
        self._planned, self._next = migrations, dict(pairwise(migrations))

    def meant(self, migration: Migration, direction: Direction) -> Meant:
        """Say how a migration that is not faked is applied or unapplied."""
        is_atomic = bool(migration.atomic and self.connection.features.can_rollback_ddl)
        return Meant(key=_key(migration), direction=direction, atomic=is_atomic)

    def fake(self, migration: Migration, direction: Direction) -> int:
        """Put on record that a migration is about to be recorded alone, and return the step's id."""
        return self.begin(migration, Meant(key=_key(migration), direction=direction, atomic=True, faked=True))

    def begin(self, migration: Migration, meant: Meant) -> int:
        """Put a step on record, unless that was announced, and return its id."""
        from django.db.transaction import atomic

        self.guard()
        if self._announced is not None and self._announced[0] == meant:
            (_, step), self._announced = self._announced, None
            return step
        self.withdraw()
        self.begin_run()
        self.describe(migration)
        begun = list[int]()

        def once() -> None:
            with atomic(self.connection.alias):
                self.session.prepare()
                begun.append(self._write(migration, meant))

        self.attempt(once, "the journal")
        return begun[-1]

    def announce(self, migration: Migration, direction: Direction) -> None:
        """Write, in the transaction that ends the step of a migration, that the next one begins; last one of a plan: nothing."""
        following = self._next.get(migration)
        if following is not None:
            meant = self.meant(following, direction)
            self._announced = meant, self._write(following, meant)

    def withdraw(self) -> None:
        """Take back that a step begins, if one was announced: it is refused, or another one comes than was thought."""
        if self._announced is not None:
            (_, step), self._announced = self._announced, None
            self.attempt(lambda: self.journal.forget_step(step), "the journal")

    def _write(self, migration: Migration, meant: Meant) -> int:
        said = self.describe(migration)
        return self.journal.step_started(
            self.begin_run(),
            meant.key,
            direction=meant.direction,
            atomic=meant.atomic,
            faked=meant.faked,
            digest=said.digest,
            sources=said.sources,
        )

    def describe(self, migration: Migration) -> Description:
        """Describe a migration, after the sources of all that is planned are kept."""
        if migration not in self._described:
            self.attempt(lambda: self._keep_sources(migration), "the journal")
        return self._described[migration]

    def _keep_sources(self, migration: Migration) -> None:
        """One transaction for the sources of all that is planned."""
        from django.db.transaction import atomic

        from handrail.execution.keep_sources import keep_sources

        migrations = self._planned if migration in self._planned else [migration]
        with atomic(self.connection.alias):
            self.session.prepare()
            found = keep_sources(self.connection, migrations)
        self._described.update(zip(migrations, found, strict=True))


def _key(migration: Migration) -> MigrationKey:
    return MigrationKey(migration.app_label, migration.name)
