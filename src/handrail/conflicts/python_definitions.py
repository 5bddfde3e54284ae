"""Imports, functions and classes: what their statements put under a name; and comprehensions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from handrail.conflicts import python_calls, python_containers, python_rows, python_statements
from handrail.conflicts.python_values import NO_VALUE, Box, Class, Function, Scope, Values, join, only

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader


def import_module(_: Reader, node: ast.Import, scope: Scope) -> None:
    """Note import a.b as c."""
    for alias in node.names:
        name = alias.asname or alias.name.partition(".")[0]
        scope.names[name] = python_calls.imported(alias.name if alias.asname else name)


def import_from(reader: Reader, node: ast.ImportFrom, scope: Scope) -> None:
    """Note from a import b."""
    base = node.module or ""
    if node.level:
        package = reader.package.split(".")
        above = package[: len(package) - node.level + 1]
        base = ".".join([*above, base]).rstrip(".")
    for alias in node.names:
        if alias.name != "*":
            scope.names[alias.asname or alias.name] = python_calls.imported(f"{base}.{alias.name}")


def name_outward(_: Reader, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
    """Note global and nonlocal."""
    top = scope
    while top.parent is not None:
        top = top.parent
    for name in node.names:
        holder: Scope | None = scope.parent
        while holder is not None and name not in holder.names:
            holder = holder.parent
        scope.outward[name] = top if isinstance(node, ast.Global) or holder is None else holder


def define_function(reader: Reader, node: ast.FunctionDef, scope: Scope) -> None:
    """Note def, with its decorators."""
    how = ""
    value: Values
    names = [part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in node.decorator_list]
    for kind in ("staticmethod", "classmethod", "property", "cached_property"):
        if kind in names:
            how = kind.removeprefix("cached_")
    value = only(Function(node, scope, how=how))
    for decorator, name in reversed(list(zip(node.decorator_list, names, strict=True))):
        if name not in ("staticmethod", "classmethod", "property", "cached_property"):
            value = python_calls.decorate(reader, reader.value(decorator, scope), value, decorator)
    scope.names[node.name] = value


def define_class(reader: Reader, node: ast.ClassDef, scope: Scope) -> None:
    """Note class, and run its body."""
    bases = tuple(atom for base in node.bases for atom in reader.value(base, scope))
    inner = Scope(parent=scope, is_class=True)
    scope.names[node.name] = only(Class(node, inner, bases))
    python_statements.run(reader, [part for part in node.body if not _is_list_of_operations(node, part)], inner)


def _is_list_of_operations(cls: ast.ClassDef, part: ast.stmt) -> bool:
    """Say whether a statement is what the migration itself states: that is read elsewhere, and calls no code."""
    return cls.name == "Migration" and isinstance(part, ast.Assign | ast.AnnAssign)


def run_comprehension(reader: Reader, node: Any, scope: Scope, box: Box) -> None:
    """Put into a box what a comprehension makes."""
    ordered = not isinstance(node, ast.SetComp)
    made: list[Values] = []

    def level(depth: int) -> None:
        if depth == len(node.generators):
            _collect(reader, node, scope, box, made)
            return
        part = node.generators[depth]
        values = reader.value(part.iter, scope)
        items = python_containers.items_of(values)
        if items is None or len(items) > python_statements.UNROLLED:
            items = [reader.elements(values, loop=ordered)]
            made.append(NO_VALUE)
        for number, item in enumerate(items):
            with python_statements.turn(reader, number):
                python_statements.assign(reader, part.target, item, scope)
                for test in part.ifs:
                    python_rows.look_at(reader, reader.value(test, scope))
                    made.append(NO_VALUE)
                level(depth + 1)

    level(0)
    if isinstance(node, ast.DictComp):
        return
    if box.items is None and not box.rest and NO_VALUE not in made:
        box.items = made
        reader.changed(True)
    elif box.items != made:
        reader.changed(box.add(join(*made)))


def _collect(reader: Reader, node: Any, scope: Scope, box: Box, made: list[Values]) -> None:
    if isinstance(node, ast.DictComp):
        python_containers.store(reader, box, reader.value(node.key, scope), reader.value(node.value, scope))
    else:
        made.append(reader.value(node.elt, scope))
