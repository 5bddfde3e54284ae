"""The one place where project states are built for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.exceptions import InvalidBasesError
from django.db.migrations.state import ModelState, ProjectState, StateApps

from handrail.domain.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from handrail.sources.migration_loader import Loader


class PatientState(ProjectState):
    """A project state that makes the classes of changed models when they are asked for, and those of several changes at once.

    Django's makes them, and those of all models that are related, with each change (django/db/migrations/state.py, 5.2 to 6.1);
    many operations change only what no database has, and nobody asks for them. Which models are related is found out with the
    change, in the registry as it was made last: what an earlier change has related is waiting already.
    """

    def __init__(self, models: Any = None, real_apps: Any = None) -> None:
        """Take what ProjectState takes."""
        super().__init__(models, real_apps)
        self._waiting: set[tuple[str, str]] = set()
        self._is_finding = False
        self._gone: dict[tuple[str, str], ModelState] = {}

    @property
    def apps(self) -> StateApps:
        """The registry with the classes of all models. It is where Django has it, in __dict__, and may be deleted there."""
        made: StateApps | None = self.__dict__.get("apps")
        if made is None:
            made = self.__dict__["apps"] = self._made()
        elif self._waiting and not self._is_finding:
            waiting, self._waiting = self._waiting, set()
            try:
                self._reload(waiting)  # type: ignore[attr-defined]
            except InvalidBasesError:
                del self.__dict__["apps"]
                made = self.__dict__["apps"] = self._made()
            except BaseException:
                del self.__dict__["apps"]  # it is half made
                raise
        return made

    @apps.deleter
    def apps(self) -> None:
        del self.__dict__["apps"]

    def _made(self) -> StateApps:
        """Make the classes of all models.

        Migrations that delete a model before those that inherit from it (as the autodetector of 5.2 to 6.1 writes them) leave
        models without their base for a while. Their classes are those that they had with it, as they are for Django, which made
        them before.
        """
        self._waiting.clear()
        lacking = self._lacking_bases()
        made = StateApps(self.real_apps, {**self.models, **lacking})  # type: ignore[arg-type]  # any collection will do
        for app_label, model_name in lacking:
            made.unregister_model(app_label, model_name)
        return made

    def _lacking_bases(self) -> dict[tuple[str, str], ModelState]:
        """Return the models that are gone and that others inherit from."""
        found: dict[tuple[str, str], ModelState] = {}
        waiting = list(self.models.values()) if self._gone else []
        while waiting:
            for base in waiting.pop().bases:
                key = tuple(base.lower().split(".", 1)) if isinstance(base, str) else ()
                if key in self._gone and key not in self.models and key not in found:
                    found[key] = self._gone[key]
                    waiting.append(found[key])
        return found

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:
        """Note that a model has changed."""
        self.reload_models([(app_label, model_name)], delay)

    def reload_models(self, models: Iterable[tuple[str, str]], delay: bool = True) -> None:
        """Note that models have changed. delay: whether those that are only related through others stay as they are."""
        if "apps" not in self.__dict__:
            return
        self._is_finding = True
        try:
            for app_label, model_name in models:
                self._waiting |= self._find_reload_model(app_label, model_name, delay)  # type: ignore[attr-defined]
        finally:
            self._is_finding = False

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        """Rename a model, in a registry in which nothing waits."""
        self.settle()
        super().rename_model(app_label, old_name, new_name)

    def remove_model(self, app_label: str, model_name: str) -> None:
        """Remove a model, from a registry in which nothing waits."""
        self.settle()
        key = app_label, model_name.lower()
        gone = self.models[key]
        pointed_at = self._borrowed_by(key)
        super().remove_model(app_label, model_name)
        self._gone[key] = gone
        self.reload_models(pointed_at)

    def _borrowed_by(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """Return the models that a model points to whose classes belong to the registry that this one was copied from.

        They would find the model there when it is gone: RenameModel of one of them looks for it in vain (database_forwards of
        django/db/migrations/operations/models.py, 5.2 to 6.1), in plain Django too, where a run begins with that migration.
        """
        if "apps" not in self.__dict__:
            return []
        meta = self.apps.get_model(*key)._meta
        found: list[Any] = [each.related_model for each in (*meta.local_fields, *meta.local_many_to_many) if each.is_relation]
        others = [other._meta for other in found if hasattr(other, "_meta") and other._meta.apps is not self.apps]
        return [(each.app_label, each.model_name) for each in others if (each.app_label, each.model_name) in self.models]

    def clone(self) -> PatientState:
        """Return a copy, with a registry of its own."""
        new = PatientState({key: copied(model) for key, model in self.models.items()}, self.real_apps)
        new._gone = dict(self._gone)
        if "apps" in self.__dict__:
            new.__dict__["apps"] = self.__dict__["apps"].clone()
            new._waiting = set(self._waiting)
        new.is_delayed = self.is_delayed
        return new

    def settle(self) -> None:
        """Make the classes that wait to be made."""
        if "apps" in self.__dict__:
            self.apps  # noqa: B018 - makes what waits


def copied(model: ModelState) -> ModelState:
    """Return a copy of a model as ModelState.clone makes it (5.2 to 6.1), without looking through its fields again."""
    new: ModelState = object.__new__(type(model))
    new.__dict__.update(model.__dict__, fields=dict(model.fields), options=dict(model.options), managers=list(model.managers))
    return new


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


def settle_before(label: str, operation: Operation, state: ProjectState) -> None:
    """Make what waits before a state is copied for an operation that may ask for models, so that it is made once, and first.

    SQLite's schema editor makes a table anew with its columns in the order in which their fields were made.
    """
    if isinstance(state, PatientState) and not is_of_state_alone(label, operation, state):
        state.settle()


def is_of_state_alone(label: str, operation: Operation, state: ProjectState) -> bool:
    """Say whether an operation, forwards, changes only what no database has, as help_text. state: the one before it.

    The options and managers of a model, and of a field what BaseDatabaseSchemaEditor.alter_field begins with leaving out
    (_field_should_be_altered, 5.2 to 6.1); it is asked here of fields as the project state has them: where they are not plainly
    equal, the schema editor is to say it.
    """
    from django.db.migrations.operations import AlterField, AlterModelManagers, AlterModelOptions

    if type(operation) in (AlterModelManagers, AlterModelOptions):
        return True
    if type(operation) is not AlterField:
        return False
    model = state.models.get((label, operation.model_name_lower))
    old = model.fields.get(operation.name) if model is not None else None
    return old is not None and type(old) is type(operation.field) and _in_database(old) == _in_database(operation.field)


def _in_database(field: Any) -> tuple[Any, ...]:
    """Return what a field says to a database: all but its non_db_attrs, with the name of its column."""
    _, path, arguments, options = field.deconstruct()
    left_out = {*field.non_db_attrs} - {"db_column"}
    return path, arguments, {name: value for name, value in options.items() if name not in left_out}


def patient(state: ProjectState) -> PatientState:
    """Return a state in which no class was made yet as one that makes them when they are asked for."""
    return PatientState(state.models, state.real_apps)


def unrendered(state: ProjectState) -> ProjectState:
    """Return a project state whose models are made when they are asked for: a clone shares those that were made already."""
    made = PatientState({key: copied(model) for key, model in state.models.items()}, state.real_apps)
    if isinstance(state, PatientState):
        made._gone = dict(state._gone)
    return made


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
    state = PatientState(real_apps=loader.unmigrated_apps)
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
        settle_before(migration.app_label, operation, current)
        after = current.clone()
        operation.state_forwards(migration.app_label, after)
        if current.models.keys() - after.models.keys():
            after.__dict__.pop("apps", None)  # clones share models, and these would find what is gone in the registry they are of
        stages.append(Stage(index=index, operation=operation, before=current, after=after))
        current = after
    return stages
