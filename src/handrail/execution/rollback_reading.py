"""What a rollback has to know of a database and its migrations, read once; the lock is held, or nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.rollback import AppliedRow
from handrail.domain.run import Run, Step
from handrail.execution.lent import Lent, find_lent
from handrail.planning.rollback import application_order, decided_by, last_forward, with_squashes
from handrail.sources.applied import applied_rows
from handrail.sources.journal import has_journal, runs
from handrail.sources.loaded_graph import graph_of, migrations_of
from handrail.sources.migration_loader import Loader

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.git import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The graph as it is taken for one target, and its nodes that are applied, in the order in which they were."""

    graph: MigrationGraph
    order: tuple[MigrationKey, ...]

    @property
    def applied(self) -> frozenset[MigrationKey]:
        """The applied nodes."""
        return frozenset(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All of it. runs: of the journal, the latest first. steps: the one that applied each migration last.

    migrations: those with a file here, and those that are lent. lent: what has no file here, by what is kept of it. blind: what
    has no file here and no text that can be trusted, with the reason; what a squashed migration replaces is in neither.
    """

    alias: str
    loader: Loader
    rows: tuple[AppliedRow, ...]
    runs: tuple[Run, ...]
    steps: Mapping[MigrationKey, Step]
    migrations: Mapping[MigrationKey, Migration]
    lent: Mapping[MigrationKey, Lent]
    blind: Mapping[MigrationKey, str]

    @property
    def recorded(self) -> frozenset[MigrationKey]:
        """What django_migrations has."""
        return frozenset(row.key for row in self.rows)

    @property
    def order(self) -> list[MigrationKey]:
        """What django_migrations has, in the order in which it was applied."""
        return application_order(self.rows, self.steps)

    def view(self, wanted: frozenset[MigrationKey]) -> View:
        """Return the graph for a target, squashed migrations opened where it lies inside. wanted: what is applied then."""
        decided = decided_by(self.recorded, wanted, self.migrations)
        graph = graph_of(self.migrations, self.loader.unmigrated_apps, decided)
        return View(graph=graph, order=tuple(with_squashes(self.order, graph)))


def read(connection: BaseDatabaseWrapper, only: str, repository: Repository | None) -> Known:
    """Read all of it. only: the app that is asked for, "" for all. Raises what the loader raises."""
    loader = Loader(connection, only)
    rows = tuple(applied_rows(connection))
    journal = tuple(runs(connection)) if has_journal(connection) else ()
    steps = last_forward(journal)
    migrations = migrations_of(loader.disk_migrations)
    replaced = {key for migration in migrations.values() for key in migration.replaces}
    commits = {step.id: run.commit for run in journal for step in run.steps}
    lent: dict[MigrationKey, Lent] = {}
    blind: dict[MigrationKey, str] = {}
    for key in [row.key for row in rows if row.key not in migrations and row.key not in replaced]:
        step = steps.get(key)
        found = find_lent(connection, key, step, commits[step.id], repository) if step else "it did not run under Handrail"
        if isinstance(found, Lent):
            lent[key] = found
        else:
            blind[key] = found
    return Known(
        alias=connection.alias,
        loader=loader,
        rows=rows,
        runs=journal,
        steps=steps,
        migrations={**migrations, **{key: one.to_migration() for key, one in lent.items()}},
        lent=lent,
        blind=blind,
    )
