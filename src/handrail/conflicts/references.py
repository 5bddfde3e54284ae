"""The fields that an index, a constraint, an expression or an ordering names."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from handrail.conflicts.access import EVERY
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic, Value

MODULES = frozenset({"models", "django", "functions", "expressions", "postgres", "contrib", "db"})
"""Names in lower case that expressions start with and that hold no names of fields."""

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
        yield from _in_source(value.source)
    elif isinstance(value, Name) and not value.path.startswith(("django.", "builtins.")):
        yield EVERY
    elif isinstance(value, tuple | frozenset | ListOf | SetOf):
        for part in value:
            yield from names_in(part)
    elif isinstance(value, DictOf):
        for _, part in value.pairs:
            yield from names_in(part)
    elif isinstance(value, Call):
        yield from _in_call(value)


def _in_source(source: str) -> Iterator[str]:
    """Yield the names in an expression such as Q(a=1) | Q(b=2) by its text; EVERY where it uses a variable."""
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError):
        yield EVERY
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and _is_variable(node.id):
            yield EVERY
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from names_in(node.value)
        elif isinstance(node, ast.keyword):
            yield EVERY if node.arg is None else node.arg.split("__")[0]
        elif isinstance(node, ast.comprehension | ast.Lambda):
            yield EVERY


def _is_variable(name: str) -> bool:
    """Say whether a name is that of a variable or a function, by its spelling: classes are in mixed case, F and Q too."""
    return name not in MODULES and (name.islower() or (name.isupper() and len(name) > 1))


def _in_call(call: Call) -> Iterator[str]:
    if call.name == "Value":
        return
    if not call.path.startswith("django.") and (_is_variable(call.name) or not (call.args or call.keywords)):
        yield EVERY
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
