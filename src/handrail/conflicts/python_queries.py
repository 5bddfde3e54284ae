"""Managers and querysets: what each method touches."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from handrail.conflicts import python_django, python_outside, python_rows
from handrail.conflicts.python_values import (
    NO_VALUE,
    NONE,
    PLAIN,
    Args,
    Box,
    Const,
    Expr,
    Instance,
    Outside,
    Plain,
    Related,
    Rows,
    Tup,
    Values,
    join,
    leading,
    only,
)
from handrail.conflicts.word_sets import words
from handrail.domain.dataclasses import replace
from handrail.domain.footprint import ANY, ModelKey

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

SAME = words(
    """
    all none using select_for_update get_queryset db_manager resolve_expression _clone fetch_mode
    """
)
FILTERS = frozenset(["filter", "exclude", "complex_filter", "get", "annotate", "alias", "aggregate"])
NAMING = words(
    """
    order_by only defer select_related prefetch_related distinct values values_list dates datetimes
    """
)
CREATING = frozenset(["create", "get_or_create", "update_or_create", "bulk_create"])
LINKING = frozenset(["add", "remove", "set", "clear"])
PICKING = frozenset(["first", "last", "latest", "earliest", "in_bulk"])
OTHER = words(
    """
    count exists update delete _raw_delete bulk_update iterator reverse union intersection difference contains explain raw
    extra _update
    """
)
METHODS = SAME | FILTERS | NAMING | CREATING | LINKING | PICKING | OTHER
"""The methods of Django's own managers and querysets, related managers included; the asynchronous ones are not read."""
OPTIONS = words(
    """
    flat named kind order tzinfo chunk_size nowait skip_locked of no_key all
    """
)


def call(reader: Reader, rows: Rows, name: str, args: Args, node: ast.AST) -> Values:
    """Return what a method of a manager or queryset gives, and note what it touches."""
    if name not in METHODS:
        known = python_django.manager_method(reader, rows, name, args, node)
        return _custom(reader, rows, name) if known is None else known
    if rows.owner is not None and rows.accessor and (name in LINKING or name in CREATING):
        _link(reader, rows)
    kind = next(part for part in HANDLERS if name in part)
    return HANDLERS[kind](reader, rows, name, args, node)


def _custom(reader: Reader, rows: Rows, name: str) -> Values:
    if name in ("__len__", "__iter__", "__bool__", "__contains__"):
        reader.record.of(rows.key)
        return PLAIN
    reader.record.everything(rows.key)
    return reader.opaque(f"calls {name}() on rows of {rows.key}, which is no method of Django's querysets")


def _link(reader: Reader, rows: Rows) -> None:
    """Note a change of the rows between two models, under the names of both sides."""
    assert rows.owner is not None
    reader.record.updates(rows.owner, {rows.accessor})
    reader.record.updates(rows.key, reader.record.inverse(rows.owner, rows.key))


def _same(_: Reader, rows: Rows, __: str, ___: Args, ____: ast.AST) -> Values:
    return only(rows)


def _filter(reader: Reader, rows: Rows, name: str, args: Args, __: ast.AST) -> Values:
    outer = apply(reader, rows.key, args)
    if any(Plain() in values and not any(isinstance(atom, Expr) for atom in values) for values in args.positional):
        reader.record.reads(rows.key, ANY)
    if name == "aggregate":
        reader.record.of(rows.key)
        return PLAIN
    if name == "get":
        reader.record.of(rows.key)
        return PLAIN if rows.raw else only(Instance(rows.key))
    return only(replace(rows, outer=rows.outer | outer))


def apply(reader: Reader, key: ModelKey, args: Args, *, write: bool = False) -> frozenset[str]:
    """Note every name that arguments of a query on a model use; return those that an outer query must have."""
    outer: frozenset[str] = frozenset()
    for values in args.positional:
        outer |= use(reader, key, values)
    for name, values in args.keywords:
        reader.record.path(key, name, write=write)
        outer |= use(reader, key, values)
    if args.more is not None:
        outer |= use(reader, key, args.more)
    if args.more_keywords is not None:
        reader.record.reads(key, ANY)
        if write:
            reader.record.updates(key, ANY)
        outer |= use(reader, key, args.more_keywords)
    return outer


def use(reader: Reader, key: ModelKey, values: Values) -> frozenset[str]:
    """Note the names that one value in a query uses; return those that an outer query must have."""
    outer: frozenset[str] = frozenset()
    for atom in values:
        if isinstance(atom, Expr):
            for path in atom.paths:
                reader.record.path(key, path)
            if atom.every:
                reader.record.reads(key, ANY)
            outer |= atom.outer
        elif isinstance(atom, Rows):
            reader.record.of(atom.key)
            for path in atom.outer:
                reader.record.path(key, path)
        elif isinstance(atom, Instance | Related):
            reader.record.of(atom.key)
        elif isinstance(atom, Outside) and atom.path.endswith("()"):
            reader.record.reads(key, ANY)
            reader.opaque(python_outside.reason(atom.path.removesuffix("()")))
        elif isinstance(atom, Tup):
            outer |= use(reader, key, join(*atom.items))
        elif isinstance(atom, Box):
            outer |= use(reader, key, frozenset(part for part in atom.everything() if not isinstance(part, Box)))
    return outer


def names_in(reader: Reader, values: Values) -> frozenset[str]:
    """Return the strings in a value, which are names of fields; ANY where they cannot be told."""
    found: set[str] = set()
    for atom in values:
        if isinstance(atom, Const):
            found |= {atom.value} if isinstance(atom.value, str) else set()
        elif isinstance(atom, Tup):
            found |= names_in(reader, join(*atom.items))
        elif isinstance(atom, Box):
            found |= names_in(reader, join(atom.keys, frozenset(map(Const, atom.pairs)), atom.everything()))
        elif not isinstance(atom, Expr):
            return ANY
    return ANY if "*" in found else frozenset(found)


def _naming(reader: Reader, rows: Rows, name: str, args: Args, __: ast.AST) -> Values:
    names: frozenset[str] = frozenset()
    for values in args.positional:
        names |= names_in(reader, values)
    if args.more is not None:
        names |= names_in(reader, args.more)
    if name == "prefetch_related" and names == ANY:
        names = frozenset()
    for path in sorted(names):
        if path != "*":
            reader.record.path(rows.key, path)
    known = Args(args.positional, tuple((k, v) for k, v in args.keywords if k not in OPTIONS), args.more, args.more_keywords)
    outer = apply(reader, rows.key, known)
    whole = name in ("values", "values_list") and not args.positional and not known.keywords
    if whole:
        reader.record.whole(rows.key)
    if "*" in names:
        reader.record.reads(rows.key, ANY)
    return only(_named(rows, name, outer, bool(args.positional or args.more)))


def _named(rows: Rows, name: str, outer: frozenset[str], given: bool) -> Rows:
    rows = replace(rows, outer=rows.outer | outer)
    if name == "order_by":
        return replace(rows, sorted=given)
    return replace(rows, raw=True) if name in ("values", "values_list", "dates", "datetimes") else rows


def _create(reader: Reader, rows: Rows, name: str, args: Args, __: ast.AST) -> Values:
    record = reader.record
    record.of(rows.key).inserts = True
    if name == "bulk_create":
        for option in ("update_fields", "unique_fields"):
            record.updates(rows.key, names_in(reader, args.get(9, option) or NO_VALUE))
        reader.elements(args.get(0, "objs") or NO_VALUE)
        return args.get(0, "objs") or PLAIN
    own = tuple((key, value) for key, value in args.keywords if key not in ("defaults", "create_defaults"))
    looked_up = Args(args.positional[:0] if name != "create" else args.positional, own, args.more, args.more_keywords)
    apply(reader, rows.key, looked_up, write=True)
    if name != "create":
        record.of(rows.key).saved |= name.endswith("update_or_create")
        apply(reader, rows.key, looked_up)
        for option in ("defaults", "create_defaults"):
            _defaults(reader, rows.key, args.get(0 if option == "defaults" else 9, option))
        return only(Tup((only(Instance(rows.key)), PLAIN)))
    return only(Instance(rows.key, fresh=True))


def _defaults(reader: Reader, key: ModelKey, values: Values | None) -> None:
    for atom in values or NO_VALUE:
        if isinstance(atom, Box) and atom.items is None:
            known = tuple((str(name), value) for name, value in atom.pairs.items())
            apply(reader, key, Args(keywords=known, more_keywords=atom.rest if atom.open else None), write=True)
        elif atom not in NONE:
            reader.record.updates(key, ANY)


def _pick(reader: Reader, rows: Rows, name: str, args: Args, node: ast.AST) -> Values:
    if name == "in_bulk":
        reader.record.reads(rows.key, names_in(reader, args.get(9, "field_name") or NO_VALUE))
        found = reader.box(node)
        reader.changed(found.put_open(PLAIN, python_rows.iterate(reader, rows, ordered=False)))
        return only(found)
    given = frozenset().union(*(names_in(reader, values) for values in args.positional)) if args.positional else frozenset()
    for path in given - ANY:
        reader.record.path(rows.key, path)
    by_name = name in ("latest", "earliest") and bool(given)
    return join(python_rows.iterate(reader, rows, ordered=not by_name), NONE)


def _write(reader: Reader, rows: Rows, name: str, args: Args, _: ast.AST) -> Values:
    record = reader.record
    record.of(rows.key)
    if name in ("update", "_update"):
        apply(reader, rows.key, Args(keywords=args.keywords), write=True)
        if args.positional or args.more is not None or args.more_keywords is not None:
            record.updates(rows.key, ANY)
    elif name in ("delete", "_raw_delete"):
        record.of(rows.key).deletes = True
    elif name == "bulk_update":
        given = args.get(1, "fields")
        record.updates(rows.key, names_in(reader, given) if given is not None else ANY)
        reader.elements(args.get(0, "objs") or NO_VALUE)
    elif name in ("union", "intersection", "difference"):
        others = [part for values in args.everything() for part in values if isinstance(part, Rows)]
        return join(only(rows), *(only(part) for part in others))
    elif name in ("iterator", "reverse"):
        return only(rows)
    elif name == "extra":
        record.reads(rows.key, ANY)
        return reader.opaque(f"uses extra() on rows of {rows.key}")
    elif name == "raw":
        reader.sql(args.get(0, "raw_query"))
        record.reads(rows.key, ANY)
        return only(replace(rows, sorted=True))
    return PLAIN


def _linked(reader: Reader, rows: Rows, name: str, args: Args, _: ast.AST) -> Values:
    record = reader.record
    record.of(rows.key)
    for values in args.everything():
        for atom in leading(values):
            if not isinstance(atom, Rows | Related | Instance):
                reader.opaque(f"calls {name}() on rows of {rows.key} with what cannot be read")
    defaults = args.get(9, "through_defaults")
    if defaults is not None and defaults != NONE:
        reader.opaque(f"calls {name}() on rows of {rows.key} with through_defaults")
    if rows.owner is None:
        return _custom(reader, rows, name)
    return PLAIN


Handler = Callable[["Reader", Rows, str, Args, ast.AST], Values]
HANDLERS: dict[frozenset[str], Handler] = {
    SAME: _same,
    FILTERS: _filter,
    NAMING: _naming,
    CREATING: _create,
    LINKING: _linked,
    PICKING: _pick,
    OTHER: _write,
}
