"""The operations of a migration file, with Django's names for their arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from handrail.domain.migration import Operation
from handrail.domain.value import Call, Symbolic, Value
from handrail.sources.django_names import OPERATIONS
from handrail.sources.evaluate import Element, Evaluator
from handrail.sources.migration_class import MigrationClass, Piece
from handrail.sources.source_file import brief

NESTED = frozenset({"database_operations", "state_operations"})
"""Arguments that hold operations again."""
UNKNOWN = "?"
"""The name and the path of an operation that cannot be told from the file."""


def read_operations(found: MigrationClass) -> tuple[Operation, ...]:
    """Return the operations of a migration, in order; what cannot be told is an operation named "?" with its source."""
    operations = [operation for piece in found.pieces.get("operations", ()) for operation in from_piece(piece)]
    hidden = [unknown(method, "def " + getattr(method, "name", "")) for method in found.methods]
    if "operations" not in found.pieces:
        hidden += [
            Operation(name=UNKNOWN, path=UNKNOWN, arguments=source(foreign), line=1, end_line=1) for foreign in found.foreign
        ]
    return (*operations, *hidden)


def from_piece(piece: Piece) -> Iterator[Operation]:
    """Yield the operations that one statement about the attribute adds."""
    if piece.kind == "unknown" or not isinstance(piece.node, ast.expr):
        yield unknown(piece.node)
    elif piece.kind == "append":
        yield read_operation(Element(piece.node, {}), piece.evaluator)
    else:
        yield from read_all(piece.node, piece.evaluator, {})


def read_all(node: ast.expr, evaluator: Evaluator, names: Mapping[str, Value]) -> Iterator[Operation]:
    """Yield the operations of a list expression."""
    for element in evaluator.elements(node, names):
        yield unknown(element.node) if element.whole else read_operation(element, evaluator)


def read_operation(element: Element, evaluator: Evaluator) -> Operation:
    """Return one operation."""
    node = evaluator.constant(element.node)
    path = operation_path(node, evaluator)
    if path is None or not isinstance(node, ast.Call):
        return unknown(element.node)
    arguments = read_arguments(path, node, evaluator, element.names)
    if arguments is None:
        return unknown(element.node)
    return Operation(
        name=path.rpartition(".")[2],
        path=path,
        arguments=arguments,
        line=element.node.lineno,
        end_line=element.node.end_lineno or element.node.lineno,
    )


def operation_path(node: ast.expr, evaluator: Evaluator) -> str | None:
    """Return the path of the class that a call makes an instance of; None for what calls a function or is no call."""
    if not isinstance(node, ast.Call):
        return None
    path = evaluator.path(node.func)
    name = path.rpartition(".")[2].lstrip("_")
    return path if name[:1].isupper() else None


def read_arguments(path: str, node: ast.Call, evaluator: Evaluator, names: Mapping[str, Value]) -> dict[str, Value] | None:
    """Return the arguments of an operation by their names; None where they cannot be matched."""
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(keyword.arg is None for keyword in node.keywords):
        return read_unpacked(path, node, evaluator, names)
    parameters = OPERATIONS.get(path, ())
    if path in OPERATIONS and len(node.args) > len(parameters):
        return None
    found: dict[str, Value] = {}
    for position, arg in enumerate(node.args):
        name = parameters[position] if parameters else str(position)
        found[name] = read_argument(name, arg, evaluator, names)
    for keyword in node.keywords:
        assert keyword.arg is not None
        found[keyword.arg] = read_argument(keyword.arg, keyword.value, evaluator, names)
    return found


def read_unpacked(path: str, node: ast.Call, evaluator: Evaluator, names: Mapping[str, Value]) -> dict[str, Value] | None:
    """Return the arguments of a call with * or ** where what is unpacked is known and holds no operations."""
    call = evaluator.value(node, names)
    parameters: Sequence[str] = OPERATIONS.get(path, ())
    if not isinstance(call, Call) or (parameters and len(call.args) > len(parameters)) or NESTED & set(parameters):
        return None
    positional = {(parameters[position] if parameters else str(position)): arg for position, arg in enumerate(call.args)}
    return {**positional, **dict(call.keywords)}


def read_argument(name: str, node: ast.expr, evaluator: Evaluator, names: Mapping[str, Value]) -> Value:
    """Return the value of one argument; operations in it as a tuple."""
    if name in NESTED:
        value = evaluator.constant(node)
        return None if isinstance(value, ast.Constant) and value.value is None else tuple(read_all(node, evaluator, names))
    return evaluator.value(node, names)


def unreadable_operations(found: MigrationClass) -> list[str]:
    """Return a note for every part of operations that cannot be told, without reading the rest."""
    notes = [f"Migration.{getattr(method, 'name', '')} is written anew" for method in found.methods]
    for piece in found.pieces.get("operations", ()):
        notes += [f"operations cannot be told from the file: {text}" for text in unreadable_parts(piece)]
    return notes


def unreadable_parts(piece: Piece) -> Iterator[str]:
    """Yield the source of every part of one statement that is no operation that can be told."""
    if piece.kind == "unknown" or not isinstance(piece.node, ast.expr):
        yield brief(piece.node)
        return
    elements = [Element(piece.node, {})] if piece.kind == "append" else piece.evaluator.elements(piece.node)
    for element in elements:
        if element.whole or operation_path(piece.evaluator.constant(element.node), piece.evaluator) is None:
            yield brief(element.node)


def unknown(node: ast.AST, text: str = "") -> Operation:
    """Return the operation that stands for source that cannot be told."""
    line = getattr(node, "lineno", 1)
    return Operation(
        name=UNKNOWN,
        path=UNKNOWN,
        arguments=source(text or ast.unparse(node)),
        line=line,
        end_line=getattr(node, "end_lineno", None) or line,
    )


def too_deep(line: int) -> Operation:
    """Return the operation that stands for all operations of a file that is nested too deep."""
    return Operation(name=UNKNOWN, path=UNKNOWN, arguments=source("..."), line=line, end_line=line)


def source(text: str) -> dict[str, Value]:
    """Return the arguments of an operation that cannot be told."""
    return {"source": Symbolic(text)}
