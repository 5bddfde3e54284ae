"""What an expression of a RunPython function may stand for, as far as reading the file can tell.

A value is a frozenset of atoms: each is one thing that the expression may be. The atoms say just as much as is needed to
know which model, which rows and which fields are meant; everything else is PLAIN.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.footprint import ANY, ModelKey

Values = frozenset[Any]
MANY = 60
"""More alternatives than this for one expression are no longer told apart."""


@dataclass(frozen=True, slots=True)
class Const:
    """A scalar that the file states."""

    value: Any


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that leads to no row: a number, a string, a date, computed at run time."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What came out of something that is reported as opaque already."""


@dataclass(frozen=True, slots=True)
class Handle:
    """An argument or a part of Django that leads to the database.

    kind: apps, schema_editor, connection, cursor or operations (connection.ops).
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Model:
    """A historical model. custom: a manager of it that is not one of Django's three."""

    key: ModelKey


@dataclass(frozen=True, slots=True)
class Live:
    """A model, manager, queryset or row of today's code; deep: something behind an attribute of a row."""

    key: ModelKey
    path: str
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A manager or queryset of a historical model.

    sorted: an order was asked for. raw: the rows come as dicts, tuples or scalars. outer: names of an outer query that
    it refers to. owner, accessor: the row's model and the attribute through which a related manager was reached.
    """

    key: ModelKey
    sorted: bool = False
    raw: bool = False
    outer: frozenset[str] = frozenset()
    owner: ModelKey | None = None
    accessor: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """A row of a historical model; fresh: made here rather than loaded."""

    key: ModelKey
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """What an attribute that follows a relation gives: a row, or a manager of rows, of the model it leads to."""

    key: ModelKey
    owner: ModelKey
    accessor: str


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field, or something inside it: to change it in place is to change the field."""

    key: ModelKey
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a row of a model about which nothing is known: a value, a row or a manager."""

    key: ModelKey
    path: str


@dataclass(frozen=True, slots=True)
class Meta:
    """A historical model's _meta."""

    key: ModelKey


@dataclass(frozen=True, slots=True)
class Definition:
    """What a model's _meta tells of its fields; names: which ones."""

    key: ModelKey
    names: frozenset[str] = ANY


@dataclass(frozen=True, slots=True)
class Expr:
    """A query expression: the lookup paths it names, on the model of the query and on that of an outer query.

    every: it names what cannot be read.
    """

    paths: frozenset[str] = frozenset()
    outer: frozenset[str] = frozenset()
    every: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """A name that is imported, in full: its code is not in the file."""

    path: str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin function."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute that is about to be called."""

    owner: Any
    name: str


@dataclass(frozen=True, slots=True)
class Tup:
    """A tuple whose items are known one by one."""

    items: tuple[Values, ...]


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, class or function; those of an enclosing one are looked up in parent."""

    names: dict[str, Values] = field(default_factory=dict)
    parent: Scope | None = None
    is_class: bool = False
    weak: int = 0
    outward: dict[str, Scope] = field(default_factory=dict)

    def find(self, name: str) -> Values | None:
        """Return what a name stands for here, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return None


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the file, with the scope it was written in and, for a method, what it is bound to."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    bound: Any = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """A functools.partial of something callable."""

    function: Any
    positional: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the file."""

    node: ast.ClassDef
    scope: Scope
    bases: tuple[Any, ...] = ()


@dataclass(eq=False, slots=True)
class Box:
    """A list, set, dict, generator or object made at one place of the file; what is put in is never taken out.

    items: the items in order where they are known, else None. pairs: values by known key or attribute name. keys: the other
    keys. rest: values under those, or items of a list that was changed. cls: the class, for an object. open: keys beyond
    those of pairs may be there.
    """

    items: list[Values] | None = None
    pairs: dict[Any, Values] = field(default_factory=dict)
    keys: Values = frozenset()
    rest: Values = frozenset()
    cls: Class | None = None
    open: bool = False

    def everything(self) -> Values:
        """Return every value that may be inside."""
        return join(self.rest, *self.pairs.values(), *(self.items or ()))

    def add(self, values: Values) -> bool:
        """Put values in, at a place that is not known; say whether that changed anything."""
        if self.items is None and values <= self.rest:
            return False
        self.rest = join(self.rest, values, *(self.items or ()))
        self.items = None
        return True

    def put(self, key: Any, values: Values) -> bool:
        """Put values under a known key; say whether that changed anything."""
        before = self.pairs.get(key)
        self.pairs[key] = join(before or frozenset(), values)
        return self.pairs[key] != before

    def put_open(self, keys: Values, values: Values) -> bool:
        """Put values under keys that are not known; say whether that changed anything."""
        if self.open and values <= self.rest and keys <= self.keys:
            return False
        self.open, self.keys, self.rest = True, join(self.keys, keys), join(self.rest, values)
        return True


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of a call. more, more_keywords: others that are not known one by one, or None where there are none."""

    positional: tuple[Values, ...] = ()
    keywords: tuple[tuple[str, Values], ...] = ()
    more: Values | None = None
    more_keywords: Values | None = None

    def get(self, position: int, name: str = "") -> Values | None:
        """Return one argument by position or keyword, or None where it is not given."""
        if position < len(self.positional):
            return self.positional[position]
        return dict(self.keywords).get(name)

    def everything(self) -> Iterator[Values]:
        """Yield every value that is passed."""
        yield from self.positional
        yield from (values for _, values in self.keywords)
        yield from (values for values in (self.more, self.more_keywords) if values is not None)


PLAIN: Values = frozenset({Plain()})
UNKNOWN: Values = frozenset({Unknown()})
NONE: Values = frozenset({Const(None)})
NO_VALUE: Values = frozenset()


def join(*parts: Values) -> Values:
    """Return a value that may be any of several; too many constants become a plain value."""
    joined = frozenset().union(*parts)
    if len(joined) > MANY:
        kept = frozenset(atom for atom in joined if not isinstance(atom, Const))
        joined = kept | PLAIN
    return joined


def only(atom: Any) -> Values:
    """Return the value that is one atom."""
    return frozenset({atom})


def strings(values: Values) -> list[str] | None:
    """Return the strings a value may be, sorted, or None where it may be something that is not known."""
    if not values or not all(isinstance(atom, Const) for atom in values):
        return None
    return sorted(atom.value for atom in values if isinstance(atom.value, str))


LEADING = (Handle, Model, Live, Rows, Instance, Related, Meta, Attribute)
"""Atoms that lead to rows."""
CALLABLE_OR_LEADING = (*LEADING, Function, Partial)


def leading(values: Iterable[Any], seen: set[int] | None = None) -> list[Any]:
    """Return the atoms in values, and in the containers among them, that lead to rows or run code of the file."""
    seen = set() if seen is None else seen
    found: list[Any] = []
    for atom in values:
        if isinstance(atom, CALLABLE_OR_LEADING):
            found.append(atom)
        elif isinstance(atom, Tup):
            found += leading(join(*atom.items), seen)
        elif isinstance(atom, Box) and id(atom) not in seen:
            seen.add(id(atom))
            found += leading(join(atom.everything(), atom.keys), seen)
    return found
