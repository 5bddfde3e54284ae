"""Calls: of functions and classes of the file, which are followed, and of everything else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from handrail.conflicts import (
    python_builtins,
    python_containers,
    python_handles,
    python_live,
    python_outside,
    python_queries,
    python_rows,
    python_statements,
)
from handrail.conflicts.python_values import (
    NO_VALUE,
    PLAIN,
    UNKNOWN,
    Args,
    Attribute,
    Box,
    Builtin,
    Class,
    Const,
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
    Partial,
    Rows,
    Scope,
    Tup,
    Unknown,
    Values,
    join,
    leading,
    only,
)

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

PRINTING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "write", "format", "print"})
"""Methods of loggers and streams: they show a row as its model and primary key."""
DEPTH = 30
"""Calls within calls that are followed."""
TAKING = frozenset({"get", "items", "values", "pop", "setdefault", "copy", "popitem", "keys", "__getitem__"})
"""Methods of a field's value that give a part of it, which may be changed in place."""


def call(reader: Reader, atom: Any, args: Args, node: ast.AST) -> Values:
    """Return what a call of one atom may return."""
    if isinstance(atom, Function):
        return invoke(reader, atom, args, node)
    if isinstance(atom, Method):
        return _method(reader, atom, args, node)
    if isinstance(atom, Builtin):
        return python_builtins.call(reader, atom.name, args, node)
    if isinstance(atom, Outside):
        return python_builtins.call_outside(reader, atom.path, args, node)
    if isinstance(atom, Model):
        return python_rows.construct(reader, atom.key, args)
    if isinstance(atom, Class):
        return _construct(reader, atom, args, node)
    if isinstance(atom, Partial):
        return reader.call(only(atom.function), _with_partial(atom, args), node)
    if isinstance(atom, Live):
        return python_live.call(reader, atom)
    return _other(reader, atom, args, node)


def _other(reader: Reader, atom: Any, args: Args, node: ast.AST) -> Values:
    if isinstance(atom, Box) and atom.cls is not None:
        return reader.call(object_attribute(reader, atom, "__call__"), args, node)
    if isinstance(atom, Unknown):
        return UNKNOWN
    if isinstance(atom, Expr):
        return join(only(atom), *(only(part) for values in args.everything() for part in values if isinstance(part, Expr)))
    if isinstance(atom, Attribute):
        return reader.opaque(f"calls {atom.path}() on a row of {atom.key}, which Django's own models do not have")
    if isinstance(atom, Instance | Handle | Meta):
        return reader.opaque(f"calls {type(atom).__name__.lower()}, which is no function")
    if isinstance(atom, Rows | Const):
        return PLAIN
    if any(leading(values) for values in args.everything()):
        return reader.opaque("passes a model or a row to a function that cannot be told")
    return PLAIN


def _with_partial(atom: Partial, args: Args) -> Args:
    keywords = {**dict(atom.keywords), **dict(args.keywords)}
    return Args((*atom.positional, *args.positional), tuple(keywords.items()), args.more, args.more_keywords)


def invoke(reader: Reader, function: Function, args: Args, node: ast.AST) -> Values:
    """Return what a function of the file returns with these arguments."""
    if function.bound is not None:
        args = Args((only(function.bound), *args.positional), args.keywords, args.more, args.more_keywords)
    key = (function.node, id(function.scope), args)
    if key in reader.running:
        reader.recursive.add(key)
        return reader.running[key]
    done = reader.finished.get(key)
    if done is not None and done[0] == reader.changes and function.scope is reader.module:
        return done[1]
    if len(reader.running) >= DEPTH:
        return reader.opaque("calls functions too deep to be read")
    reader.running[key] = NO_VALUE
    context = reader.context
    reader.context = ((id(node), context[1]), ())
    try:
        result = _until_stable(reader, function, args, key)
    finally:
        reader.context = context
        del reader.running[key]
    reader.finished[key] = (reader.changes, result)
    return result


def _until_stable(reader: Reader, function: Function, args: Args, key: object) -> Values:
    for _ in range(python_statements.PASSES):
        result = _run(reader, function, args)
        if key not in reader.recursive or result == reader.running[key]:
            return result
        reader.running[key] = join(reader.running[key], result)
    return reader.opaque("calls itself in a way that is too complex to be read")


def _run(reader: Reader, function: Function, args: Args) -> Values:
    node = function.node
    scope = Scope(parent=function.scope)
    _bind(reader, node.args, args, scope, function.scope)
    if isinstance(node, ast.Lambda):
        return reader.value(node.body, scope)
    yields = _yields(node)
    if yields:
        scope.names["<yield>"] = NO_VALUE
    python_statements.run(reader, node.body, scope)
    if yields:
        box = reader.box(node, "yield")
        reader.changed(box.add(scope.names["<yield>"]))
        return only(box)
    return join(scope.names.get("<return>", NO_VALUE), only(Const(None)))


def _yields(node: ast.AST) -> bool:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.Lambda | ast.ClassDef) and _yields(part):
            return True
    return False


def _bind(reader: Reader, parameters: ast.arguments, args: Args, scope: Scope, outer: Scope) -> None:
    """Give the parameters of a function their values."""
    given = dict(args.keywords)
    ordinary = [*parameters.posonlyargs, *parameters.args]
    defaults = [None] * (len(ordinary) - len(parameters.defaults)) + list(parameters.defaults)
    for position, (parameter, default) in enumerate(zip(ordinary, defaults, strict=True)):
        if position < len(args.positional):
            scope.names[parameter.arg] = args.positional[position]
        else:
            scope.names[parameter.arg] = _given(reader, parameter.arg, given, default, args, outer)
    for parameter, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        scope.names[parameter.arg] = _given(reader, parameter.arg, given, default, args, outer)
    if parameters.vararg is not None:
        rest = args.positional[len(ordinary) :]
        scope.names[parameters.vararg.arg] = (
            only(Tup(rest)) if args.more is None else _boxed(reader, parameters.vararg, rest, args)
        )
    if parameters.kwarg is not None:
        box = reader.box(parameters.kwarg)
        for name, value in given.items():
            reader.changed(box.put(name, value))
        if args.more_keywords is not None:
            reader.changed(box.put_open(PLAIN, args.more_keywords))
        scope.names[parameters.kwarg.arg] = only(box)


def _given(reader: Reader, name: str, given: dict[str, Values], default: ast.expr | None, args: Args, outer: Scope) -> Values:
    if name in given:
        return given.pop(name)
    value = reader.value(default, outer) if default is not None else NO_VALUE
    return join(value, args.more or NO_VALUE, args.more_keywords or NO_VALUE)


def _boxed(reader: Reader, node: ast.AST, rest: tuple[Values, ...], args: Args) -> Values:
    box = reader.box(node)
    reader.changed(box.add(join(args.more or NO_VALUE, *rest)))
    return only(box)


def _construct(reader: Reader, cls: Class, args: Args, node: ast.AST) -> Values:
    box = reader.box(cls.node, "object")
    box.cls = cls
    outside = [base.path for base in _all_bases(cls) if isinstance(base, Outside)]
    strange = [path for path in outside if not python_outside.is_pure(path)]
    if strange and any(leading(values) for values in args.everything()):
        return reader.opaque(python_outside.reason(strange[0]))
    init = class_attribute(reader, cls, "__init__", box)
    functions = frozenset(atom for atom in init if isinstance(atom, Function))
    if functions:
        reader.call(functions, args, node)
    else:
        for name, value in args.keywords:
            reader.changed(box.put(name, value))
        for values in args.positional:
            reader.changed(box.put_open(PLAIN, values))
    return only(box)


def _all_bases(cls: Class) -> list[Any]:
    found: list[Any] = []
    for base in cls.bases:
        found.append(base)
        if isinstance(base, Class):
            found += _all_bases(base)
    return found


def class_attribute(reader: Reader, cls: Class, name: str, instance: Any) -> Values:
    """Return what an attribute of a class of the file may be, methods bound to the instance where there is one."""
    found = cls.scope.names.get(name)
    if found is None:
        for base in cls.bases:
            if isinstance(base, Class):
                found = class_attribute(reader, base, name, instance)
                if found != only(Method(base, name)):
                    return found
            elif isinstance(base, Outside) and not python_outside.is_pure(base.path) and not name.startswith("__"):
                return only(Outside(f"{base.path}.{name}"))
        return only(Method(cls, name))
    return reader.each(found, lambda atom: _bound(reader, atom, cls, instance))


def _bound(reader: Reader, atom: Any, cls: Class, instance: Any) -> Values:
    if not isinstance(atom, Function) or atom.how == "staticmethod" or atom.bound is not None:
        return only(atom)
    owner = cls if atom.how == "classmethod" else instance
    bound = Function(atom.node, atom.scope, owner, atom.how)
    if atom.how == "property" and instance is not None:
        return invoke(reader, bound, Args(), cls.node)
    return only(bound)


def object_attribute(reader: Reader, box: Box, name: str) -> Values:
    """Return what an attribute of an object of a class of the file may be."""
    assert box.cls is not None
    if name == "__class__":
        return only(box.cls)
    own = box.pairs.get(name)
    if own is not None:
        inherited = box.cls.scope.names.get(name)
        return join(own, box.rest, *([class_attribute(reader, box.cls, name, box)] if inherited else []))
    found = class_attribute(reader, box.cls, name, box)
    return join(found, box.rest)


def _method(reader: Reader, atom: Method, args: Args, node: ast.AST) -> Values:
    owner, name = atom.owner, atom.name
    if isinstance(owner, Handle | Meta):
        return python_handles.call(reader, owner, name, args)
    if isinstance(owner, Rows):
        return python_queries.call(reader, owner, name, args, node)
    if isinstance(owner, Instance):
        return python_rows.call_instance(reader, owner, name, args)
    if isinstance(owner, Model):
        return python_rows.call_model_method(reader, owner, name, args)
    if isinstance(owner, Live):
        return python_live.call_method(reader, owner, name)
    if isinstance(owner, Attribute):
        return python_rows.call_unknown(reader, owner, name)
    if isinstance(owner, FieldValue):
        return _field_method(reader, owner, name, args)
    if isinstance(owner, Box) and owner.cls is None:
        return python_containers.method(reader, owner, name, args, node)
    return _plain_method(reader, owner, name, args, node)


def _field_method(reader: Reader, owner: FieldValue, name: str, args: Args) -> Values:
    names = reader.record.names(owner.key)
    if name in python_containers.CHANGING:
        reader.record.updates(owner.key, {owner.name})
    if owner.name not in names and name in python_rows.WRITING_METHODS - {"get", "values"}:
        return reader.opaque(f"calls {name}() on {owner.key}.{owner.name}, of which nothing is known")
    if any(leading(values) for values in args.everything()) and name in python_containers.ADDING:
        return reader.opaque("puts a model or a row where it cannot be followed")
    return only(owner) if name in TAKING else PLAIN


def _plain_method(reader: Reader, owner: Any, name: str, args: Args, node: ast.AST) -> Values:
    if isinstance(owner, Const) and isinstance(owner.value, str):
        return python_builtins.text_method(reader, owner.value, name, args)
    if isinstance(owner, Class) and name in ("__init__", "__new__", "__str__", "__repr__"):
        return PLAIN
    passed = [atom for values in args.everything() for atom in leading(values)]
    if isinstance(owner, Class | Function | Box | Builtin) and passed:
        return reader.opaque(f"passes a model or a row to {name}(), which is not in this file")
    if isinstance(owner, Class) and name in python_rows.MANAGERS:
        return reader.opaque("uses a model class that the file itself defines")
    if name in python_containers.ADDING and passed:
        return reader.opaque("puts a model or a row where it cannot be followed")
    python_builtins.hand_over(reader, passed, node, touches=name not in PRINTING)
    return PLAIN


def imported(path: str) -> Values:
    """Return what a dotted name that is imported stands for."""
    if path == "django.db.connection":
        return only(Handle("connection"))
    return only(Outside(path))


def outside_attribute(reader: Reader, atom: Outside, name: str) -> Values:
    """Return what an attribute of something imported may be."""
    if atom.path == "django.db.connections" and name == "__getitem__":
        return only(Handle("connection"))
    if name == "__getitem__":
        return only(atom)
    if name in python_rows.MANAGERS and "()" in atom.path:
        return reader.opaque(python_outside.reason(atom.path.partition("()")[0]))
    if name in python_rows.MANAGERS and not python_outside.is_pure(atom.path):
        return only(Live(python_live.key_of(atom.path), atom.path))
    return imported(f"{atom.path}.{name}")


def entered(reader: Reader, atom: Any, node: ast.AST) -> Values:
    """Return what "with ... as name" gives."""
    if isinstance(atom, Box) and atom.cls is not None:
        enter = object_attribute(reader, atom, "__enter__")
        functions = frozenset(part for part in enter if isinstance(part, Function))
        return reader.call(functions, Args(), node) if functions else only(atom)
    if isinstance(atom, Box):
        return join(only(atom), atom.everything())
    return only(atom)


def decorate(reader: Reader, decorator: Values, function: Values, node: ast.AST) -> Values:
    """Return what a decorated function is: itself where the decorator is known to leave it alone."""
    found = NO_VALUE
    for atom in decorator:
        path = atom.path if isinstance(atom, Outside) else ""
        if path and not python_outside.is_pure(path):
            found = join(found, function, only(atom))
        elif isinstance(atom, Function | Class):
            found = join(found, reader.call(only(atom), Args((function,)), node))
        else:
            found = join(found, function)
    return found
