"""Attributes of a field that do not go together, though each alone is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from handrail.conflicts.fields import CLASS
from handrail.domain.conflict import MISSING
from handrail.domain.value import DictOf, ListOf, Name, Value

Found = Mapping[str, Value]

NEEDS_NULL = ("SET_NULL", "DB_SET_NULL")
UNLIMITED = frozenset({"TextField", "BinaryField", "JSONField"})
"""Classes whose columns MySQL neither indexes nor makes unique (django/db/backends/mysql/base.py, _limited_data_types, 5.2)."""


def contradictions(found: Found) -> frozenset[str]:
    """Return in a word each what contradicts itself in a field's attributes by name; most are errors of Django's system checks.

    django/db/models/fields/__init__.py and related.py, check (5.2): fields.E007, E009, E130 to E134, E160, E320, E321.
    """
    return frozenset(name for name, test in TESTS.items() if test(found))


def _default_of_none(found: Found) -> bool:
    return found.get("default", MISSING) is None and found.get("null") is not True


def _null_on_delete(found: Found) -> bool:
    return _on_delete(found) in NEEDS_NULL and found.get("null") is not True


def _default_on_delete(found: Found) -> bool:
    needed = {"SET_DEFAULT": "default", "DB_SET_DEFAULT": "db_default"}.get(_on_delete(found))
    return needed is not None and needed not in found


def _on_delete(found: Found) -> str:
    action = found.get("on_delete")
    return action.path.rpartition(".")[2] if isinstance(action, Name) else ""


def _null_in_primary_key(found: Found) -> bool:
    return found.get("primary_key") is True and found.get("null") is True


def _two_ways_to_be_filled(found: Found) -> bool:
    automatic = [found.get("auto_now") is True, found.get("auto_now_add") is True, "default" in found]
    return sum(automatic) > 1 and any(automatic[:2])


def _too_many_places(found: Found) -> bool:
    digits, places = found.get("max_digits"), found.get("decimal_places")
    return isinstance(digits, int) and isinstance(places, int) and places > digits


def _too_long(found: Found) -> bool:
    longest = found.get("max_length")
    texts = [value for value in (*_choices(found), found.get("default")) if isinstance(value, str)]
    return isinstance(longest, int) and any(len(text) > longest for text in texts)


def _default_is_no_choice(found: Found) -> bool:
    default, known = found.get("default"), _choices(found)
    return bool(known) and isinstance(default, str | int) and default not in known


def _choices(found: Found) -> list[Value]:
    """Return the values of the choices, also those in groups; none where they cannot be read."""
    given = found.get("choices")
    pairs = given.pairs if isinstance(given, DictOf) else tuple(given) if isinstance(given, ListOf | tuple) else ()
    values: list[Value] = []
    for pair in pairs:
        parts = tuple(pair) if isinstance(pair, ListOf | tuple) else ()
        if len(parts) != 2:
            return []
        values += _choices({"choices": parts[1]}) if isinstance(parts[1], ListOf | tuple | DictOf) else [parts[0]]
    return values


def _key_on_unlimited(found: Found) -> bool:
    cls = found.get(CLASS)
    keyed = found.get("unique") is True or found.get("db_index") is True
    return keyed and isinstance(cls, Name) and cls.path.rpartition(".")[2] in UNLIMITED


TESTS: dict[str, Callable[[Found], bool]] = {
    "default": _default_of_none,
    "on_delete": _null_on_delete,
    "on_delete default": _default_on_delete,
    "primary_key": _null_in_primary_key,
    "auto_now": _two_ways_to_be_filled,
    "decimal_places": _too_many_places,
    "max_length": _too_long,
    "choices": _default_is_no_choice,
    "index": _key_on_unlimited,
}
