"""Whether code or SQL only updates whole sets of rows: a guess from its text, which decides nothing but how its log is filled.

Where it turns out to be wrong the operation is rolled back and runs again, which takes longer. So everything that is not listed
here is taken for something else.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation

_ATTRIBUTES = frozenset(
    [
        *["get_model", "objects", "_base_manager", "_default_manager", "all", "filter", "exclude", "update", "count", "exists"],
        *["using", "connection", "alias", "lower", "upper", "strip", "split", "format"],
    ]
)
_CALLED = frozenset(["F", "Q", "Value", "Case", "When", "Lower", "Upper", "Concat", "Coalesce", "print", "len", "str", "int"])
_LOOKUPS = frozenset(
    [
        *["exact", "in", "gt", "gte", "lt", "lte", "range", "isnull", "contains", "icontains", "startswith", "istartswith"],
        *["endswith", "iendswith", "iexact"],
    ]
)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def updates_alone(operation: Operation) -> bool:
    """Say whether all that an operation does is to update rows, statement by statement, and without a loop."""
    from django.db import connections
    from django.db.migrations.operations import RunPython, RunSQL

    if len(list(connections)) > 1:
        return False
    if isinstance(operation, RunSQL):
        return _is_one_update(operation.sql)
    if not isinstance(operation, RunPython):
        return False
    code = getattr(operation.code, "__code__", None)
    if code is None or "update" not in code.co_names:
        return False
    body = _body(operation.code)
    if body is None:
        return False
    nodes = [node for statement in body for node in ast.walk(statement)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return "update" in used and used <= _ATTRIBUTES and not any(_is_other(node) for node in nodes)


def _is_one_update(sql: Any) -> bool:
    """Several statements are several transactions on some databases, where what one has done stays when another runs again."""
    from handrail.databases.row_logs._set_statements import read

    items = list(sql) if isinstance(sql, list | tuple) else [sql]
    if len(items) != 1:
        return False
    has_params = isinstance(items[0], list | tuple)
    text = str(items[0][0] if has_params else items[0])
    named = set(re.findall(r"\w+", text))
    return any(read(text, dialect, named, has_params=has_params) is not None for dialect in ("mysql", "sqlite"))


def _is_other(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        called = not isinstance(node.func, ast.Attribute) and not (isinstance(node.func, ast.Name) and node.func.id in _CALLED)
        return called or any(map(_reaches, node.keywords))
    return isinstance(node, _LOOPS)


def _reaches(keyword: ast.keyword) -> bool:
    """Say whether a condition may be about rows of another table; ** is not known."""
    _, *lookups = (keyword.arg or "_ _").replace(" ", "__").split("__")
    return not set(lookups) <= _LOOKUPS


def _body(code: object) -> list[ast.stmt] | None:
    """Return the statements of a function, None where its text is not known."""
    try:
        tree = ast.parse(inspect.getsource(inspect.getmodule(code)))  # type: ignore[arg-type]
    except (OSError, TypeError, SyntaxError):
        return None
    name = getattr(code, "__name__", "")
    return next(_functions(tree, name), None)


def _functions(tree: ast.Module, name: str) -> Iterator[list[ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name and not node.decorator_list:
            yield node.body
