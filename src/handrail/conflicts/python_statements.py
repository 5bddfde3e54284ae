"""Statements: every branch is taken, every loop is run until nothing new is found."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.conflicts import python_calls, python_containers, python_definitions, python_rows
from handrail.conflicts.python_loops import carries_state
from handrail.conflicts.python_values import (
    NO_VALUE,
    NONE,
    PLAIN,
    Box,
    Class,
    FieldValue,
    Handle,
    Instance,
    Outside,
    Scope,
    Unknown,
    Values,
    join,
    leading,
    only,
)

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

UNROLLED = 80
"""Longest list whose loop is run item by item."""
PASSES = 8


def run(reader: Reader, statements: Iterable[ast.stmt], scope: Scope) -> None:
    """Run statements in a scope."""
    for statement in statements:
        handler = HANDLERS.get(type(statement))
        if handler is None:
            reader.opaque(f"has {type(statement).__name__}, which is not read")
        else:
            handler(reader, statement, scope)


def assign(reader: Reader, target: ast.expr, value: Values, scope: Scope) -> None:
    """Note target = value."""
    if isinstance(target, ast.Name):
        _set_name(scope, target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(reader, target, value, scope)
    elif isinstance(target, ast.Starred):
        box = reader.box(target)
        reader.changed(box.add(value))
        assign(reader, target.value, only(box), scope)
    elif isinstance(target, ast.Attribute):
        for atom in reader.value(target.value, scope):
            set_attribute(reader, atom, target.attr, value)
    elif isinstance(target, ast.Subscript):
        key = PLAIN if isinstance(target.slice, ast.Slice) else reader.value(target.slice, scope)
        for atom in reader.value(target.value, scope):
            python_containers.store(reader, atom, key, value)


def _set_name(scope: Scope, name: str, value: Values) -> None:
    outward = scope.outward.get(name)
    if outward is not None:
        outward.names[name] = join(outward.names.get(name, NO_VALUE), value)
    elif scope.weak:
        scope.names[name] = join(scope.names.get(name, NO_VALUE), value)
    else:
        scope.names[name] = value


def _unpack(reader: Reader, target: ast.Tuple | ast.List, value: Values, scope: Scope) -> None:
    starred = any(isinstance(part, ast.Starred) for part in target.elts)
    parts: list[Values] = [NO_VALUE] * len(target.elts)
    for atom in value:
        items = python_containers.items_of(only(atom))
        if items is None or starred or len(items) != len(parts):
            given = only(atom) if isinstance(atom, Instance | Unknown) else reader.elements(only(atom), loop=True)
            items = [given] * len(parts)
        parts = [join(part, item) for part, item in zip(parts, items, strict=True)]
    for part, given in zip(target.elts, parts, strict=True):
        assign(reader, part, given, scope)


def set_attribute(reader: Reader, atom: Any, name: str, value: Values) -> None:
    """Note atom.name = value."""
    if isinstance(atom, Box):
        reader.changed(atom.put(name, value))
    elif isinstance(atom, Class):
        atom.scope.names[name] = join(atom.scope.names.get(name, NO_VALUE), value)
    elif isinstance(atom, Outside | Handle):
        reader.opaque(f"sets {name} of {atom.path if isinstance(atom, Outside) else atom.kind}")
    elif not isinstance(atom, Unknown):
        python_rows.store(reader, atom, name, value)


def branches(scope: Scope, *runs: Callable[[], None]) -> None:
    """Run alternatives, each from the same names, and join what they leave."""
    before = dict(scope.names)
    left: list[dict[str, Values]] = []
    for each in runs:
        scope.names.clear()
        scope.names.update(before)
        each()
        left.append(dict(scope.names))
    scope.names.clear()
    for names in left:
        _join_names(scope, names)


def _join_names(scope: Scope, names: dict[str, Values]) -> None:
    for name, value in names.items():
        scope.names[name] = join(scope.names.get(name, NO_VALUE), value)


def settle(reader: Reader, scope: Scope, each: Callable[[], None]) -> None:
    """Run something again and again until nothing new is found."""
    for _ in range(PASSES):
        before, state = dict(scope.names), reader.state()
        each()
        _join_names(scope, before)
        if scope.names == before and reader.state() == state:
            return
    reader.opaque("has a loop that is too complex to be read")


def _weakly(scope: Scope, each: Callable[[], None]) -> None:
    """Run something that may stop anywhere: names keep their earlier values beside the new ones."""
    scope.weak += 1
    try:
        each()
    finally:
        scope.weak -= 1


def _for(reader: Reader, node: ast.For, scope: Scope) -> None:
    values = reader.value(node.iter, scope)
    stops = any(isinstance(part, ast.Break | ast.Continue) for each in node.body for part in ast.walk(each))
    items = python_containers.items_of(values)
    if items is not None and len(items) <= UNROLLED:
        for number, item in enumerate(items):
            before = dict(scope.names)
            with turn(reader, number):
                assign(reader, node.target, item, scope)
                _body(reader, node, scope, weak=stops)
            if stops:
                _join_names(scope, before)
    else:
        element = reader.elements(values, loop=carries_state(node.body, node.target))

        def once() -> None:
            assign(reader, node.target, element, scope)
            _body(reader, node, scope, weak=stops)

        settle(reader, scope, once)
    run(reader, node.orelse, scope)


@contextmanager
def turn(reader: Reader, number: int) -> Iterator[None]:
    """Tell what is made in one turn of a loop from what is made in the others."""
    before = reader.context
    reader.context = (before[0], (*before[1], number))
    try:
        yield
    finally:
        reader.context = before


def _body(reader: Reader, node: ast.For | ast.While, scope: Scope, *, weak: bool) -> None:
    if weak:
        _weakly(scope, lambda: run(reader, node.body, scope))
    else:
        run(reader, node.body, scope)


def _while(reader: Reader, node: ast.While, scope: Scope) -> None:
    def once() -> None:
        python_rows.look_at(reader, reader.value(node.test, scope))
        _body(reader, node, scope, weak=True)

    settle(reader, scope, once)
    run(reader, node.orelse, scope)


def _if(reader: Reader, node: ast.If, scope: Scope) -> None:
    python_rows.look_at(reader, reader.value(node.test, scope))
    branches(scope, lambda: run(reader, node.body, scope), lambda: run(reader, node.orelse, scope))


def _try(reader: Reader, node: ast.Try | ast.TryStar, scope: Scope) -> None:
    _weakly(scope, lambda: run(reader, node.body, scope))

    def handled(handler: ast.ExceptHandler) -> Callable[[], None]:
        def each() -> None:
            if handler.name:
                scope.names[handler.name] = PLAIN
            run(reader, handler.body, scope)

        return each

    branches(scope, lambda: run(reader, node.orelse, scope), *map(handled, node.handlers))
    run(reader, node.finalbody, scope)


def _with(reader: Reader, node: ast.With, scope: Scope) -> None:
    for item in node.items:
        value = reader.value(item.context_expr, scope)
        entered = reader.each(value, lambda atom: python_calls.entered(reader, atom, node))
        if item.optional_vars is not None:
            assign(reader, item.optional_vars, entered, scope)
    _weakly(scope, lambda: run(reader, node.body, scope))


def _match(reader: Reader, node: ast.Match, scope: Scope) -> None:
    subject = reader.value(node.subject, scope)
    inside = join(subject, frozenset(leading(subject)), PLAIN)

    def case(each: ast.match_case) -> Callable[[], None]:
        def taken() -> None:
            for part in ast.walk(each.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    scope.names[name] = inside
            if each.guard is not None:
                reader.value(each.guard, scope)
            run(reader, each.body, scope)

        return taken

    branches(scope, lambda: None, *map(case, node.cases))


def _assign(reader: Reader, node: ast.Assign, scope: Scope) -> None:
    value = reader.value(node.value, scope)
    for target in node.targets:
        assign(reader, target, value, scope)


def _annotated(reader: Reader, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        assign(reader, node.target, reader.value(node.value, scope), scope)


def _augmented(reader: Reader, node: ast.AugAssign, scope: Scope) -> None:
    load = reader.loads.setdefault(id(node), _as_load(node.target))
    before = reader.value(load, scope)
    value = reader.value(node.value, scope)
    for atom in before:
        if isinstance(atom, Box):
            python_containers.update(reader, atom, value)
        elif isinstance(atom, FieldValue) and isinstance(node.target, ast.Name):
            reader.record.updates(atom.key, {atom.name})
    combined = python_containers.binary(reader, node, before, value)
    boxes = frozenset(atom for atom in before if isinstance(atom, Box))
    assign(reader, node.target, boxes or combined, scope)


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    assert isinstance(target, ast.Subscript)
    return ast.Subscript(target.value, target.slice, ast.Load())


def _return(reader: Reader, node: ast.Return, scope: Scope) -> None:
    value = reader.value(node.value, scope) if node.value is not None else NONE
    scope.names["<return>"] = join(scope.names.get("<return>", NO_VALUE), value)


def _expression(reader: Reader, node: ast.Expr, scope: Scope) -> None:
    call = node.value
    if isinstance(call, ast.Call):
        reader.discarded.add(id(call))
    reader.value(call, scope)


def _delete(reader: Reader, node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Attribute):
            for atom in reader.value(target.value, scope):
                set_attribute(reader, atom, target.attr, NO_VALUE)
        elif isinstance(target, ast.Subscript):
            assign(reader, target, NO_VALUE, scope)


def _raise(reader: Reader, node: ast.Raise, scope: Scope) -> None:
    for part in (node.exc, node.cause):
        if part is not None:
            reader.value(part, scope)


def _assert(reader: Reader, node: ast.Assert, scope: Scope) -> None:
    python_rows.look_at(reader, reader.value(node.test, scope))


def _nothing(_: Reader, __: ast.stmt, ___: Scope) -> None:
    """Statements that touch nothing."""


Handler = Callable[["Reader", Any, Scope], None]
HANDLERS: dict[type[ast.stmt], Handler] = {
    ast.For: _for,
    ast.While: _while,
    ast.If: _if,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.Match: _match,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Expr: _expression,
    ast.Delete: _delete,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: python_definitions.import_module,
    ast.ImportFrom: python_definitions.import_from,
    ast.Global: python_definitions.name_outward,
    ast.Nonlocal: python_definitions.name_outward,
    ast.FunctionDef: python_definitions.define_function,
    ast.ClassDef: python_definitions.define_class,
    ast.Pass: _nothing,
    ast.Break: _nothing,
    ast.Continue: _nothing,
}
