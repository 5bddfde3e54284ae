"""The names of one file: what each stands for, without running the file."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import TypeVar

from handrail.sources.django_names import one_path

BUILTINS = frozenset(dir(builtins))
CHANGING_METHODS = frozenset({"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse"}) | {
    "setdefault",
    "sort",
    "update",
}
"""Methods that change a list, set or dict in place."""
Statements = Iterable[ast.stmt]
Bound = TypeVar("Bound", str, ast.expr)


class Scope:
    """What the names of a module stand for.

    imports: dotted paths by name. constants: the expressions of names that are assigned at the top of the module. own: classes
    and functions of the file. unknown: names that are assigned more than once or conditionally.
    star: whether the file has star imports, behind which any name can hide. package: the dotted name of the file's package,
    for relative imports; where it is "", what they import gets one leading dot more than the import has, since a single dot
    stands for the file itself.
    """

    def __init__(self, body: Statements, package: str = "") -> None:
        self.package = package
        self.imports: dict[str, str] = {}
        self.constants: dict[str, ast.expr] = {}
        self.own: set[str] = set()
        self.unknown: set[str] = set()
        self.star = False
        self._body = body
        self._changed: set[str] | None = None
        for statement in body:
            self._read(statement, sure=True)

    def hides(self, name: str) -> bool:
        """Say whether the scope binds a name, to whatever it be."""
        return name in self.constants or name in self.imports or name in self.own or name in self.unknown

    def constant(self, name: str) -> ast.expr | None:
        """Return the expression of a name that is assigned once and never changed; None for other names."""
        if name not in self.constants or name in self.unknown:
            return None
        if self._changed is None:
            self._changed = changed_names(self._body)
        return None if name in self._changed else self.constants[name]

    def path_of(self, name: str) -> str | None:
        """Return the dotted path that an imported, own or built-in name stands for; None where that cannot be told."""
        if name in self.unknown or name in self.constants:
            return None
        if name in self.imports:
            return one_path(self.imports[name])
        if name in self.own:
            return f".{name}"
        if name in BUILTINS and not self.star:
            return f"builtins.{name}"
        return None

    def _read(self, statement: ast.stmt, *, sure: bool) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                whole = alias.asname or alias.name.partition(".")[0]
                self._bind(whole, sure, self.imports, alias.name if alias.asname else whole)
        elif isinstance(statement, ast.ImportFrom):
            self._read_import_from(statement, sure)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            self._read_assignment(statement, sure)
        elif isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            self._forget(statement.name)
            self.own.add(statement.name)
        else:
            self._read_inside(statement)

    def _read_import_from(self, statement: ast.ImportFrom, sure: bool) -> None:
        module = absolute(statement.module or "", statement.level, self.package)
        for alias in statement.names:
            if alias.name == "*":
                self.star = True
            else:
                path = f"{module}{alias.name}" if module.endswith(".") else f"{module}.{alias.name}"
                self._bind(alias.asname or alias.name, sure, self.imports, path)

    def _read_assignment(self, statement: ast.Assign | ast.AnnAssign, sure: bool) -> None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and statement.value is not None:
                self._bind(target.id, sure, self.constants, statement.value)
            else:
                self.unknown.update(stored_names(target))

    def _read_inside(self, statement: ast.stmt) -> None:
        """Read what a compound statement may bind: an import in try or if counts, unless two of them disagree."""
        for field in ("body", "orelse", "finalbody"):
            for inner in getattr(statement, field, ()):
                self._read(inner, sure=False)
        for handler in getattr(statement, "handlers", ()):
            for inner in handler.body:
                self._read(inner, sure=False)
        if not isinstance(statement, ast.If | ast.Try | ast.Expr | ast.Pass):
            self.unknown.update(stored_names(statement))

    def _bind(self, name: str, sure: bool, where: dict[str, Bound], value: Bound) -> None:
        known = name in self.imports or name in self.constants or name in self.own
        doubtful = known or not sure if where is self.constants else known and self.imports.get(name) != value
        if doubtful:
            self.unknown.add(name)
        where[name] = value

    def _forget(self, name: str) -> None:
        if name in self.imports or name in self.constants:
            self.unknown.add(name)


def absolute(module: str, level: int, package: str) -> str:
    """Return the module of a from-import in full; ends with a dot where only dots are known."""
    if not level:
        return module
    parts = package.split(".") if package else []
    if len(parts) >= level:
        base = ".".join(parts[: len(parts) - level + 1])
        return f"{base}.{module}" if module else base
    return "." * (level + 1) + module


def stored_names(node: ast.AST) -> Iterator[str]:
    """Yield every name that is assigned or deleted in a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id


def changed_names(body: Statements) -> set[str]:
    """Return the names whose value is changed in place, anywhere in the file, or assigned from inside a function."""
    found: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in CHANGING_METHODS and isinstance(node.func.value, ast.Name):
                    found.add(node.func.value.id)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                if isinstance(node.value, ast.Name):
                    found.add(node.value.id)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            elif isinstance(node, ast.Global):
                found.update(node.names)
    return found
