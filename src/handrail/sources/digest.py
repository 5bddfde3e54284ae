"""A digest of what a migration does: the same for a renamed, re-pointed or reformatted copy, on every version of Python."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable

POINTERS = frozenset({"dependencies", "run_before", "replaces", "initial"})
"""Attributes of Migration that say where it stands in the graph, and not what it does."""
UNSAID = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields of syntax nodes that change nothing: how a name is used is plain from where it stands."""


def digest_of(module: ast.Module, migration_classes: Iterable[str] = ("Migration",)) -> str:
    """Return the digest (hexadecimal) of a module. migration_classes: the classes whose pointers are left out."""
    classes = frozenset(migration_classes)
    rest = [statement for statement in module.body if not is_pointer_of(statement, classes)]
    statements = without_docstring(rest)
    imports = list(itertools.takewhile(lambda statement: isinstance(statement, ast.Import | ast.ImportFrom), statements))
    parts: list[str] = []
    for statement in statements[len(imports) :]:
        write(statement, parts, classes)
    text = "".join(parts)
    import hashlib  # slow to load

    return hashlib.sha256("\n".join([*import_lines(imports, text), text]).encode()).hexdigest()


def import_lines(imports: Iterable[ast.stmt], text: str) -> list[str]:
    """Return imports one by one, sorted where their order cannot matter, without those of Django that nothing uses."""
    lines: list[tuple[str, str]] = []
    for statement in imports:
        assert isinstance(statement, ast.Import | ast.ImportFrom)
        module = "" if isinstance(statement, ast.Import) else "." * statement.level + (statement.module or "") + ":"
        for alias in statement.names:
            bound = alias.asname or (alias.name if module else alias.name.partition(".")[0])
            whole = module + alias.name
            if not whole.startswith("django.") or alias.name == "*" or f"(id'{bound}'" in text:
                lines.append((bound, f"{whole} as {alias.asname}"))
    names = dict(lines)
    clash = "*" in names or any(names[name] != line and not line.startswith(f"{name}.") for name, line in lines)
    found = [line for _, line in lines]
    return found if clash else sorted(set(found))


def write(node: object, parts: list[str], classes: frozenset[str]) -> None:
    """Append the canonical text of a syntax node: its type and what it holds, without empty fields and docstrings."""
    if isinstance(node, ast.AST):
        parts.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if name in UNSAID or (is_empty(value) and not isinstance(node, ast.Constant)):
                continue
            if name == "body" and isinstance(value, list):
                value = essential(node, value, classes)
            parts.append(name)
            write(value, parts, classes)
        parts.append(")")
    elif isinstance(node, list):
        parts.append("[")
        for item in node:
            write(item, parts, classes)
        parts.append("]")
    else:
        parts.append(ascii(node) if not isinstance(node, bool | int | float | complex) else f"{type(node).__name__} {node!r} ")


def is_empty(value: object) -> bool:
    """Say whether a field of a syntax node holds nothing; versions of Python differ in which empty fields there are."""
    return value is None or value == []


def essential(node: ast.AST, body: list[ast.stmt], classes: frozenset[str]) -> list[ast.stmt]:
    """Return the statements of a body that say what is done."""
    if isinstance(node, ast.ClassDef) and node.name in classes:
        body = [statement for statement in body if not is_pointer(statement)]
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        body = without_docstring(body)
    return body


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body without texts that stand alone: docstrings, and texts that are used as comments."""
    return [statement for statement in body if not is_text(statement)]


def is_text(statement: ast.stmt) -> bool:
    """Say whether a statement is nothing but a text."""
    return (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    )


def is_pointer(statement: ast.stmt) -> bool:
    """Say whether a statement of a class body sets or extends one of POINTERS."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        targets = [function.value] if isinstance(function, ast.Attribute) else []
    return bool(targets) and all(isinstance(target, ast.Name) and target.id in POINTERS for target in targets)


def is_pointer_of(statement: ast.stmt, classes: frozenset[str]) -> bool:
    """Say whether a statement of the module sets or extends one of POINTERS from outside, as in Migration.dependencies += x."""
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AugAssign):
        target = statement.target
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        target = statement.value.func.value if isinstance(statement.value.func, ast.Attribute) else None
    return (
        isinstance(target, ast.Attribute)
        and target.attr in POINTERS
        and isinstance(target.value, ast.Name)
        and target.value.id in classes
    )
