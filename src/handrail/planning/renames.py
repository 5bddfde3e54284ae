"""What the other side renamed, by the names that our side still uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, Operation
from handrail.domain.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """models: new name (as written, such as Item) by the old key. fields: {old: new} by the model's old key."""

    models: Mapping[ModelKey, str] = field(default_factory=dict)
    fields: Mapping[ModelKey, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.models or self.fields)


def renames_of(migrations: Iterable[Migration]) -> Renames:
    """Return what a chain of migrations renames, from the names before the first to the names after the last of them."""
    models: dict[ModelKey, str] = {}
    fields: dict[ModelKey, dict[str, str]] = {}
    was: dict[ModelKey, ModelKey] = {}
    for app_label, operation in _operations(migrations):
        if operation.name == "RenameModel":
            old, new = _text(operation.argument("old_name")), _text(operation.argument("new_name"))
            origin = was.pop(ModelKey(app_label, old.lower()), ModelKey(app_label, old.lower()))
            was[ModelKey(app_label, new.lower())] = origin
            models[origin] = new
        elif operation.name == "RenameField":
            key = ModelKey(app_label, _text(operation.argument("model_name")).lower())
            names = fields.setdefault(was.get(key, key), {})
            old, new = _text(operation.argument("old_name")), _text(operation.argument("new_name"))
            names[next((first for first, now in names.items() if now == old), old)] = new
    return Renames(
        models={key: name for key, name in models.items() if name.lower() != key.name},
        fields={key: {old: new for old, new in names.items() if old != new} for key, names in fields.items()},
    )


def introduced(migrations: Iterable[Migration]) -> tuple[frozenset[ModelKey], frozenset[tuple[ModelKey, str]]]:
    """Return the models and the (model, field) pairs that a chain brings in, by name: a name among them is not the old one."""
    models: set[ModelKey] = set()
    fields: set[tuple[ModelKey, str]] = set()
    for app_label, operation in _operations(migrations):
        name = {"CreateModel": "name", "RenameModel": "new_name"}.get(operation.name)
        if name:
            models.add(ModelKey(app_label, _text(operation.argument(name)).lower()))
        name = {"AddField": "name", "RenameField": "new_name"}.get(operation.name)
        if name:
            model = ModelKey(app_label, _text(operation.argument("model_name")).lower())
            fields.add((model, _text(operation.argument(name))))
    return frozenset(models), frozenset(fields)


def _operations(migrations: Iterable[Migration]) -> Iterable[tuple[str, Operation]]:
    for migration in migrations:
        for operation in migration.operations:
            yield from ((migration.key.app_label, inner) for inner in _with_state(operation))


def _with_state(operation: Operation) -> Iterable[Operation]:
    if operation.name != "SeparateDatabaseAndState":
        return [operation]
    nested = operation.argument("state_operations", ())
    items = getattr(nested, "items", nested)
    return [inner for each in items or () if isinstance(each, Operation) for inner in _with_state(each)]


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
