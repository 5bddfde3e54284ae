"""The state at the common ancestor, of those apps that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from handrail.conflicts.operations import rule_for
from handrail.conflicts.operations.base import Place
from handrail.conflicts.state import Model, State, settled
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, Operation, OperationKey


class Ancestor(State):
    """What the migrations below both sides have made: an app is read when one of its models is first asked for."""

    def __init__(self, migrations: Iterable[Migration], settings: Mapping[str, str]) -> None:
        super().__init__(settings=settings)
        self.unread: dict[str, list[Migration]] = {}
        self.needs: dict[str, set[str]] = {}
        for migration in migrations:
            self.unread.setdefault(migration.key.app_label, []).append(migration)
            needs = self.needs.setdefault(migration.key.app_label, set())
            needs.update(dependency.app_label for dependency in migration.dependencies)

    def find(self, key: ModelKey) -> Model | None:
        """Return a model by its key at the ancestor, or None."""
        if key.app_label in self.unread:
            self.read(key.app_label)
        return self.models.get(key)

    def read(self, app_label: str) -> None:
        """Add the models of an app."""
        migrations = self.unread.pop(app_label, None)
        if migrations is not None:
            found = models_of(tuple(migrations))
            self.models.update(found.models)
            self.renamed.update(found.renamed)

    def read_with_needs(self, app_labels: Iterable[str]) -> None:
        """Read apps, and all that they depend on, however far."""
        pending = sorted(app_labels)
        seen = set(pending)
        while pending:
            app_label = pending.pop()
            self.read(app_label)
            new = self.needs.get(app_label, set()) - seen
            seen |= new
            pending += sorted(new)


@lru_cache(maxsize=1024)
def models_of(migrations: tuple[Migration, ...]) -> State:
    """Return the models that the migrations of one app leave, given in plan order; many branches share what is below them."""
    state = State()
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            key = OperationKey(migration.key.app_label, migration.key.name, position)
            place = Place(state=state, migration=migration, key=key, side="base")
            for inner in state_operations(operation):
                rule = rule_for(inner)
                if rule is not None:
                    rule.apply(inner, place)
    state.models = {key: settled(model) for key, model in state.models.items() if model is not None}
    return state


def state_operations(operation: Operation) -> Sequence[Operation]:
    """Return the operations that change the state when an operation is applied, those inside others included."""
    nested = operation.argument("state_operations")
    if operation.name not in ("SeparateDatabaseAndState", "RunSQL"):
        return (operation,)
    return [inner for one in operations_in(nested) for inner in state_operations(one)]


def operations_in(value: object) -> tuple[Operation, ...]:
    """Return the operations in an argument that holds a list of them."""
    return tuple(item for item in value if isinstance(item, Operation)) if isinstance(value, tuple) else ()


def fresh(state: State) -> State:
    """Return a state for one side, on top of an ancestor."""
    return State(state, state.settings)


__all__ = ["Ancestor", "fresh", "operations_in", "state_operations"]
