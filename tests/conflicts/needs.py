"""What the common ancestor must have, so that the operations of every side can be applied to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conflicts.definitions import Facts

Label = str
"""app.model, in lower case."""
NOTE = "handrail_note"
"""A field that every model of the ancestor has, for code of which no field is known."""


@dataclass(slots=True)
class Base:
    """A model of the ancestor. fields: facts by name. indexes and constraints: fields by name."""

    fields: dict[str, Facts] = field(default_factory=dict)
    indexes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    together: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)


@dataclass(slots=True)
class Side:
    """What one side has made and renamed so far. models: from present to earlier names, None for a model made by the side."""

    number: int = 0
    models: dict[Label, Label | None] = field(default_factory=dict)
    fields: dict[tuple[Label, str], str | None] = field(default_factory=dict)
    found: set[tuple[Label, str]] = field(default_factory=set)

    def model(self, label: Label) -> Label | None:
        return self.models.get(label, label)

    def field(self, label: Label, name: str) -> str | None:
        return self.fields.get((label, name), name)


class Ancestor:
    """Collects the models and fields that sides find there."""

    def __init__(self) -> None:
        self.models: dict[Label, Base] = {}
        self.made: dict[tuple[Label, str], int] = {}

    def model(self, label: Label) -> Base:
        return self.models.setdefault(label, Base())

    def field(self, label: Label, name: str, facts: Facts | None = None) -> None:
        known = self.model(label).fields
        if facts is not None and not known.get(name):
            known[name] = {**facts, "fh": None, "unique": False}
            if facts.get("to") and (facts["to"], "") not in self.made:
                self.model(facts["to"])
        known.setdefault(name, {})

    def take(self, app: str, sides: list[list[dict[str, Any]]]) -> None:
        """Go through the migrations of every side, operation by operation: first for what it makes, then for what it needs."""
        for made in (True, False):
            for number, migrations in enumerate(sides):
                side = Side(number=number)
                for migration in migrations:
                    for operation in migration["ops"]:
                        self._operation(app, side, operation)
            if made:
                self.models.clear()

    def _make(self, side: Side, label: Label, name: str = "") -> None:
        """Note that a side makes a model or a field that it has not found: no ancestor has it, whatever the others need."""
        if (label, name) not in side.found:
            self.made.setdefault((label, name), side.number)

    def _is_made_elsewhere(self, side: Side, label: Label, name: str = "") -> bool:
        return self.made.get((label, name), side.number) != side.number

    def _operation(self, app: str, side: Side, operation: dict[str, Any]) -> None:
        handler = getattr(self, "_" + operation["op"], None)
        label = f"{app}.{operation['model']}" if operation.get("model") else ""
        if handler is not None:
            handler(side, label, operation)
        elif label:
            self._use(side, label, [*operation.get("ifields", ()), *operation.get("cfields", ())])

    def _use(self, side: Side, label: Label, names: list[str], facts: Facts | None = None) -> None:
        known = side.model(label)
        if known is None or self._is_made_elsewhere(side, known):
            return
        side.found.add((known, ""))
        self.model(known)
        for name in names:
            there = side.field(label, name.partition("__")[0].lstrip("-"))
            if there not in (None, "id", "pk") and not self._is_made_elsewhere(side, known, there):
                side.found.add((known, there))
                self.field(known, there, facts)

    def _target(self, side: Side, facts: Facts) -> None:
        for label in (facts.get("to"), facts.get("through")):
            if label and "." in str(label):
                self._use(side, label, [])

    def _CreateModel(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._make(side, label)
        side.models[label] = None
        for each in operation["fields"]:
            side.fields[label, each["name"]] = None
            self._target(side, each)

    def _DeleteModel(self, side: Side, label: Label, _: dict[str, Any]) -> None:
        self._use(side, label, [])
        side.models.pop(label, None)

    def _RenameModel(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        app = label.partition(".")[0]
        old, new = f"{app}.{operation['old']}", f"{app}.{operation['new']}"
        self._use(side, old, [])
        side.models[new] = side.model(old)
        for (model, name), before in list(side.fields.items()):
            if model == old:
                side.fields[new, name] = before

    def _AddField(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [])
        if side.model(label) is not None:
            self._make(side, side.model(label) or label, operation["field"])
        side.fields[label, operation["field"]] = None
        self._target(side, operation["f"])

    def _AlterField(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [operation["field"]], operation["f"])
        self._target(side, operation["f"])

    def _RemoveField(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [operation["field"]])
        side.fields.pop((label, operation["field"]), None)

    def _RenameField(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [operation["old"]])
        side.fields[label, operation["new"]] = side.field(label, operation["old"])

    def _RemoveIndex(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [])
        if side.model(label) in self.models:
            self.model(side.model(label) or label).indexes.setdefault(operation["iname"], (NOTE,))

    _RemoveIndexConcurrently = _RemoveIndex

    def _RenameIndex(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        names = operation["ifields"]
        self._use(side, label, names)
        known = side.model(label)
        if known in self.models:
            there = tuple(side.field(label, name) or name for name in names)
            self.model(known).together.add(("index_together", there))

    def _RemoveConstraint(self, side: Side, label: Label, operation: dict[str, Any]) -> None:
        self._use(side, label, [])
        if side.model(label) in self.models:
            self.model(side.model(label) or label).constraints.setdefault(operation["iname"], NOTE)

    def _RunPython(self, side: Side, _: Label, operation: dict[str, Any]) -> None:
        for label in operation["models"]:
            self._use(side, label, [])
