"""Three-way merge of whole values: what both sides did to them, where that needs no choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from handrail.conflicts.contradictions import contradictions
from handrail.conflicts.fields import CLASS, GENERIC, attributes, from_attributes
from handrail.domain.conflict import MISSING
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Value, is_known

Merge = Callable[[Value, Value, Value], Value]


def is_certain(value: Value) -> bool:
    """Say whether a value means the same in whatever file it stands: nothing computed, nothing of the file itself."""
    return is_known(value) and not any(path.startswith(".") for path in _paths(value))


def same(ours: Value, theirs: Value) -> bool:
    """Say whether two values of two files are really equal."""
    return bool(ours == theirs) and is_certain(ours)


def merge_value(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge values as wholes: MISSING, which stands for a conflict, where both changed them and not in one way."""
    if same(ours, theirs) or ours == theirs == base:
        return ours
    if base is not MISSING and ours == base:
        return theirs
    return ours if base is not MISSING and theirs == base else MISSING


def merge_field(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge definitions of one field, attribute by attribute."""
    if not all(isinstance(value, Call) for value in (base, ours, theirs)):
        return MISSING
    old, mine, yours = attributes(base), attributes(ours), attributes(theirs)
    if (mine[CLASS] != old[CLASS]) != (yours[CLASS] != old[CLASS]) and not _fits(old, mine, yours):
        return MISSING
    merged = _merge_mapping(old, mine, yours, {"choices": merge_choices, "validators": merge_list})
    if merged is None or contradictions(merged) - contradictions(mine) - contradictions(yours):
        return MISSING
    return from_attributes(merged)


def _fits(old: Mapping[str, Value], mine: Mapping[str, Value], yours: Mapping[str, Value]) -> bool:
    """Say whether the side that keeps the class changed only what every class of field takes, and no value of its type."""
    kept = yours if mine[CLASS] != old[CLASS] else mine
    touched = {name for name in {*old, *kept} if old.get(name, MISSING) != kept.get(name, MISSING)}
    return touched <= GENERIC - {"default", "db_default", "choices", "validators"}


def merge_options(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge the options of a model, key by key; lists of permissions by their codenames."""
    if not all(isinstance(value, DictOf) for value in (base, ours, theirs)):
        return MISSING
    merged = _merge_mapping(dict(base.pairs), dict(ours.pairs), dict(theirs.pairs), {"permissions": merge_permissions})
    return MISSING if merged is None else DictOf(tuple(merged.items()))


def _merge_mapping(
    base: Mapping[str, Value], ours: Mapping[str, Value], theirs: Mapping[str, Value], special: Mapping[str, Merge]
) -> dict[str, Value] | None:
    """Merge two mappings key by key; None where a key needs a choice. An absent key is MISSING."""
    merged: dict[str, Value] = {}
    for key in dict.fromkeys((*base, *ours, *theirs)):
        values = tuple(found.get(key, MISSING) for found in (base, ours, theirs))
        old, mine, yours = values
        if mine in (yours, old) or yours == old:
            value = mine if yours == old else yours
            if mine == yours and mine != old and mine is not MISSING and not is_certain(mine):
                return None
        else:
            value = special.get(key, merge_value)(*values)
            if value is MISSING:
                return None
        if value is not MISSING:
            merged[key] = value
    return merged


def merge_set(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge sets such as unique_together: what either added is in, what either took out is out."""
    if not all(isinstance(value, frozenset) for value in (base, ours, theirs)):
        return MISSING
    merged: frozenset[Value] = (base & ours & theirs) | (ours - base) | (theirs - base)
    return merged


def merge_list(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge lists by their items, in the order base, ours, theirs."""
    old, mine, yours = (_items(value) for value in (base, ours, theirs))
    if old is None or mine is None or yours is None:
        return MISSING
    merged = [item for item in old if item in mine and item in yours]
    merged += [item for item in (*mine, *yours) if item not in old]
    unique = tuple(dict.fromkeys(merged))
    return unique if isinstance(ours, tuple) else ListOf(unique)


def merge_choices(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge choices by value: what either added is in; MISSING where a value was taken out or got two labels.

    The order is that of the side which does more than append; MISSING where both do.
    """
    old, mine, yours = (_pairs(value) for value in (base, ours, theirs))
    if old is None or mine is None or yours is None:
        return MISSING
    if set(old) - set(mine) or set(old) - set(yours):
        return MISSING
    merged = _merge_mapping(old, mine, yours, {})
    order = _joined_order(list(old), list(mine), list(yours))
    return MISSING if merged is None or order is None else ListOf(tuple((key, merged[key]) for key in order))


def _joined_order(base: list[Value], ours: list[Value], theirs: list[Value]) -> list[Value] | None:
    """Return the values of both sides in one order; None where both sides moved values or put new ones between old ones."""
    if theirs[: len(base)] == base:
        return list(dict.fromkeys((*ours, *theirs)))
    return list(dict.fromkeys((*theirs, *ours))) if ours[: len(base)] == base else None


def merge_permissions(base: Value, ours: Value, theirs: Value) -> Value:
    """Merge permissions by codename: what either added is in, what either took out is out; MISSING for two names of one."""
    old, mine, yours = (_pairs(value) for value in (base, ours, theirs))
    if old is None or mine is None or yours is None:
        return MISSING
    merged = _merge_mapping(old, mine, yours, {})
    return MISSING if merged is None else ListOf(tuple(merged.items()))


def _pairs(value: Value) -> dict[Value, Value] | None:
    if value is MISSING or value is None:
        return {}
    if isinstance(value, DictOf):
        return dict(value.pairs)
    items = _items(value)
    if items is None:
        return None
    found = [tuple(item) if isinstance(item, ListOf | tuple) else () for item in items]
    if any(len(pair) != 2 for pair in found) or len({pair[0] for pair in found}) < len(found):
        return None
    return dict(found)


def _items(value: Value) -> tuple[Value, ...] | None:
    if value is MISSING:
        return ()
    return tuple(value) if isinstance(value, ListOf | tuple) else None


def as_set(value: Value) -> Value:
    """Return unique_together or index_together as a value to show: a set of tuples, in their order."""
    return SetOf(tuple(sorted(value))) if isinstance(value, frozenset) else value


def _paths(value: Value) -> Iterable[str]:
    if isinstance(value, Name):
        return [value.path]
    if isinstance(value, Call):
        inside = (*value.args, *(part for _, part in value.keywords))
        return [value.path, *(path for part in inside for path in _paths(part))]
    if isinstance(value, DictOf):
        return [path for pair in value.pairs for part in pair for path in _paths(part)]
    if isinstance(value, ListOf | SetOf | tuple | frozenset):
        return [path for part in value for path in _paths(part)]
    return []
