"""Values written as Python source again: short for people, and the same text wherever it is written."""

from __future__ import annotations

import math
from collections.abc import Iterable

from handrail.domain.migration import Operation
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic, Value

SHORT_MODULES = {
    "django.db.models": ("models", "from django.db import models"),
    "django.db.migrations": ("migrations", "from django.db import migrations"),
    "django.conf.settings": ("settings", "from django.conf import settings"),
    "builtins": ("", ""),
    "": ("", ""),
}
"""Modules whose names migration files write short, as Django's own writer does, and the import behind each."""


def to_source(value: Value) -> str:
    """Write a value on one line: models.CharField(max_length=50), [('a', 'A')], {'x'}; equal values give equal text."""
    if isinstance(value, Call):
        return f"{_short(value.path)}({_arguments(value.args, value.keywords)})"
    if isinstance(value, Operation):
        return f"{_short(value.path)}({_operation_arguments(value)})"
    if isinstance(value, Name):
        return _short(value.path)
    if isinstance(value, Symbolic):
        return value.source
    if isinstance(value, ListOf | SetOf | DictOf | tuple):
        return _display(value)
    return _scalar(value)


def imports_of(value: Value) -> frozenset[str]:
    """Return the import statements that the text of to_source needs; names of the file itself and symbolic parts need none."""
    return frozenset(filter(None, (_import(path) for path in _paths(value))))


def _display(value: Value) -> str:
    if isinstance(value, ListOf):
        return f"[{_joined(value.items)}]"
    if isinstance(value, SetOf):
        return "{" + ", ".join(sorted(map(to_source, value.items))) + "}" if value.items else "set()"
    if isinstance(value, DictOf):
        return "{" + ", ".join(f"{to_source(key)}: {to_source(part)}" for key, part in value.pairs) + "}"
    return f"({_joined(value)},)" if len(value) == 1 else f"({_joined(value)})"


def _joined(items: Iterable[Value]) -> str:
    return ", ".join(map(to_source, items))


def _scalar(value: Value) -> str:
    if value is Ellipsis:
        return "..."
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value)


def _arguments(positional: Iterable[Value], keywords: Iterable[tuple[str, Value]]) -> str:
    return ", ".join([*map(to_source, positional), *(f"{name}={to_source(value)}" for name, value in keywords)])


def _operation_arguments(operation: Operation) -> str:
    """Write an operation's arguments; those of a class that is not Django's stand under "0", "1" when they have no name."""
    positional = [value for name, value in operation.arguments.items() if name.isdecimal()]
    return _arguments(positional, [(name, value) for name, value in operation.arguments.items() if not name.isdecimal()])


def _short(path: str) -> str:
    module, _, name = path.rpartition(".")
    if module not in SHORT_MODULES:
        return path.removeprefix(".")
    short = SHORT_MODULES[module][0]
    return f"{short}.{name}" if short else name


def _import(path: str) -> str:
    module = path.rpartition(".")[0]
    if module in SHORT_MODULES:
        return SHORT_MODULES[module][1]
    return "" if module.startswith(".") else f"import {module}"


def _paths(value: Value) -> Iterable[str]:
    if isinstance(value, Name | Call | Operation):
        yield value.path
    for part in _parts(value):
        yield from _paths(part)


def _parts(value: Value) -> Iterable[Value]:
    if isinstance(value, ListOf | SetOf):
        return value.items
    if isinstance(value, tuple):
        return value
    if isinstance(value, DictOf):
        return [part for pair in value.pairs for part in pair]
    if isinstance(value, Call):
        return [*value.args, *(part for _, part in value.keywords)]
    return value.arguments.values() if isinstance(value, Operation) else ()
