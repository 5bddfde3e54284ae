"""AlterModelOptions."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations._options import set_value
from handrail.conflicts.operations.base import Place, Rule, Touched, pairs, use_fields, use_model
from handrail.conflicts.state import Model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import DictOf, Value

KEYS = frozenset(
    {
        "base_manager_name", "default_manager_name", "default_related_name", "get_latest_by", "managed", "ordering",
        "permissions", "default_permissions", "select_on_save", "verbose_name", "verbose_name_plural",
    }
)  # fmt: skip
"""The options that the operation resets where it does not name them (AlterModelOptions.ALTER_OPTION_KEYS, 5.2 to 6.1)."""

OPTION = "options"
COSMETIC = frozenset({"verbose_name", "verbose_name_plural", "permissions", "default_permissions"})
NAMES_FIELDS = frozenset({"ordering", "get_latest_by"})
MANAGERS = frozenset({"base_manager_name", "default_manager_name"})


class AlterModelOptions(Rule):
    """Sets the options of a model that live in the state alone, all of them at once."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"sets the options of {place.model(operation.argument('name')).label}"

    def is_cosmetic(self, operation: Operation, place: Place) -> bool:
        """Say whether only names for people and permissions change."""
        model = place.model(operation.argument("name"))
        return model.known and _changed(model, operation) <= COSMETIC

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = place.model(operation.argument("name")), self.phrase(operation, place)
        after = _after(operation)
        if not isinstance(operation.argument("options"), DictOf):
            yield place.opaque(phrase, "its options are computed")
        yield use_model(place, model, phrase, schema=False)
        yield set_value(place, model, OPTION, _value(after), phrase, before=_value(_own(model)))
        changed = _changed(model, operation)
        for key in sorted(changed & NAMES_FIELDS):
            yield from use_fields(place, model, after.get(key), "ordering", phrase, name=key)
        if changed & NAMES_FIELDS:
            yield place.touch(("rows", model.id), Mode.ORDERING, phrase, model=model.label)
        if changed & MANAGERS:
            yield place.touch(("rows", model.id), Mode.MANAGERS, phrase, model=model.label)
        if "managed" in changed:
            yield place.touch(("model", model.id), Mode.MANAGED, phrase, model=model.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Set the options in the state; those of KEYS that are not named go back to their defaults."""
        model = place.model(operation.argument("name"))
        kept = {key: value for key, value in model.options.items() if key not in KEYS}
        place.state.put(replace(model, options={**kept, **_after(operation)}))


def _own(model: Model) -> dict[str, Value]:
    return {key: value for key, value in model.options.items() if key in KEYS}


def _after(operation: Operation) -> dict[str, Value]:
    return {str(key): value for key, value in pairs(operation.argument("options"))}


def _changed(model: Model, operation: Operation) -> frozenset[str]:
    before, after = _own(model), _after(operation)
    return frozenset(key for key in {*before, *after} if key not in before or key not in after or before[key] != after[key])


def _value(options: dict[str, Value]) -> DictOf:
    return DictOf(tuple(sorted(options.items())))
