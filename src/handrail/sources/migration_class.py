"""The Migration class of a file: where each of its attributes is set, extended or hidden."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handrail.domain.dataclasses import dataclass, field
from handrail.sources.arithmetic import Unknown
from handrail.sources.evaluate import Evaluator
from handrail.sources.known_calls import truth
from handrail.sources.scope import Scope
from handrail.sources.source_file import Unreadable

ATTRIBUTES = frozenset({"dependencies", "run_before", "replaces", "operations", "atomic", "initial"})
METHODS = frozenset({"__init__", "__new__", "apply", "unapply", "mutate_state"})
"""Methods of Django's Migration that decide what is done; a file that writes them anew does something else."""
NO_CLASS = "no Migration class"
BASE = "django.db.migrations.Migration"


class Piece(NamedTuple):
    """One statement about an attribute. kind: set, extend, append, or unknown (node is then a statement that cannot be told)."""

    kind: str
    node: ast.AST
    evaluator: Evaluator


@dataclass(slots=True)
class MigrationClass:
    """What a file says of its Migration class. pieces: by attribute, in order. methods: of METHODS, those it writes anew.

    names: the classes of the file it is made of, itself first. foreign: bases that are neither Django's nor in the file.
    """

    module: Evaluator
    names: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    methods: list[ast.AST] = field(default_factory=list)


def find_migration_class(tree: ast.Module, package: str = "") -> MigrationClass:
    """Return what a module says of its Migration class. Raises Unreadable where there is none."""
    scope = Scope(tree.body, package)
    evaluator = Evaluator(scope)
    classes = {node.name: node for node in top_level(tree.body) if isinstance(node, ast.ClassDef)}
    found = MigrationClass(module=evaluator)
    name = real_name("Migration", classes, scope)
    if name not in classes:
        path = scope.path_of("Migration")
        raise Unreadable(f"the Migration class is that of {path}" if path else NO_CLASS, is_python=True)
    add_class(found, classes[name], classes, scope)
    if not found.foreign and BASE not in base_paths(found, classes):
        raise Unreadable(NO_CLASS, classes[name].lineno, is_python=True)
    for statement in tree.body:
        add_from_outside(found, statement)
    return found


def real_name(name: str, classes: dict[str, ast.ClassDef], scope: Scope) -> str:
    """Follow assignments such as Migration = Real."""
    seen = {name}
    while name not in classes and isinstance(node := scope.constant(name), ast.Name) and node.id not in seen:
        name = node.id
        seen.add(name)
    return name


def top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body, also those in if, try and with."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            yield from top_level(statement.body)
            yield from top_level(getattr(statement, "orelse", ()))
            yield from top_level(getattr(statement, "finalbody", ()))
            for handler in getattr(statement, "handlers", ()):
                yield from top_level(handler.body)


def base_paths(found: MigrationClass, classes: dict[str, ast.ClassDef]) -> set[str]:
    """Return the dotted paths of all bases of the classes that the migration is made of."""
    return {found.module.path(base) for name in found.names for base in classes[name].bases}


def add_class(found: MigrationClass, node: ast.ClassDef, classes: dict[str, ast.ClassDef], scope: Scope) -> None:
    """Add a class and its bases; what a class sets hides what its bases set."""
    if node.name in found.names:
        return
    found.names.append(node.name)
    evaluator = Evaluator(Scope(node.body, scope.package), scope)
    own: dict[str, list[Piece]] = {}
    read_body(node.body, evaluator, own, found.methods)
    for name, pieces in own.items():
        if name not in found.pieces:
            found.pieces[name] = pieces
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            add_class(found, classes[base.id], classes, scope)
        elif (path := found.module.path(base)) != BASE and path != "builtins.object":
            found.foreign.append(path or ast.unparse(base))


def read_body(body: Iterable[ast.stmt], evaluator: Evaluator, pieces: dict[str, list[Piece]], methods: list[ast.AST]) -> None:
    """Read the statements of a class body in order."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name in METHODS:
                methods.append(statement)
            elif statement.name in ATTRIBUTES:
                pieces[statement.name] = [Piece("unknown", statement, evaluator)]
        elif isinstance(statement, ast.If) and (truth_of := decided(statement.test, evaluator)) is not None:
            read_body(statement.body if truth_of else statement.orelse, evaluator, pieces, methods)
        elif (piece := piece_of(statement, evaluator)) is not None:
            add(pieces, *piece)
        elif not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Pass | ast.ClassDef):
            for name in mentioned(statement):
                add(pieces, name, Piece("unknown", statement, evaluator))


def decided(test: ast.expr, evaluator: Evaluator) -> bool | None:
    """Return whether a test is true; None where that cannot be told."""
    try:
        return truth(evaluator.value(test))
    except Unknown:
        return None


def add(pieces: dict[str, list[Piece]], name: str, piece: Piece) -> None:
    """Add a statement about an attribute; one that sets it takes the place of those before it."""
    if piece.kind == "set":
        pieces[name] = []
    pieces.setdefault(name, []).append(piece)


def piece_of(statement: ast.stmt, evaluator: Evaluator) -> tuple[str, Piece] | None:
    """Return what a statement of a class body says of an attribute."""
    name: str | None = None
    if isinstance(statement, ast.Assign):
        names = [target.id for target in statement.targets if isinstance(target, ast.Name) and target.id in ATTRIBUTES]
        return (names[0], Piece("set", statement.value, evaluator)) if names else None
    if isinstance(statement, ast.AnnAssign | ast.AugAssign) and isinstance(statement.target, ast.Name):
        name = statement.target.id
        kind = "set" if isinstance(statement, ast.AnnAssign) else "extend"
        if name in ATTRIBUTES and statement.value is not None:
            return name, Piece(kind, statement.value, evaluator)
    if isinstance(statement, ast.Expr):
        return method_piece(statement.value, evaluator, "")
    return None


def method_piece(node: ast.expr, evaluator: Evaluator, owner: str) -> tuple[str, Piece] | None:
    """Return what a call such as operations.append(x), or Migration.operations.append(x), says of an attribute."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    name = attribute_name(node.func.value, owner)
    if name is None:
        return None
    if node.func.attr in ("append", "extend") and len(node.args) == 1 and not node.keywords:
        return name, Piece(node.func.attr, node.args[0], evaluator)
    return name, Piece("unknown", node, evaluator)


def attribute_name(node: ast.expr, owner: str) -> str | None:
    """Return the attribute of Migration that an expression names, as x inside the class and as owner.x outside."""
    if owner and isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == owner:
        return node.attr if node.attr in ATTRIBUTES else None
    if not owner and isinstance(node, ast.Name) and node.id in ATTRIBUTES:
        return node.id
    return None


def add_from_outside(found: MigrationClass, statement: ast.stmt) -> None:
    """Add what a statement after the class says of it: Migration.operations += [...] and the like."""
    evaluator = found.module
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        if (name := attribute_name(statement.targets[0], found.names[0])) is not None:
            add(found.pieces, name, Piece("set", statement.value, evaluator))
    elif isinstance(statement, ast.AugAssign):
        if (name := attribute_name(statement.target, found.names[0])) is not None:
            add(found.pieces, name, Piece("extend", statement.value, evaluator))
    elif isinstance(statement, ast.Expr):
        if (piece := method_piece(statement.value, evaluator, found.names[0])) is not None:
            add(found.pieces, *piece)
    elif isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
        for node in ast.walk(statement):
            if isinstance(node, ast.expr) and (name := attribute_name(node, found.names[0])) is not None:
                add(found.pieces, name, Piece("unknown", statement, evaluator))


def mentioned(statement: ast.stmt) -> list[str]:
    """Return the attributes of Migration that a statement of its body names."""
    found = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in ATTRIBUTES}
    return sorted(found)
