"""Lists, dicts, tuples and strings: what goes in, what comes out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from handrail.conflicts import python_rows
from handrail.conflicts.python_values import (
    NO_VALUE,
    NONE,
    PLAIN,
    Args,
    Attribute,
    Box,
    Class,
    Const,
    Definition,
    Expr,
    FieldValue,
    Handle,
    Live,
    Model,
    Outside,
    Related,
    Rows,
    Tup,
    Unknown,
    Values,
    join,
    leading,
    only,
    strings,
)
from handrail.conflicts.word_sets import words

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

ADDING = words(
    """
    append add insert extend update setdefault appendleft extendleft put push union symmetric_difference
    """
)
"""Methods of containers that put their arguments in."""
CHANGING = ADDING | words(
    """
    pop remove discard clear popitem popleft sort reverse delete save move_to_end rotate
    """
)
"""Methods that change what they are called on."""


def elements(reader: Reader, atom: Any, *, ordered: bool = False) -> Values:
    """Return what iteration over an atom may give."""
    if isinstance(atom, Tup):
        return join(*atom.items)
    if isinstance(atom, Box):
        return join(atom.everything(), PLAIN) if atom.cls else join(atom.keys if _is_dict(atom) else NO_VALUE, _listed(atom))
    if isinstance(atom, Rows | Related):
        return python_rows.iterate(reader, atom, ordered=ordered)
    if isinstance(atom, FieldValue | Outside | Live | Unknown | Definition):
        return only(atom)
    if isinstance(atom, Class):
        return PLAIN
    if atom in NONE:
        return NO_VALUE
    if isinstance(atom, Model | Handle):
        return reader.opaque(f"iterates over {'a model' if isinstance(atom, Model) else atom.kind}")
    return PLAIN


def _is_dict(box: Box) -> bool:
    return bool(box.pairs) or box.open


def _listed(box: Box) -> Values:
    """Return what iteration over a box gives: the keys of a dict, the items of a list."""
    if _is_dict(box):
        return frozenset(map(Const, box.pairs)) | (PLAIN if box.open else NO_VALUE)
    return box.everything()


def items_of(values: Values) -> list[Values] | None:
    """Return the items of a tuple or list one by one, or None where they are not known so."""
    if len(values) != 1:
        return None
    (atom,) = values
    if isinstance(atom, Tup):
        return list(atom.items)
    if isinstance(atom, Box) and atom.cls is None:
        if atom.items is not None:
            return list(atom.items)
        if atom.pairs and not atom.open and not atom.rest:
            return [only(Const(key)) for key in atom.pairs]
    return None


def item(reader: Reader, atom: Any, key: Values) -> Values:
    """Return what atom[key] may be."""
    if isinstance(atom, Tup | Box):
        return _inside(atom, key)
    if isinstance(atom, Rows | Related):
        return python_rows.indexed(reader, atom)
    if isinstance(atom, FieldValue | Outside | Live | Unknown | Definition | Expr):
        return reader.get_attribute(only(atom), "__getitem__") if isinstance(atom, Outside) else only(atom)
    if isinstance(atom, Attribute):
        return only(Attribute(atom.key, f"{atom.path}[]"))
    if leading([atom]):
        return reader.opaque(f"takes an item of {type(atom).__name__.lower()}")
    return PLAIN


def _inside(atom: Tup | Box, key: Values) -> Values:
    known = [each.value for each in key if isinstance(each, Const)]
    sure = len(known) == len(key)
    items = atom.items
    if sure and items is not None and all(isinstance(k, int) and -len(items) <= k < len(items) for k in known):
        return join(*(items[k] for k in known))
    if isinstance(atom, Tup):
        return join(*atom.items)
    if sure and all(k in atom.pairs for k in known):
        return join(atom.rest, *(atom.pairs[k] for k in known))
    return join(atom.everything(), PLAIN)


def sliced(reader: Reader, atom: Any, node: ast.AST) -> Values:
    """Return what a slice of an atom may be."""
    if isinstance(atom, Tup):
        box = reader.box(node)
        reader.changed(box.add(join(*atom.items)))
        return only(box)
    if isinstance(atom, Rows | Related):
        return python_rows.cut(reader, atom)
    if isinstance(atom, Const):
        return PLAIN
    return only(atom)


def store(reader: Reader, owner: Any, key: Values, value: Values) -> None:
    """Note owner[key] = value."""
    if isinstance(owner, Box):
        known = [each.value for each in key if isinstance(each, Const)]
        if owner.items is not None or (owner.rest and not owner.open and not owner.pairs):
            if owner.items != []:
                reader.changed(owner.add(value))
                return
            owner.items = None
        for each in known:
            reader.changed(owner.put(each, value))
        if len(known) < len(key):
            reader.changed(owner.put_open(frozenset(each for each in key if not isinstance(each, Const)), value))
    elif isinstance(owner, FieldValue):
        reader.record.updates(owner.key, {owner.name})
    elif isinstance(owner, Attribute | Related | Rows | Live):
        python_rows.touch(reader, only(owner))
    elif leading(value) and not isinstance(owner, Unknown):
        reader.opaque("puts a model or a row where it cannot be followed")


def update(reader: Reader, box: Box, values: Values) -> None:
    """Note that the items of dicts or lists go into a box."""
    for atom in values:
        if isinstance(atom, Box) and _is_dict(atom):
            for key, value in atom.pairs.items():
                reader.changed(box.put(key, value))
            if atom.open:
                reader.changed(box.put_open(atom.keys, atom.rest))
        elif isinstance(atom, Box) and atom.items == []:
            continue
        elif _is_dict(box):
            reader.changed(box.put_open(PLAIN, reader.elements(only(atom))))
        else:
            reader.changed(box.add(reader.elements(only(atom))))


def method(reader: Reader, box: Box, name: str, args: Args, node: ast.AST) -> Values:
    """Return what a method of a list, set or dict gives."""
    given = args.get(0) or NO_VALUE
    if name in ("append", "add", "appendleft", "put"):
        reader.changed(box.add(given))
        return PLAIN
    if name == "insert":
        reader.changed(box.add(args.get(1) or NO_VALUE))
        return PLAIN
    if name in ("extend", "extendleft", "update", "union", "difference", "intersection", "symmetric_difference"):
        return _combine(reader, box, args, name)
    if name in ("get", "pop", "setdefault", "popleft", "__getitem__"):
        return _taken(reader, box, name, args)
    if name in ("items", "popitem"):
        return _pairs(reader, box, node, single=name == "popitem")
    if name == "values":
        return _in_box(reader, node, "values", [*box.pairs.values()] if not box.open else None, box.everything())
    if name in ("keys", "copy"):
        return only(box)
    if name == "sort":
        _callback(reader, args, box, node)
    return PLAIN


def _combine(reader: Reader, box: Box, args: Args, name: str) -> Values:
    for values in args.positional:
        update(reader, box, values)
    for key, value in args.keywords:
        reader.changed(box.put(key, value))
    if args.more_keywords is not None:
        reader.changed(box.put_open(PLAIN, args.more_keywords))
    return only(box) if name not in ("extend", "extendleft", "update") else PLAIN


def _taken(reader: Reader, box: Box, name: str, args: Args) -> Values:
    key = args.get(0) or NO_VALUE
    default = args.get(1, "default") or NO_VALUE
    if name == "setdefault":
        store(reader, box, key, default)
    if not _is_dict(box):
        return join(box.everything(), default)
    return join(_inside(box, key) if key else box.everything(), default)


def _pairs(reader: Reader, box: Box, node: ast.AST, *, single: bool) -> Values:
    pairs: list[Values] = [only(Tup((only(Const(key)), join(value, box.rest)))) for key, value in box.pairs.items()]
    other = only(Tup((join(box.keys, PLAIN), box.rest))) if box.open else NO_VALUE
    if single:
        return join(*pairs, other)
    return _in_box(reader, node, "items", None if box.open else pairs, join(*pairs, other))


def _in_box(reader: Reader, node: ast.AST, part: str, items: list[Values] | None, every: Values) -> Values:
    """Return a list of values at a place of the file; in order where items are given and stay the same."""
    found = reader.box(node, part)
    if items is not None and found.items is None and not found.rest:
        found.items = items
        reader.changed(True)
    elif items is None or found.items != items:
        reader.changed(found.add(every))
    return only(found)


def _callback(reader: Reader, args: Args, box: Box, node: ast.AST) -> None:
    for _, value in args.keywords:
        if leading(value):
            reader.call(value, Args((box.everything(),)), node)


def binary(reader: Reader, node: ast.BinOp | ast.AugAssign, left: Values, right: Values) -> Values:
    """Return what an operator gives: text that is put together, expressions, querysets, lists."""
    if isinstance(node.op, ast.Add | ast.Mod):
        text = _text(node.op, left, right)
        if text is not None:
            return text
    kept: set[Any] = set()
    for values in (left, right):
        for atom in values:
            if isinstance(atom, Expr | Rows | Unknown | Live):
                kept.add(atom)
            elif isinstance(atom, Box | Tup):
                box = reader.box(node)
                if isinstance(atom, Box) and _is_dict(atom):
                    update(reader, box, only(atom))
                else:
                    reader.changed(box.add(elements(reader, atom)))
                kept.add(box)
            elif leading([atom]):
                python_rows.look_at(reader, only(atom))
    return frozenset(kept) or PLAIN


def _text(operator: ast.operator, left: Values, right: Values) -> Values | None:
    """Return the strings that + and % give of known strings, or None."""
    first = strings(left)
    if not first or len(first) != len(left):
        return None
    if isinstance(operator, ast.Add):
        second = strings(right)
        return frozenset(Const(a + b) for a in first for b in second) if second and len(second) == len(right) else None
    found = []
    for parts in _choices(right):
        for text in first:
            try:
                found.append(text % parts)
            except (TypeError, ValueError, KeyError):
                return None
    return frozenset(map(Const, found)) if found else None


def _choices(values: Values) -> list[Any]:
    """Return what may stand right of %: one scalar or one tuple of scalars for each alternative."""
    found: list[Any] = []
    for atom in values:
        if isinstance(atom, Const):
            found.append(atom.value)
        elif isinstance(atom, Tup) and all(len(part) == 1 and isinstance(next(iter(part)), Const) for part in atom.items):
            found.append(tuple(next(iter(part)).value for part in atom.items))
        else:
            return []
    return found


def format_text(text: str, args: Args) -> Values:
    """Return what "...".format() gives of known strings, else a plain value."""
    known = [strings(value) for value in args.positional]
    named = {key: strings(value) for key, value in args.keywords}
    if args.more is not None or args.more_keywords is not None or any(not v or len(v) != 1 for v in (*known, *named.values())):
        return PLAIN
    try:
        return only(Const(text.format(*(v[0] for v in known if v), **{k: v[0] for k, v in named.items() if v})))
    except (IndexError, KeyError, ValueError, AttributeError):
        return PLAIN
