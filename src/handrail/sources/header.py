"""What a migration file says of its place in the graph, and of how it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from handrail.domain.migration import SETTING, MigrationKey
from handrail.domain.value import ListOf, Symbolic, Value
from handrail.sources.arithmetic import Unknown
from handrail.sources.known_calls import SWAPPABLE, truth
from handrail.sources.migration_class import MigrationClass, Piece
from handrail.sources.operations import unreadable_operations
from handrail.sources.source_file import brief

USER_MODEL = "AUTH_USER_MODEL"
Keys = tuple[MigrationKey, ...]


class Header(NamedTuple):
    """The fields of domain.migration.Migration that are read at once, by their names there."""

    dependencies: Keys = ()
    run_before: Keys = ()
    replaces: Keys = ()
    atomic: bool = True
    initial: bool | None = None
    notes: tuple[str, ...] = ()
    lines: Mapping[str, int] = {}


def read_header(found: MigrationClass) -> Header:
    """Return the header of a migration; what cannot be told is named in its notes."""
    notes: list[str] = []
    for foreign in found.foreign:
        notes.append(f"the class {foreign} that Migration is based on is not read")
    header = Header(
        dependencies=keys(found, "dependencies", notes),
        run_before=keys(found, "run_before", notes),
        replaces=keys(found, "replaces", notes),
        atomic=flag(found, "atomic", True, notes) is not False,
        initial=flag(found, "initial", None, notes),
        lines={name: first_line(pieces) for name, pieces in found.pieces.items() if name not in ("atomic", "initial")},
    )
    notes += unreadable_operations(found)
    return header._replace(notes=tuple(notes))


def first_line(pieces: list[Piece]) -> int:
    """Return the line on which an attribute gets its value."""
    return getattr(pieces[0].node, "lineno", 1)


def keys(found: MigrationClass, name: str, notes: list[str]) -> Keys:
    """Return the migration keys of a list attribute, in order, each as it is written."""
    read: dict[MigrationKey, None] = {}
    for piece in found.pieces.get(name, ()):
        for node, value in values(piece):
            key = as_key(value) or user_model_key(node, piece)
            if not isinstance(value, tuple | ListOf) or key is None:
                notes.append(f"{name} cannot be told from the file: {brief(node)}")
            if key is not None:
                read[key] = None
    return tuple(read)


def values(piece: Piece) -> Iterator[tuple[ast.AST, Value]]:
    """Yield the values that one statement adds to a list attribute, and where they stand; None for what cannot be told."""
    if piece.kind == "unknown" or not isinstance(piece.node, ast.expr):
        yield piece.node, None
    elif piece.kind == "append":
        yield piece.node, piece.evaluator.value(piece.node)
    else:
        for node, names, whole in piece.evaluator.elements(piece.node):
            yield node, None if whole else piece.evaluator.value(node, names)


def user_model_key(node: ast.AST, piece: Piece) -> MigrationKey | None:
    """Return the key of AUTH_USER_MODEL for a swappable_dependency on an expression that cannot be told but names it."""
    if not isinstance(node, ast.Call) or piece.evaluator.path(node.func) != SWAPPABLE or len(node.args) != 1:
        return None
    names_it = USER_MODEL in ast.unparse(piece.evaluator.constant(node.args[0]))
    return MigrationKey(SETTING, USER_MODEL) if names_it else None


def as_key(value: Value) -> MigrationKey | None:
    """Return a value as a key, where it is a pair of texts."""
    if isinstance(value, MigrationKey):
        return value
    parts: Iterable[Value] = value.items if isinstance(value, ListOf) else value if type(value) is tuple else ()
    app_label, name = parts if len(tuple(parts)) == 2 else (None, None)
    return MigrationKey(app_label, name) if isinstance(app_label, str) and isinstance(name, str) else None


def flag(found: MigrationClass, name: str, default: bool | None, notes: list[str]) -> bool | None:
    """Return the value of atomic or initial; the default, with a note, where it cannot be told."""
    pieces = found.pieces.get(name)
    if not pieces:
        return default
    piece = pieces[-1]
    value = piece.evaluator.value(piece.node) if piece.kind == "set" and isinstance(piece.node, ast.expr) else Symbolic("")
    try:
        return None if value is None else truth(value)
    except Unknown:
        notes.append(f"{name} cannot be told from the file: {brief(piece.node)}")
        return default
