"""Calls and conversions whose result is known: list(), dict(), range(), swappable_dependency() and the like."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from handrail.domain.migration import FIRST, SETTING, MigrationKey
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Value
from handrail.sources.arithmetic import SCALARS, Unknown

SETTINGS = "django.conf.settings"
USER_MODEL = f"{SETTINGS}.AUTH_USER_MODEL"
SWAPPABLE = "django.db.migrations.swappable_dependency"
LIMIT = 10_000
"""How many items an evaluated sequence may have, and how many turns all loops of a file may take together: more than any
migration writes, few enough to stay quick."""
CONSTANT = SCALARS | {complex, bytes, type(...)}


def iterate(value: Value) -> tuple[Value, ...]:
    """Return what a loop over a known value would meet. Raises Unknown."""
    if isinstance(value, ListOf):
        value = value.items
    elif isinstance(value, DictOf):
        value = tuple(key for key, _ in value.pairs)
    elif isinstance(value, str):
        value = tuple(value)
    if type(value) is not tuple or len(value) > LIMIT:
        raise Unknown
    return value


def pairs(value: Value) -> dict[Value, Value]:
    """Return what a known dict holds. Raises Unknown."""
    if not isinstance(value, DictOf):
        raise Unknown
    return dict(value.pairs)


def set_of(items: Iterable[Value]) -> SetOf:
    """Return a set of values, each once."""
    return SetOf(tuple(dict.fromkeys(items)))


def truth(value: Value) -> bool:
    """Return whether a known value counts as true. Raises Unknown."""
    if isinstance(value, ListOf | SetOf):
        return bool(value.items)
    if isinstance(value, DictOf):
        return bool(value.pairs)
    if type(value) is tuple or type(value) in CONSTANT or value is None:
        return bool(value)
    raise Unknown


def bound(target: ast.expr, item: Value) -> dict[str, Value]:
    """Return what a loop's target is bound to. Raises Unknown."""
    if isinstance(target, ast.Name):
        return {target.id: item}
    if not isinstance(target, ast.Tuple | ast.List):
        raise Unknown
    parts = iterate(item)
    if len(parts) != len(target.elts):
        raise Unknown
    found: dict[str, Value] = {}
    for inner, part in zip(target.elts, parts, strict=True):
        found.update(bound(inner, part))
    return found


Arguments = tuple[Value, ...]
Keywords = Mapping[str, Value]


def _swappable_dependency(args: Arguments, keywords: Keywords) -> Value:
    """A dependency on a model that a setting names: the setting's own key, or the first migration of the literal's app."""
    value = args[0] if args else keywords.get("value")
    if isinstance(value, Call) and value.path == "builtins.getattr" and value.args[:1] == (Name(SETTINGS),):
        value = Name(f"{SETTINGS}.{value.args[1]}")
    if isinstance(value, Name) and value.path.startswith(f"{SETTINGS}."):
        return MigrationKey(SETTING, value.path.removeprefix(f"{SETTINGS}."))
    if isinstance(value, str):
        return MigrationKey(value.partition(".")[0], FIRST)
    return None


def _getattr(args: Arguments, _keywords: Keywords) -> Value:
    """getattr(settings, "AUTH_USER_MODEL", ...) is the setting: it always has a value, so that a default does not matter."""
    return Name(USER_MODEL) if args[:2] == (Name(SETTINGS), "AUTH_USER_MODEL") else None


def _list_of(args: Arguments, keywords: Keywords) -> Value:
    return None if keywords else ListOf(iterate(args[0]) if args else ())


def _tuple_of(args: Arguments, keywords: Keywords) -> Value:
    return None if keywords else iterate(args[0]) if args else ()


def _set_called(args: Arguments, keywords: Keywords) -> Value:
    return None if keywords else set_of(iterate(args[0]) if args else ())


def _dict_of(args: Arguments, keywords: Keywords) -> Value:
    given = pairs(args[0]) if args and isinstance(args[0], DictOf) else dict(map(_pair, iterate(args[0]))) if args else {}
    return DictOf(tuple({**given, **keywords}.items()))


def _pair(item: Value) -> tuple[Value, Value]:
    parts = iterate(item)
    if len(parts) != 2:
        raise Unknown
    return parts[0], parts[1]


def _range(args: Arguments, keywords: Keywords) -> Value:
    if keywords or not 1 <= len(args) <= 3 or any(type(arg) is not int for arg in args) or args[2:] == (0,):
        raise Unknown
    found = range(*args)
    if len(found) > LIMIT:
        raise Unknown
    return tuple(found)


def _enumerate(args: Arguments, keywords: Keywords) -> Value:
    if len(args) != 1 or keywords:
        raise Unknown
    return tuple(enumerate(iterate(args[0])))


def _zip(args: Arguments, keywords: Keywords) -> Value:
    if keywords:
        raise Unknown
    return tuple(zip(*map(iterate, args), strict=False))


def _string(args: Arguments, keywords: Keywords) -> Value:
    return str(args[0]) if len(args) == 1 and not keywords and type(args[0]) in SCALARS else None


SPECIAL: Mapping[str, Callable[[Arguments, Keywords], Value]] = {
    SWAPPABLE: _swappable_dependency,
    "builtins.getattr": _getattr,
    "builtins.list": _list_of,
    "builtins.tuple": _tuple_of,
    "builtins.set": _set_called,
    "builtins.frozenset": _set_called,
    "builtins.dict": _dict_of,
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.str": _string,
}
"""Calls whose value is known; None means that the call stands for itself."""
