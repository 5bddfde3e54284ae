"""Runs a function of a migration file on values that stand for models and rows, to see what it touches.

Every branch is taken, every loop is run until nothing new is found, functions and classes of the file are followed with
the arguments they get. What leaves the file with something that leads to rows is reported as opaque.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import Any

from handrail.conflicts import python_calls, python_containers, python_definitions, python_handles, python_rows
from handrail.conflicts.python_record import Record
from handrail.conflicts.python_values import (
    NO_VALUE,
    NONE,
    PLAIN,
    UNKNOWN,
    Args,
    Attribute,
    Box,
    Builtin,
    Class,
    Const,
    Definition,
    Expr,
    FieldValue,
    Function,
    Handle,
    Instance,
    Live,
    Meta,
    Method,
    Model,
    Outside,
    Related,
    Rows,
    Scope,
    Tup,
    Unknown,
    Values,
    join,
    only,
    strings,
)

BUILTINS = frozenset(dir(builtins))
STEPS = 20_000
"""Expressions looked at before a function counts as too long to be read."""


class TooLongError(Exception):
    """A function that is not read to its end."""


class Reader:
    """Evaluates expressions; statements, calls and queries are in the modules beside this one.

    record: what was found. boxes: the container made at each place of the file, by context. context: the call that is under
    way, with the turns of the loops it stands in, and the turns of the loops in the function. running: the calls that are under
    way, with what they returned so far.
    """

    def __init__(self, record: Record, package: str) -> None:
        self.record = record
        self.package = package
        self.discarded: set[int] = set()
        self.loads: dict[int, ast.expr] = {}
        self.finished: dict[object, tuple[object, Values]] = {}
        self.boxes: dict[object, Box] = {}
        self.context: tuple[object, tuple[int, ...]] = (None, ())
        self.module = Scope()
        self.running: dict[object, Values] = {}
        self.recursive: set[object] = set()
        self.changes = 0
        self.steps = 0
        self.visits: dict[type[ast.expr], Callable[[Any, Scope], Values]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.BinOp: self._binary,
            ast.BoolOp: self._any_of,
            ast.IfExp: self._any_of,
            ast.Compare: self._compare,
            ast.UnaryOp: self._unary,
            ast.JoinedStr: self._joined,
            ast.FormattedValue: self._formatted,
            ast.Tuple: self._tuple,
            ast.List: self._list,
            ast.Set: self._list,
            ast.Dict: self._dict,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.Lambda: lambda node, scope: only(Function(node, scope)),
            ast.NamedExpr: self._named,
            ast.Starred: lambda node, scope: self.elements(self.value(node.value, scope)),
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
        }

    def value(self, node: ast.expr, scope: Scope) -> Values:
        """Return what an expression may stand for."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLongError
        visit = self.visits.get(type(node))
        if visit is None:
            return self.opaque(f"has {type(node).__name__}, which is not read")
        return visit(node, scope)

    def opaque(self, why: str) -> Values:
        """Note that something cannot be read; return what stands for its result."""
        self.record.cannot_read(why)
        return UNKNOWN

    def sql(self, given: Values | None) -> None:
        """Note what SQL that the function sends touches."""
        python_handles.run_sql(self, given)

    def box(self, node: ast.AST, part: str = "") -> Box:
        """Return the container that is made at a place of the file, in the present call and turn of a loop."""
        return self.boxes.setdefault((id(node), part, self.context), Box())

    def changed(self, did: bool) -> None:
        """Remember that a container changed: loops and calls run again."""
        self.changes += did

    def state(self) -> object:
        """Return something that changes whenever anything was found."""
        return self.changes, self.record.size()

    def each(self, values: Values, act: Callable[[Any], Values]) -> Values:
        """Return what any of the alternatives gives."""
        return join(*(act(atom) for atom in _in_order(values))) if values else NO_VALUE

    def get_attribute(self, values: Values, name: str) -> Values:
        """Return what an attribute of a value may be."""
        return self.each(values, lambda atom: self._attribute_of(atom, name))

    def call(self, values: Values, args: Args, node: ast.AST) -> Values:
        """Return what a call may return."""
        return self.each(values, lambda atom: python_calls.call(self, atom, args, node))

    def elements(self, values: Values, *, loop: bool = False) -> Values:
        """Return what iteration over a value may give; loop: the order in which it is given matters."""
        return self.each(values, lambda atom: python_containers.elements(self, atom, ordered=loop))

    def _attribute_of(self, atom: Any, name: str) -> Values:
        if isinstance(atom, Handle | Meta):
            return python_handles.attribute(self, atom, name)
        if isinstance(atom, Definition):
            return python_handles.of_definition(self, atom, name)
        if isinstance(atom, Model | Rows | Instance | Live | Related | Attribute | FieldValue):
            return python_rows.attribute(self, atom, name)
        if isinstance(atom, Outside):
            return python_calls.outside_attribute(self, atom, name)
        if isinstance(atom, Box) and atom.cls is not None:
            return python_calls.object_attribute(self, atom, name)
        if isinstance(atom, Class):
            return python_calls.class_attribute(self, atom, name, None)
        if isinstance(atom, Unknown) or atom in NONE:
            return UNKNOWN if isinstance(atom, Unknown) else NO_VALUE
        if isinstance(atom, Expr):
            return only(atom)
        if isinstance(atom, Method) and isinstance(atom.owner, Model):
            return python_rows.model_part(self, atom, name)
        return only(Method(atom, name))

    # the kinds of expression

    def _constant(self, node: ast.Constant, _: Scope) -> Values:
        return only(Const(node.value))

    def _name(self, node: ast.Name, scope: Scope) -> Values:
        found = scope.find(node.id)
        if found is not None:
            return found
        return only(Builtin(node.id) if node.id in BUILTINS else Outside(f".{node.id}"))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Values:
        return self.get_attribute(self.value(node.value, scope), node.attr)

    def _call(self, node: ast.Call, scope: Scope) -> Values:
        function = self.value(node.func, scope)
        return self.call(function, self.args(node, scope), node)

    def args(self, node: ast.Call, scope: Scope) -> Args:
        """Return the arguments of a call, spread out where they are known."""
        positional: list[Values] = []
        more: Values | None = None
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                positional.append(self.value(argument, scope))
                continue
            spread = self.value(argument.value, scope)
            items = python_containers.items_of(spread)
            if items is None or more is not None:
                more = join(more or NO_VALUE, self.elements(spread))
            else:
                positional.extend(items)
        keywords, more_keywords = self._keywords(node.keywords, scope)
        return Args(tuple(positional), keywords, more, more_keywords)

    def _keywords(self, nodes: list[ast.keyword], scope: Scope) -> tuple[tuple[tuple[str, Values], ...], Values | None]:
        known: dict[str, Values] = {}
        more: Values | None = None
        for keyword in nodes:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                known[keyword.arg] = value
                continue
            for atom in value:
                if isinstance(atom, Box) and atom.items is None:
                    for key, item in atom.pairs.items():
                        known[str(key)] = join(known.get(str(key), NO_VALUE), item)
                    more = join(more or NO_VALUE, atom.rest) if atom.open else more
                elif atom != Const(None):
                    more = join(more or NO_VALUE, self.elements(only(atom)))
        return tuple(known.items()), more

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Values:
        owner = self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            for part in (node.slice.lower, node.slice.upper, node.slice.step):
                if part is not None:
                    self.value(part, scope)
            return self.each(owner, lambda atom: python_containers.sliced(self, atom, node))
        key = self.value(node.slice, scope)
        return self.each(owner, lambda atom: python_containers.item(self, atom, key))

    def _binary(self, node: ast.BinOp, scope: Scope) -> Values:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return python_containers.binary(self, node, left, right)

    def _any_of(self, node: ast.BoolOp | ast.IfExp, scope: Scope) -> Values:
        if isinstance(node, ast.BoolOp):
            return join(*(self.value(value, scope) for value in node.values))
        self.value(node.test, scope)
        return join(self.value(node.body, scope), self.value(node.orelse, scope))

    def _compare(self, node: ast.Compare, scope: Scope) -> Values:
        for part in (node.left, *node.comparators):
            python_rows.look_at(self, self.value(part, scope))
        return PLAIN

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Values:
        value = self.value(node.operand, scope)
        python_rows.look_at(self, value)
        return frozenset(atom for atom in value if isinstance(atom, Expr | Unknown)) or PLAIN

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Values:
        texts = [""]
        for part in node.values:
            found = strings(_as_text(self.value(part, scope)))
            if not found or len(texts) * len(found) > 64:
                return PLAIN
            texts = [text + piece for text in texts for piece in found]
        return frozenset(map(Const, texts))

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> Values:
        value = self.value(node.value, scope)
        python_rows.look_at(self, value)
        if node.format_spec is not None:
            self.value(node.format_spec, scope)
            return PLAIN
        return value if node.conversion in (-1, ord("s")) else PLAIN

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Values:
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return self._list(node, scope)
        return only(Tup(tuple(self.value(item, scope) for item in node.elts)))

    def _list(self, node: ast.List | ast.Set | ast.Tuple, scope: Scope) -> Values:
        box = self.box(node)
        items = [self.value(item, scope) for item in node.elts]
        fresh = box.items is None and not box.rest
        if fresh and not any(isinstance(item, ast.Starred) for item in node.elts):
            box.items = items
            self.changed(True)
        elif box.items != items:
            self.changed(box.add(join(*items)))
        return only(box)

    def _dict(self, node: ast.Dict, scope: Scope) -> Values:
        box = self.box(node)
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.value(value_node, scope)
            if key_node is None:
                python_containers.update(self, box, value)
            else:
                python_containers.store(self, box, self.value(key_node, scope), value)
        return only(box)

    def _comprehension(self, node: Any, scope: Scope) -> Values:
        inner = Scope(parent=scope)
        box = self.box(node)
        python_definitions.run_comprehension(self, node, inner, box)
        return only(box)

    def _named(self, node: ast.NamedExpr, scope: Scope) -> Values:
        value = self.value(node.value, scope)
        scope.names[node.target.id] = value
        return value

    def _yield(self, node: ast.Yield | ast.YieldFrom, scope: Scope) -> Values:
        value = self.value(node.value, scope) if node.value is not None else NONE
        given = self.elements(value) if isinstance(node, ast.YieldFrom) else value
        holder: Scope | None = scope
        while holder is not None and "<yield>" not in holder.names:
            holder = holder.parent
        if holder is None:
            return self.opaque("yields outside a function")
        holder.names["<yield>"] = join(holder.names["<yield>"], given)
        return PLAIN


def _as_text(values: Values) -> Values:
    """Return constants as an f-string shows them."""
    return frozenset(Const(str(atom.value)) if isinstance(atom, Const) else atom for atom in values)


def _in_order(values: Iterable[Any]) -> list[Any]:
    """Return atoms so that two runs find things in the same order."""
    return sorted(values, key=_place) if len(values) > 1 else list(values)  # type: ignore[arg-type]


def _place(atom: Any) -> tuple[str, str]:
    if isinstance(atom, Function | Class):
        return type(atom).__name__, f"{atom.node.lineno:09}"
    if isinstance(atom, Box | Tup | Method):
        return type(atom).__name__, ""
    return type(atom).__name__, str(atom)
