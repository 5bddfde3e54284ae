"""Query expressions: Q, F, Value, Subquery, Case and all the functions of django.db.models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.conflicts.python_values import (
    PLAIN,
    Args,
    Box,
    Const,
    Expr,
    Outside,
    Plain,
    Rows,
    Tup,
    Values,
    only,
)
from handrail.conflicts.word_sets import words

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

RAW = frozenset({"RawSQL", "FilteredRelation"})
TEXT_OPTIONS = words(
    """
    output_field function delimiter name lookup_name tzinfo distinct config
    """
)
"""Keyword arguments of expressions whose strings are no names of fields."""
PLACES = {"Cast": 1, "Extract": 1, "Trunc": 1, "JSONObject": 99}
"""How many positional arguments of a function may name fields, where that is not all of them."""


def construct(reader: Reader, path: str, args: Args) -> Values:
    """Return an expression with the names that it uses."""
    name = path.rpartition(".")[2]
    if not name[:1].isupper():
        return _model_helper(reader, path)
    if name in RAW or dict(args.keywords).get("template") is not None:
        reader.opaque(f"uses {name} in a query")
        return only(Expr(every=True))
    if name in ("Value", "SearchQuery") or name.endswith("Field"):
        return only(Expr())
    if name == "OuterRef":
        return only(Expr(outer=_paths(args)))
    if name == "Prefetch":
        return _prefetch(reader, args)
    return only(_combined(args, limit=PLACES.get(name, 99), lookups=name in ("Q", "When")))


def _model_helper(reader: Reader, path: str) -> Values:
    if path.endswith(("prefetch_related_objects", "aprefetch_related_objects")):
        return reader.opaque("calls prefetch_related_objects()")
    return PLAIN


def _prefetch(reader: Reader, args: Args) -> Values:
    to_attr = args.get(2, "to_attr")
    if to_attr is not None and to_attr != only(Const(None)):
        reader.opaque("uses Prefetch(to_attr=...)")
    return only(_combined(Args(args.positional[:1]), limit=1, lookups=False))


def _paths(args: Args) -> frozenset[str]:
    return frozenset(atom.value for values in args.everything() for atom in values if isinstance(atom, Const) and _is_text(atom))


def _is_text(atom: Const) -> bool:
    return isinstance(atom.value, str)


def _combined(args: Args, *, limit: int, lookups: bool) -> Expr:
    """Return everything that the arguments name; lookups: keywords are lookups, not options."""
    found = Expr(every=args.more_keywords is not None)
    for values in args.positional[:limit]:
        found = _union(found, _of(values, names=True))
    if args.more is not None:
        found = _union(found, _of(args.more, names=True))
    for name, values in args.keywords:
        if lookups and name not in ("then", "condition", "_connector", "_negated"):
            found = _union(found, Expr(paths=frozenset({name})))
            found = _union(found, _of(values, names=False))
        elif name not in TEXT_OPTIONS:
            found = _union(found, _of(values, names=True))
    return found


def _of(values: Values, *, names: bool) -> Expr:
    """Return what one argument names; names: strings are names of fields, else values to compare with."""
    found = Expr()
    for atom in values:
        if isinstance(atom, Expr):
            found = _union(found, atom)
        elif isinstance(atom, Const):
            if names and isinstance(atom.value, str):
                found = _union(found, Expr(paths=frozenset({atom.value})))
        elif isinstance(atom, Rows):
            found = _union(found, Expr(paths=atom.outer))
        elif isinstance(atom, Tup):
            found = _union(found, _of_items(atom.items, names=names))
        elif isinstance(atom, Box):
            found = _union(found, _of(frozenset(part for part in atom.everything() if not isinstance(part, Box)), names=names))
        elif (isinstance(atom, Plain) and names) or (isinstance(atom, Outside) and atom.path.endswith("()")):
            found = _union(found, Expr(every=True))
    return found


def _of_items(items: tuple[Values, ...], *, names: bool) -> Expr:
    """Return what a tuple names: Q(("name", value)) is a lookup like Q(name=value)."""
    found = _of(items[0], names=True) if items else Expr()
    for values in items[1:]:
        found = _union(found, _of(values, names=names and len(items) != 2))
    return found


def _union(a: Expr, b: Expr) -> Expr:
    return Expr(a.paths | b.paths, a.outer | b.outer, a.every or b.every)
