"""The operations of a plan with the models around them, without a model class being made: that is what costs (netbox: 92 %)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass
from handrail.domain.run import Direction
from handrail.execution.project_states import copied, unrendered

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ModelState, ProjectState

Plan = Sequence[tuple["Migration", bool]]
"""Migrations in the order in which they run; True for those that are unapplied."""
ModelKey = tuple[str, str]
"""An app label and the name of a model in lower case."""
Models = Mapping[ModelKey, "ModelState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One operation of a plan. index: its place in the migration; those of SeparateDatabaseAndState share its.

    start, end: the models that it names, and those that their relations lead to, before it runs and after it, in the direction
    of the plan.
    """

    migration: Migration
    index: int
    operation: Operation
    direction: Direction
    start: Models
    end: Models

    @property
    def pairs(self) -> Iterator[tuple[ModelKey, ModelState | None, ModelState | None]]:
        """The models that it names under the name at its end, or at its start where they are gone then: start and end."""
        renamed = self.renamed_models
        ends = {renamed.get(key, key): key for key in self.named}
        for end, key in ends.items():
            yield end, self.start.get(key), self.end.get(end)

    @property
    def models(self) -> Iterator[ModelState]:
        """All of them."""
        yield from (*self.start.values(), *self.end.values())

    @property
    def named(self) -> list[ModelKey]:
        """The models that it names, as they are called at its start."""
        new = set(self.renamed_models.values())
        return [key for key in _names(self.migration.app_label, self.operation) if key not in new or key in self.start]

    @property
    def renamed_models(self) -> dict[ModelKey, ModelKey]:
        """The model that it renames: from its name at the start to the one at the end."""
        return self._renamed("RenameModel")

    @property
    def renamed_fields(self) -> dict[str, str]:
        """The field that it renames."""
        return {old[1]: new[1] for old, new in self._renamed("RenameField", lower=False).items()}

    def _renamed(self, kind: str, *, lower: bool = True) -> dict[ModelKey, ModelKey]:
        operation: Any = self.operation
        if type(operation).__name__ != kind:
            return {}
        names = [operation.old_name, operation.new_name]
        old, new = reversed(names) if self.direction is Direction.BACKWARD else names
        app = self.migration.app_label
        return {(app, old.lower() if lower else old): (app, new.lower() if lower else new)}


def changes_of(plan: Plan, state: ProjectState) -> list[Change]:
    """Return the operations of a plan that act on the database, in the order in which they run.

    state: the one that the first migration begins with, forwards; backwards the one without any migration of the plan. It is left
    as it is.
    """
    backwards = bool(plan) and plan[0][1]
    direction = Direction.BACKWARD if backwards else Direction.FORWARD
    current = unrendered(state)
    found: list[Change] = []
    for migration, _ in reversed(plan) if backwards else plan:
        for index, operation in enumerate(migration.operations):
            found += _changes(migration, index, operation, current, direction)
    return found[::-1] if backwards else found


def _changes(
    migration: Migration, index: int, operation: Operation, state: ProjectState, direction: Direction
) -> Iterator[Change]:
    """Yield the parts of an operation that act on the database; state is altered as by the operation."""
    from django.db.migrations.operations import SeparateDatabaseAndState

    app = migration.app_label
    if isinstance(operation, SeparateDatabaseAndState):
        if operation.database_operations:
            inner = unrendered(state)
            for each in operation.database_operations:
                yield from _changes(migration, index, each, inner, direction)
        operation.state_forwards(app, state)
        return
    keys = _names(app, operation)
    before = _models(state, keys)
    operation.state_forwards(app, state)
    after = _models(state, keys)
    start, end = (after, before) if direction is Direction.BACKWARD else (before, after)
    yield Change(migration=migration, index=index, operation=operation, direction=direction, start=start, end=end)


def _names(app_label: str, operation: Any) -> list[ModelKey]:
    names = [getattr(operation, name, None) for name in ("model_name", "name", "old_name", "new_name")]
    if isinstance(names[0], str):
        names = names[:1]
    return [(app_label, name.lower()) for name in dict.fromkeys(names) if isinstance(name, str)]


def _models(state: ProjectState, keys: Sequence[ModelKey]) -> dict[ModelKey, ModelState]:
    """Return copies of models as they are now, with those that their relations lead to: operations alter them in place."""
    found = {key: copied(state.models[key]) for key in keys if key in state.models}
    for key, model in list(found.items()):
        for field in model.fields.values():
            target = target_of(field, key)
            if target is not None and target in state.models and target not in found:
                found[target] = copied(state.models[target])
    return found


def target_of(field: Any, key: ModelKey) -> ModelKey | None:
    """Return the model that a field of a model state refers to, None for other fields. key: of the field's own model."""
    remote = getattr(field, "remote_field", None)
    model = getattr(remote, "model", None)
    if model is None:
        return None
    if not isinstance(model, str):
        return model._meta.app_label, model._meta.model_name
    if model == "self":
        return key
    app_label, _, name = model.rpartition(".")
    return app_label or key[0], name.lower()
