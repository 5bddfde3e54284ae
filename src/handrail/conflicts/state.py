"""The state of a project's models, built from migrations as values: Django's ProjectState without Django.

The world is open: a model or a field that no known migration makes can be used all the same, with nothing known of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from handrail.conflicts.fields import has_column, is_primary_key, normalise
from handrail.domain.conflict import MISSING
from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import SETTING
from handrail.domain.value import Call, Name, Value

SETTINGS_PATH = "django.conf.settings."
DEFAULT_SETTINGS = {"AUTH_USER_MODEL": "auth.User"}
"""Settings that name a swappable model, with Django's own values (django/conf/global_settings.py)."""


SWAPPABLE = ('"swappable"', "'swappable'", "swappable=")
"""How a migration writes the option of a model that a setting can swap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a model. id: what it was called at the common ancestor, or something unique for a newer one."""

    id: str
    name: str
    value: Value = MISSING
    target: ModelKey | None = None
    through: ModelKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An index or a constraint of a model, by its name."""

    id: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model. id and label: its key and its name at the common ancestor, or those it was made under.

    options: without indexes and constraints, which are members by sort ("index", "constraint"). bases: keys of models alone.
    known: whether a migration that makes it was read.
    """

    id: str
    label: str
    key: ModelKey
    name: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    options: Mapping[str, Value] = field(default_factory=dict)
    members: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)
    bases: tuple[ModelKey, ...] = ()
    managers: Value = MISSING
    known: bool = True

    def field(self, name: str) -> Field:
        """Return a field by its name, one with nothing known of it where there is none."""
        return self.fields.get(name) or Field(id=name, name=name)

    def member(self, sort: str, name: str) -> Member:
        """Return an index or a constraint by its name, one with nothing known of it where there is none."""
        found = (member for member in self.members.get(sort, ()) if member.name == name)
        return next(found, Member(id=name, name=name, value=MISSING))

    def primary_key(self) -> Field:
        """Return the primary key; the id that Django adds where no field is declared as one."""
        found = (each for each in self.fields.values() if is_primary_key(each.value))
        return next(found, self.field("id"))

    @property
    def is_proxy(self) -> bool:
        """Whether the model has no table of its own."""
        return self.options.get("proxy") is True

    def columns(self) -> Iterator[Field]:
        """Yield the fields that have a column."""
        return (each for each in self.fields.values() if has_column(each.value))


class State:
    """The models at one point of a side. Copies are cheap: models are values, and what the parent holds is not copied.

    renamed: the new keys of models by their old ones, for references from models that were not known when it happened.
    """

    def __init__(self, parent: State | None = None, settings: Mapping[str, str] = {}) -> None:
        self.parent = parent
        self.settings = settings
        self.models: dict[ModelKey, Model | None] = {}
        self.renamed: dict[ModelKey, ModelKey] = {}

    def copy(self) -> State:
        """Return a state that changes on its own from here."""
        twin = State(self.parent, self.settings)
        twin.models = dict(self.models)
        twin.renamed = dict(self.renamed)
        return twin

    def find(self, key: ModelKey) -> Model | None:
        """Return a model by its present key, or None."""
        if key in self.models:
            return self.models[key]
        return self.parent.find(key) if self.parent is not None else None

    def get(self, key: ModelKey) -> Model:
        """Return a model by its present or an earlier key; one with nothing known of it where there is none."""
        return self.find(key) or self.find(self.follow(key)) or unknown_model(key)

    def follow(self, key: ModelKey) -> ModelKey:
        """Return what a model that was called so, or that a setting stands for, is called now."""
        if key.app_label == SETTING:
            key = self._swapped_in(key)
        seen = set()
        while self.find(key) is None and key not in seen:
            seen.add(key)
            key = self._renamed(key) or key
        return key

    def _renamed(self, key: ModelKey) -> ModelKey | None:
        return self.renamed.get(key) or (self.parent._renamed(key) if self.parent is not None else None)

    def put(self, model: Model) -> None:
        """Add or replace a model."""
        self.models[model.key] = model

    def drop(self, key: ModelKey) -> None:
        """Remove a model."""
        self.models[key] = None

    def all(self) -> Iterator[Model]:
        """Yield every model."""
        return self._with(self.parent.all() if self.parent is not None else ())

    def seen(self) -> Iterator[Model]:
        """Yield every model that anybody has asked for so far, and those beside it."""
        return self._with(self.parent.seen() if self.parent is not None else ())

    def mentioning(self, words: Collection[str]) -> Iterator[Model]:
        """Yield models, among them all that lie in an app whose migrations hold one of the words."""
        return self._with(self.parent.mentioning(words) if self.parent is not None else ())

    def _with(self, below: Iterable[Model]) -> Iterator[Model]:
        yield from (model for model in below if model.key not in self.models)
        yield from [model for model in self.models.values() if model is not None]

    def rename(self, old: ModelKey, model: Model) -> None:
        """Replace a model under another key, and everything that refers to it."""
        self.drop(old)
        self.put(model)
        self.renamed[old] = model.key
        for other in list(self.all()):
            fields = {name: _repointed(each, old, model.key) for name, each in other.fields.items()}
            bases = tuple(model.key if base == old else base for base in other.bases)
            if bases != other.bases or any(fields[name] is not each for name, each in other.fields.items()):
                self.put(replace(other, fields=fields, bases=bases))

    def resolve(self, to: Value, app_label: str, own: ModelKey) -> ModelKey | None:
        """Return the model that a relation names; None where that cannot be told."""
        if isinstance(to, Name) and to.path.startswith(SETTINGS_PATH):
            return ModelKey(SETTING, to.path.removeprefix(SETTINGS_PATH))
        if isinstance(to, Call) and to.name == "swappable" and to.args and isinstance(to.args[0], str):
            to = to.args[0]
        if isinstance(to, Name):
            app, _, name = to.path.replace(".models.", ".").rpartition(".")
            return ModelKey(app.rpartition(".")[2], name.lower())
        if not isinstance(to, str):
            return None
        if to == "self":
            return own
        app, _, name = to.rpartition(".")
        return ModelKey(app or app_label, name.lower())

    def _swapped_in(self, key: ModelKey) -> ModelKey:
        """Return the model that a setting names: as it is given, as the project's models declare it, or as Django has it."""
        given = self.settings.get(key.name, "")
        default = model_key(DEFAULT_SETTINGS.get(key.name, ""))
        named = model_key(given)
        if named is not None and (self.find(named) or self._renamed(named)):
            return named
        declared = [model.key for model in self.mentioning(SWAPPABLE) if model.options.get("swappable") == key.name]
        own = [found for found in declared if found != default]
        return own[0] if len(own) == 1 else named or (default if default is not None and default in declared else key)

    def referring(self, key: ModelKey) -> Iterator[tuple[Model, Field]]:
        """Yield the fields that lead to a model or to a proxy of it: all of them lead to the rows of one table."""
        model = self.find(key)
        names = self._names_for(concrete(self, model).key if model is not None and model.is_proxy else key)
        for other in self.mentioning({name.name if name.app_label == SETTING else name.app_label for name in names}):
            for each in other.fields.values():
                if each.target in names or (each.target is not None and self._is_proxy_of(each.target, names)):
                    yield other, each

    def _is_proxy_of(self, key: ModelKey, names: set[ModelKey]) -> bool:
        model = self.find(key)
        return model is not None and model.is_proxy and concrete(self, model).key in names

    def _names_for(self, key: ModelKey) -> set[ModelKey]:
        """Return the keys under which relations may name a model: its own, those it had, and the settings that name it."""
        found = {key}
        state: State | None = self
        for setting in DEFAULT_SETTINGS:
            if self._swapped_in(ModelKey(SETTING, setting)) == key:
                found.add(ModelKey(SETTING, setting))
        while state is not None:
            found |= {old for old in state.renamed if self.find(old) is None and self.follow(old) == key}
            state = state.parent
        return found

    def new_field(self, model: ModelKey, name: str, value: Value, field_id: str) -> Field:
        """Return a field from its definition, as an operation on a model writes it."""
        known = normalise(value)
        to = known.keyword("to", MISSING) if isinstance(known, Call) else MISSING
        through = known.keyword("through") if isinstance(known, Call) else None
        target = self.resolve(to, model.app_label, model) if to is not MISSING else None
        middle = self.resolve(through, model.app_label, model) if through is not None else None
        return Field(id=field_id, name=name, value=known, target=target, through=middle)

    def table_models(self, table: str) -> Iterator[Model]:
        """Yield the models on a table, by its name in any case."""
        return (model for model in self.all() if not model.is_proxy and table_of(model).lower() == table.lower())


def model_key(label: str) -> ModelKey | None:
    """Return the key that app_label.ModelName stands for, None for anything else."""
    app, dot, name = label.rpartition(".")
    return ModelKey(app, name.lower()) if dot else None


def unknown_model(key: ModelKey) -> Model:
    """Return a model of which nothing but the key is known."""
    return Model(id=str(key), label=str(key), key=key, name=key.name, known=False)


def table_of(model: Model) -> str:
    """Return the name of a model's table."""
    from handrail.conflicts.names import table_name

    given = model.options.get("db_table")
    return given if isinstance(given, str) and given else table_name(model.key.app_label, model.key.name)


def settled(model: Model) -> Model:
    """Return a model of the common ancestor with its present names for its identity."""
    return replace(
        model,
        id=str(model.key),
        label=f"{model.key.app_label}.{model.name}",
        fields={name: replace(each, id=name) for name, each in model.fields.items()},
        members={sort: tuple(replace(each, id=each.name) for each in found) for sort, found in model.members.items()},
    )


def family(state: State, model: Model) -> tuple[Model, ...]:
    """Return a model and all models it inherits from, nearest first; a proxy's concrete model is among them."""
    found: dict[str, Model] = {}
    pending: list[Model] = [model]
    while pending:
        one = pending.pop(0)
        if one.id not in found:
            found[one.id] = one
            pending += [state.get(base) for base in one.bases]
    return tuple(found.values())


def owner_of(state: State, model: Model, name: str) -> Model:
    """Return the model that holds a field, which may be inherited; the model itself where none is known to."""
    return next((one for one in family(state, model) if name in one.fields), concrete(state, model))


def concrete(state: State, model: Model) -> Model:
    """Return the model that a proxy stands for, and any other model itself."""
    return next((one for one in family(state, model) if not one.is_proxy), model)


def field_names(models: Iterable[Model]) -> frozenset[str]:
    """Return the names of all fields of some models."""
    return frozenset(name for model in models for name in model.fields)


def _repointed(each: Field, old: ModelKey, new: ModelKey) -> Field:
    if old not in (each.target, each.through):
        return each
    target = new if each.target == old else each.target
    return replace(each, target=target, through=new if each.through == old else each.through)
