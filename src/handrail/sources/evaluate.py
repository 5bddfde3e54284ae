"""Expressions of a file as values, without running it: what cannot be told from the file alone stays symbolic."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from handrail.domain.value import Call, DictOf, ListOf, Name, Symbolic, Value, is_known
from handrail.sources.arithmetic import SCALARS, Unknown, binary, compare, method, unary
from handrail.sources.django_names import one_path
from handrail.sources.known_calls import LIMIT, SPECIAL, bound, iterate, pairs, set_of, truth
from handrail.sources.scope import Scope

SEQUENCES = ("builtins.list", "builtins.tuple")
Locals = Mapping[str, Value]


class Element(NamedTuple):
    """One element of a sequence: its expression, and the local names it stands among.

    whole: the expression is a sequence that cannot be told apart into its elements.
    """

    node: ast.expr
    names: Locals
    whole: bool = False


class Evaluator:
    """Evaluates expressions in the scopes they stand in, the innermost first."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes
        self._known: dict[int, Value] = {}
        self._pending: set[int] = set()
        self._turns = 0

    def value(self, node: ast.expr, names: Locals | None = None) -> Value:
        """Return the value of an expression; Symbolic with its source where it cannot be told.

        names: values of local names, such as those of a comprehension.
        """
        try:
            return self._value(node, names or {})
        except Unknown:
            return Symbolic(ast.unparse(node))

    def path(self, node: ast.expr) -> str:
        """Return the dotted path that an expression names, or "" where it names none."""
        value = self.value(node)
        return value.path if isinstance(value, Name) else ""

    def elements(self, node: ast.expr, names: Locals | None = None) -> Iterator[Element]:
        """Yield the elements of a list or tuple expression one by one, however it is put together."""
        names = names or {}
        if isinstance(node, ast.List | ast.Tuple):
            for element in node.elts:
                if isinstance(element, ast.Starred):
                    yield from self.elements(element.value, names)
                else:
                    yield Element(element, names)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self.elements(node.left, names)
            yield from self.elements(node.right, names)
        elif isinstance(node, ast.Name) and node.id not in names and (constant := self._constant_of(node.id)) is not None:
            yield from self._inside(constant, node)
        else:
            yield from self._computed(node, names)

    def _inside(self, constant: ast.expr, node: ast.Name) -> Iterator[Element]:
        """Yield the elements of a constant; one that leads back to itself has none that are known."""
        if id(constant) in self._pending:
            yield Element(node, {}, whole=True)
            return
        self._pending.add(id(constant))
        try:
            yield from self.elements(constant)
        finally:
            self._pending.discard(id(constant))

    def _computed(self, node: ast.expr, names: Locals) -> Iterator[Element]:
        try:
            if isinstance(node, ast.ListComp | ast.GeneratorExp):
                yield from [Element(node.elt, inner) for inner in self._loop(node.generators, names)]
            elif isinstance(node, ast.IfExp):
                yield from self.elements(node.body if self._test(node.test, names) else node.orelse, names)
            elif isinstance(node, ast.Call) and self.path(node.func) in SEQUENCES and len(node.args) == 1 and not node.keywords:
                yield from self.elements(node.args[0], names)
            else:
                yield Element(node, names, whole=True)
        except Unknown:
            yield Element(node, names, whole=True)

    def constant(self, node: ast.expr) -> ast.expr:
        """Return the expression behind a name that is assigned once, else the expression itself."""
        for _ in range(10):
            found = self._constant_of(node.id) if isinstance(node, ast.Name) else None
            if found is None:
                break
            node = found
        return node

    def _constant_of(self, name: str) -> ast.expr | None:
        scope = next((scope for scope in self.scopes if scope.hides(name)), None)
        return scope.constant(name) if scope else None

    def _value(self, node: ast.expr, names: Locals) -> Value:
        if type(node) is ast.Constant:
            return node.value
        handler = HANDLERS.get(type(node))
        if handler is None:
            raise Unknown
        return handler(self, node, names)

    def _part(self, node: ast.expr, names: Locals) -> Value:
        """Return a part of a larger value: symbolic parts do not make the whole symbolic."""
        try:
            return self._value(node, names)
        except Unknown:
            return Symbolic(ast.unparse(node))

    def _name(self, node: ast.Name, names: Locals) -> Value:
        if node.id in names:
            return names[node.id]
        for scope in self.scopes:
            if scope.hides(node.id) or scope is self.scopes[-1]:
                constant, path = scope.constant(node.id), scope.path_of(node.id)
                if constant is not None:
                    return self._constant(constant)
                if path is not None:
                    return Name(path)
                raise Unknown
        raise Unknown

    def _constant(self, node: ast.expr) -> Value:
        """Evaluate a constant once; one that leads back to itself is unknown."""
        key = id(node)
        if key in self._pending:
            raise Unknown
        if key not in self._known:
            self._pending.add(key)
            try:
                self._known[key] = self._value(node, {})
            finally:
                self._pending.discard(key)
        return self._known[key]

    def _attribute(self, node: ast.Attribute, names: Locals) -> Value:
        base = self._value(node.value, names)
        if not isinstance(base, Name):
            raise Unknown
        return Name(one_path(f"{base.path}.{node.attr}"))

    def _sequence(self, elements: Sequence[ast.expr], names: Locals) -> tuple[Value, ...]:
        found: list[Value] = []
        for element in elements:
            if isinstance(element, ast.Starred):
                found += iterate(self._value(element.value, names))
            else:
                found.append(self._part(element, names))
        return tuple(found)

    def _list(self, node: ast.List, names: Locals) -> Value:
        return ListOf(self._sequence(node.elts, names))

    def _tuple(self, node: ast.Tuple, names: Locals) -> Value:
        return self._sequence(node.elts, names)

    def _set(self, node: ast.Set, names: Locals) -> Value:
        return set_of(self._sequence(node.elts, names))

    def _dict(self, node: ast.Dict, names: Locals) -> Value:
        found: dict[Value, Value] = {}
        for key, part in zip(node.keys, node.values, strict=True):
            if key is None:
                found.update(pairs(self._value(part, names)))
            else:
                found[self._part(key, names)] = self._part(part, names)
        return DictOf(tuple(found.items()))

    def _list_comprehension(self, node: ast.ListComp | ast.GeneratorExp, names: Locals) -> Value:
        found = tuple(self._part(node.elt, inner) for inner in self._loop(node.generators, names))
        return ListOf(found) if isinstance(node, ast.ListComp) else found

    def _set_comprehension(self, node: ast.SetComp, names: Locals) -> Value:
        return set_of(self._value(node.elt, inner) for inner in self._loop(node.generators, names))

    def _dict_comprehension(self, node: ast.DictComp, names: Locals) -> Value:
        loop = self._loop(node.generators, names)
        return DictOf(tuple({self._value(node.key, inner): self._part(node.value, inner) for inner in loop}.items()))

    def _loop(self, generators: Sequence[ast.comprehension], names: Locals) -> Iterator[Locals]:
        if not generators:
            yield names
            return
        first, *rest = generators
        if first.is_async:
            raise Unknown
        for item in iterate(self._value(first.iter, names)):
            self._turns += 1
            if self._turns > LIMIT:
                raise Unknown
            inner = {**names, **bound(first.target, item)}
            if all(self._test(condition, inner) for condition in first.ifs):
                yield from self._loop(rest, inner)

    def _test(self, node: ast.expr, names: Locals) -> bool:
        return truth(self._value(node, names))

    def _conditional(self, node: ast.IfExp, names: Locals) -> Value:
        return self._value(node.body if self._test(node.test, names) else node.orelse, names)

    def _boolean(self, node: ast.BoolOp, names: Locals) -> Value:
        value: Value = None
        for part in node.values:
            value = self._value(part, names)
            if truth(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _compare(self, node: ast.Compare, names: Locals) -> Value:
        left = self._value(node.left, names)
        for operator, part in zip(node.ops, node.comparators, strict=True):
            right = self._value(part, names)
            if not is_known(left) or not is_known(right) or not compare(operator, left, right):
                return compare(operator, left, right)
            left = right
        return True

    def _unary(self, node: ast.UnaryOp, names: Locals) -> Value:
        if isinstance(node.op, ast.Not):
            return not self._test(node.operand, names)
        return unary(node.op, self._value(node.operand, names))

    def _binary(self, node: ast.BinOp, names: Locals) -> Value:
        return binary(node.op, self._value(node.left, names), self._value(node.right, names))

    def _joined(self, node: ast.JoinedStr, names: Locals) -> Value:
        return "".join(self._text(part, names) for part in node.values)

    def _text(self, node: ast.expr, names: Locals) -> str:
        if not isinstance(node, ast.FormattedValue):
            return str(self._value(node, names))
        value = self._value(node.value, names)
        if type(value) not in SCALARS:
            raise Unknown
        value = repr(value) if node.conversion in (ord("r"), ord("a")) else str(value) if node.conversion == ord("s") else value
        return str(method(value, "__format__", (self._text(node.format_spec, names) if node.format_spec else "",), {}))

    def _subscript(self, node: ast.Subscript, names: Locals) -> Value:
        whole, key = self._value(node.value, names), self._value(node.slice, names)
        if isinstance(whole, DictOf) and key in dict(whole.pairs):
            return whole.get(key)
        items = whole.items if isinstance(whole, ListOf) else whole
        if isinstance(items, tuple | str) and type(key) is int and -len(items) <= key < len(items):
            return items[key]
        raise Unknown

    def _call(self, node: ast.Call, names: Locals) -> Value:
        if isinstance(node.func, ast.Attribute):
            owner = self._part(node.func.value, names)
            if isinstance(owner, str):
                return self._string_method(owner, node, names)
        function = self._value(node.func, names)
        if not isinstance(function, Name):
            raise Unknown
        args = self._sequence(node.args, names)
        keywords = self._keywords(node.keywords, names)
        special = SPECIAL.get(function.path)
        value = special(args, keywords) if special else None
        return Call(function.path, args, tuple(keywords.items())) if value is None else value

    def _string_method(self, owner: str, node: ast.Call, names: Locals) -> Value:
        assert isinstance(node.func, ast.Attribute)
        args = self._sequence(node.args, names)
        return method(owner, node.func.attr, args, self._keywords(node.keywords, names))

    def _keywords(self, nodes: Sequence[ast.keyword], names: Locals) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for node in nodes:
            if node.arg is None:
                given = pairs(self._value(node.value, names))
                if not all(isinstance(key, str) for key in given):
                    raise Unknown
                found.update(given)
            else:
                found[node.arg] = self._part(node.value, names)
        return found


HANDLERS: Mapping[type[ast.expr], Callable[..., Value]] = {
    ast.Attribute: Evaluator._attribute,
    ast.BinOp: Evaluator._binary,
    ast.BoolOp: Evaluator._boolean,
    ast.Call: Evaluator._call,
    ast.Compare: Evaluator._compare,
    ast.Dict: Evaluator._dict,
    ast.DictComp: Evaluator._dict_comprehension,
    ast.GeneratorExp: Evaluator._list_comprehension,
    ast.IfExp: Evaluator._conditional,
    ast.JoinedStr: Evaluator._joined,
    ast.List: Evaluator._list,
    ast.ListComp: Evaluator._list_comprehension,
    ast.Name: Evaluator._name,
    ast.Set: Evaluator._set,
    ast.SetComp: Evaluator._set_comprehension,
    ast.Subscript: Evaluator._subscript,
    ast.Tuple: Evaluator._tuple,
    ast.UnaryOp: Evaluator._unary,
}
