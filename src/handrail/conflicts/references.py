"""The fields that an index, a constraint, an expression or an ordering names."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from handrail.conflicts.access import EVERY
from handrail.domain.value import Call, DictOf, ListOf, SetOf, Symbolic, Value

NOT_FIELDS = frozenset(
    {
        "name", "opclasses", "db_tablespace", "index_type", "violation_error_message", "violation_error_code", "template",
        "function", "output_field", "deferrable", "collation", "db_collation", "config", "verbose_name", "help_text",
        "default_permissions", "related_name",
    }
)  # fmt: skip
"""Keyword arguments whose strings are no names of fields."""


def names_in(value: Value) -> Iterator[str]:
    """Yield every string in a value that may be the name of a field; EVERY for a part that cannot be read."""
    if isinstance(value, str):
        yield value.lstrip("-+").split("__")[0]
    elif isinstance(value, Symbolic):
        yield EVERY
    elif isinstance(value, tuple | frozenset | ListOf | SetOf):
        for part in value:
            yield from names_in(part)
    elif isinstance(value, DictOf):
        for _, part in value.pairs:
            yield from names_in(part)
    elif isinstance(value, Call):
        yield from _in_call(value)


def _in_call(call: Call) -> Iterator[str]:
    if call.name == "Value":
        return
    for part in call.args:
        yield from names_in(part)
    for key, part in call.keywords:
        if call.name in ("Q", "When", "FilteredRelation"):
            yield key.split("__")[0]
        if key not in NOT_FIELDS:
            yield from names_in(part)


def fields_in(value: Value, known: Collection[str]) -> frozenset[str]:
    """Return which of the known names a value names, or EVERY alone where that cannot be told."""
    found = frozenset(names_in(value))
    return frozenset({EVERY}) if EVERY in found else found & frozenset(known)
