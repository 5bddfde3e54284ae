"""Calls of Python's builtins, of imported code, and of methods of strings."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handrail.conflicts import (
    python_containers,
    python_expressions,
    python_handles,
    python_live,
    python_outside,
    python_rows,
    python_statements,
)
from handrail.conflicts.python_values import (
    NO_VALUE,
    PLAIN,
    Args,
    Attribute,
    Box,
    Const,
    Function,
    Handle,
    Instance,
    Live,
    Method,
    Model,
    Outside,
    Partial,
    Related,
    Rows,
    Tup,
    Values,
    join,
    leading,
    only,
    strings,
)
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ANY

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

DANGEROUS = frozenset({"exec", "eval", "compile", "__import__", "globals", "locals", "vars", "breakpoint"})
COLLECTING = frozenset({"list", "tuple", "sorted", "reversed", "set", "frozenset", "iter", "filter"})
PASSING = frozenset({"itertools", "more_itertools", "tqdm", "progressbar", "progress", "rich", "logging", "pprint"})
"""Modules that hand rows on, or print them, without a look at their fields."""
PICKING = frozenset({"next", "max", "min"})
TEXT = words(
    """
    lower upper title capitalize strip lstrip rstrip removeprefix removesuffix replace casefold swapcase
    """
)


def call(reader: Reader, name: str, args: Args, node: ast.AST) -> Values:
    """Return what a builtin gives."""
    if name in DANGEROUS:
        return reader.opaque(f"calls {name}()")
    handler = SPECIAL.get(name)
    if handler is not None:
        return handler(reader, args, node)
    if name in COLLECTING or name in PICKING:
        return _collect(reader, name, args, node)
    for values in args.everything():
        python_rows.look_at(reader, values)
        if name in ("any", "all", "len"):
            reader.elements(values)
    if name == "str" and args.positional and all(isinstance(atom, Const) for atom in args.positional[0]):
        return frozenset(Const(str(atom.value)) for atom in args.positional[0])
    return PLAIN


def _collect(reader: Reader, name: str, args: Args, node: ast.AST) -> Values:
    source = args.positional[-1] if args.positional else NO_VALUE
    if name in PICKING:
        source = args.positional[0] if args.positional else NO_VALUE
    known = python_containers.items_of(source)
    inside = reader.elements(source, loop=name not in ("set", "frozenset", "sorted"))
    for callback in (*args.positional[:-1], *(value for _, value in args.keywords)):
        called = frozenset(atom for atom in callback if isinstance(atom, Function | Partial | Outside | Method))
        if called:
            reader.call(called, Args((inside,)), node)
    if name in PICKING:
        return join(inside, *args.positional[1:])
    box = reader.box(node)
    if known is not None and name in ("list", "tuple", "iter") and box.items is None and not box.rest:
        box.items = known
        reader.changed(True)
    elif known is None or box.items != known:
        reader.changed(box.add(inside))
    return only(box)


def _enumerate(reader: Reader, args: Args, node: ast.AST) -> Values:
    inside = reader.elements(args.get(0, "iterable") or NO_VALUE, loop=True)
    return _boxed(reader, node, only(Tup((PLAIN, inside))))


def _zip(reader: Reader, args: Args, node: ast.AST) -> Values:
    known = [python_containers.items_of(values) for values in args.positional]
    if args.more is None and known and all(items is not None for items in known):
        rows = [only(Tup(tuple(row))) for row in zip(*(items for items in known if items is not None), strict=False)]
        box = reader.box(node)
        if box.items is None and not box.rest:
            box.items = rows
            reader.changed(True)
        elif box.items != rows:
            reader.changed(box.add(join(*rows)))
        return only(box)
    parts = tuple(reader.elements(values, loop=True) for values in args.positional)
    return _boxed(reader, node, only(Tup(parts)) if args.more is None else join(args.more, *parts))


def _map(reader: Reader, args: Args, node: ast.AST) -> Values:
    inside = tuple(reader.elements(values, loop=True) for values in args.positional[1:])
    return _boxed(reader, node, reader.call(args.get(0) or NO_VALUE, Args(inside), node))


def _boxed(reader: Reader, node: ast.AST, values: Values) -> Values:
    box = reader.box(node)
    reader.changed(box.add(values))
    return only(box)


def _dict(reader: Reader, args: Args, node: ast.AST) -> Values:
    box = reader.box(node)
    for values in args.positional:
        for atom in values:
            pairs = reader.elements(only(atom)) if not (isinstance(atom, Box) and (atom.pairs or atom.open)) else None
            if pairs is None:
                python_containers.update(reader, box, only(atom))
                continue
            for pair in pairs:
                items = python_containers.items_of(only(pair)) or [PLAIN, reader.elements(only(pair))]
                python_containers.store(reader, box, items[0], join(*items[1:]))
    for name, value in args.keywords:
        reader.changed(box.put(name, value))
    if args.more_keywords is not None:
        reader.changed(box.put_open(PLAIN, args.more_keywords))
    return only(box)


def _getattr(reader: Reader, args: Args, _: ast.AST) -> Values:
    owner = args.get(0) or NO_VALUE
    names = strings(args.get(1) or PLAIN)
    default = args.get(2) or NO_VALUE
    if names is not None:
        return join(default, *(reader.get_attribute(owner, name) for name in names))
    return join(default, reader.each(owner, lambda atom: _any_attribute(reader, atom)))


def _any_attribute(reader: Reader, atom: Any) -> Values:
    if isinstance(atom, Instance | Related):
        reader.record.reads(atom.key, ANY)
        return only(Attribute(atom.key, "*"))
    if isinstance(atom, Model | Rows | Handle | Live):
        return reader.opaque("takes an attribute by a name that cannot be read from the file")
    return only(atom) if leading([atom]) or isinstance(atom, Outside | Attribute) else PLAIN


def _setattr(reader: Reader, args: Args, _: ast.AST) -> Values:
    names = strings(args.get(1) or PLAIN)
    value = args.get(2) or NO_VALUE
    for atom in args.get(0) or NO_VALUE:
        for name in ["*"] if names is None else names:
            python_statements.set_attribute(reader, atom, name, value)
    return PLAIN


def _hasattr(reader: Reader, args: Args, node: ast.AST) -> Values:
    names = strings(args.get(1) or PLAIN)
    for atom in args.get(0) or NO_VALUE:
        if isinstance(atom, Instance | Related):
            _getattr(reader, Args((only(atom), args.get(1) or PLAIN)), node)
        elif isinstance(atom, Model):
            reader.record.reads(atom.key, names or ())
            if names is None:
                reader.record.whole(atom.key)
    return PLAIN


def _super(reader: Reader, _: Args, __: ast.AST) -> Values:
    return reader.opaque("calls super()")


def _type(_: Reader, args: Args, __: ast.AST) -> Values:
    """Return the class of a row; of anything else nothing that matters."""
    found = frozenset(Model(atom.key) for atom in args.get(0) or NO_VALUE if isinstance(atom, Instance | Related))
    return found or PLAIN


def _sum(reader: Reader, args: Args, node: ast.AST) -> Values:
    """Return what sum() gives: of lists a list, of anything else a number."""
    inside = reader.elements(args.get(0, "iterable") or NO_VALUE)
    lists = frozenset(atom for atom in inside if isinstance(atom, Box | Tup | Rows))
    if not lists:
        return PLAIN
    return join(_boxed(reader, node, reader.elements(lists)), PLAIN)


Handler = Callable[["Reader", Args, ast.AST], Values]
SPECIAL: dict[str, Handler] = {
    "enumerate": _enumerate,
    "zip": _zip,
    "map": _map,
    "dict": _dict,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "delattr": _setattr,
    "super": _super,
    "type": _type,
    "sum": _sum,
}


def text_method(reader: Reader, text: str, name: str, args: Args) -> Values:
    """Return what a method of a known string gives."""
    if name == "format":
        for values in args.everything():
            python_rows.look_at(reader, values)
        return python_containers.format_text(text, args)
    given = [strings(values) for values in args.positional]
    if not all(part and len(part) == 1 for part in given) or args.keywords:
        return PLAIN
    known = [part[0] for part in given if part]
    if name in TEXT and len(known) == (2 if name == "replace" else len(known)):
        return only(Const(getattr(text, name)(*known)))
    if name == "split":
        return only(Tup(tuple(only(Const(part)) for part in (text.split(known[0]) if known else text.split()))))
    return PLAIN


def hand_over(reader: Reader, passed: list[Any], node: ast.AST, *, touches: bool = True) -> None:
    """Note that harmless code gets what leads to rows: it may read them, and call the functions among them.

    touches: whether it may look at the rows' values, rather than pass them on or print them.
    """
    rows = [atom for atom in passed if not isinstance(atom, Function | Partial)]
    inside = join(frozenset(rows), *(reader.elements(only(atom), loop=True) for atom in rows if isinstance(atom, Rows | Related)))
    for atom in passed:
        if isinstance(atom, Function | Partial):
            wanted = len(atom.node.args.args) - (atom.bound is not None) if isinstance(atom, Function) else 1
            reader.call(only(atom), Args(tuple(join(inside, PLAIN) for _ in range(wanted))), node)
        elif isinstance(atom, Handle):
            reader.opaque(f"passes {atom.kind} on")
    if touches:
        python_rows.touch(reader, frozenset(rows))
    else:
        python_rows.look_at(reader, frozenset(rows))


def call_outside(reader: Reader, path: str, args: Args, node: ast.AST) -> Values:
    """Return what imported code gives."""
    if path == "django.contrib.auth.get_user_model":
        return python_handles.user_model()
    if path == "django.apps.apps.get_model":
        return python_handles.get_model_live(reader, args)
    if path.startswith(python_handles.USER_SETTING):
        return only(Outside(python_handles.USER_SETTING))
    if path == "functools.partial" and args.positional:
        found = (Partial(atom, args.positional[1:], args.keywords) for atom in args.positional[0])
        return (
            frozenset(found) if args.more is None and args.more_keywords is None else reader.opaque("calls functools.partial(*)")
        )
    if path == "collections.defaultdict":
        return _defaultdict(reader, args, node)
    if python_outside.is_expression(path) and not python_outside.is_pure(path):
        return python_expressions.construct(reader, path, args)
    if path.startswith("django.db.router"):
        return PLAIN
    if path in ("operator.attrgetter", "operator.methodcaller"):
        return reader.opaque(f"uses {path}")
    if python_outside.is_pure(path):
        return _pure(reader, path, args, node)
    return _strange(reader, path, args, node)


def _defaultdict(reader: Reader, args: Args, node: ast.AST) -> Values:
    box = reader.box(node)
    inner = (
        reader.call(args.positional[0], Args(), node.func if isinstance(node, ast.Call) else node) if args.positional else PLAIN
    )
    reader.changed(box.put_open(PLAIN, inner))
    for values in args.positional[1:]:
        python_containers.update(reader, box, values)
    return only(box)


def _pure(reader: Reader, path: str, args: Args, node: ast.AST) -> Values:
    """Return what harmless code gives: perhaps what it was given, or a part of it."""
    passed = [atom for values in args.everything() for atom in leading(values)]
    containers = [atom for values in args.everything() for atom in values if isinstance(atom, Box | Tup)]
    if not passed and not any(isinstance(atom, Box) for atom in containers):
        return PLAIN
    if passed and any(_is_strange(atom) for values in args.everything() for atom in values):
        return reader.opaque(f"passes a model or a row to {path} with code that is not in this file")
    hand_over(reader, passed, node, touches=path.partition(".")[0] not in PASSING)
    inside = join(*(reader.elements(only(atom)) for atom in (*passed, *containers) if not isinstance(atom, Function | Partial)))
    box = reader.box(node)
    reader.changed(box.add(inside))
    if path.partition(".")[0] in PASSING:
        return only(box)
    return join(only(box), frozenset(passed), inside, PLAIN)


def _is_strange(atom: Any) -> bool:
    """Say whether an atom may be a function that is neither in the file nor known to be harmless."""
    return isinstance(atom, Outside) and not python_outside.is_pure(atom.path) and not python_outside.is_expression(atom.path)


def _strange(reader: Reader, path: str, args: Args, node: ast.AST) -> Values:
    """Return what code gives that is neither in the file nor known to be harmless."""
    if python_outside.is_models_module(path):
        return python_live.use(reader, Live(python_live.key_of(path), path))
    passed = any(leading(values) or _has_live(values) for values in args.everything())
    used = id(node) not in reader.discarded
    known = path not in python_outside.REASONS and not path.startswith(".")
    if known and not passed and used and (args.positional or args.keywords):
        return only(Outside(f"{path}()"))
    return reader.opaque(python_outside.reason(path))


def _has_live(values: Values) -> bool:
    return any(isinstance(atom, Outside) and python_outside.is_models_module(atom.path) for atom in values)
