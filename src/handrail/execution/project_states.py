"""The one place where project states are built for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from handrail.sources.migration_loader import Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One operation of a migration with the project states around it. index: its place in the migration."""

    index: int
    operation: Operation
    before: ProjectState
    after: ProjectState

    def afresh(self) -> Stage:
        """Return it for another attempt, with models that know nothing of the one before."""
        return Stage(index=self.index, operation=self.operation, before=unrendered(self.before), after=unrendered(self.after))


def unrendered(state: ProjectState) -> ProjectState:
    """Return a project state whose models are made when they are asked for: a clone shares those that were made already."""
    from django.db.migrations.state import ProjectState

    return ProjectState(models={key: model.clone() for key, model in state.models.items()}, real_apps=state.real_apps)


def applied_state(connection: BaseDatabaseWrapper, only: str = "") -> ProjectState:
    """Return the project state of all that is recorded now, built anew: for another attempt at the migration that comes next.

    only: the app that is asked for, "" for all.
    """
    from handrail.sources.migration_loader import Loader

    return _state_of(Loader(connection, only), frozenset())


def state_before(connection: BaseDatabaseWrapper, key: tuple[str, str]) -> ProjectState:
    """Return the project state of all that is recorded now without one migration and what depends on it."""
    from handrail.sources.migration_loader import Loader

    loader = Loader(connection, key[0])
    return _state_of(loader, frozenset(loader.graph.backwards_plan(key) if key in loader.graph.node_map else [key]))


def state_without(loader: Loader, keys: Collection[tuple[str, str]]) -> ProjectState:
    """Return the project state of all that a loader found to be recorded, without some migrations."""
    return _state_of(loader, frozenset(keys))


def _state_of(loader: Loader, without: Collection[tuple[str, str]]) -> ProjectState:
    from django.db.migrations.state import ProjectState

    state = ProjectState(real_apps=loader.unmigrated_apps)
    for node in _in_order(loader.graph.leaf_nodes(), loader.graph.forwards_plan):
        if node in loader.applied_migrations and node not in without:
            loader.graph.nodes[node].mutate_state(state, preserve=False)
    return state


def _in_order(leaves: Iterable[tuple[str, str]], plan: object) -> list[tuple[str, str]]:
    """Return all nodes that leaf nodes need, in the order in which Django would apply them to an empty database."""
    assert callable(plan)
    return list(dict.fromkeys(node for leaf in leaves for node in plan(leaf)))


def stages_of(migration: Migration, state: ProjectState) -> list[Stage]:
    """Return the operations of a migration with the states around them; state is left as it is."""
    stages, current = [], state
    for index, operation in enumerate(migration.operations):
        after = current.clone()
        operation.state_forwards(migration.app_label, after)
        if current.models.keys() - after.models.keys():
            after.__dict__.pop("apps", None)  # clones share models, and these would find what is gone in the registry they are of
        stages.append(Stage(index=index, operation=operation, before=current, after=after))
        current = after
    return stages
