"""Which tables code and SQL are likely to write, before they run: what is not seen here is found when it is written."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.execution.manners import sql_texts

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ModelState, ProjectState


def likely_tables(operation: Operation, state: ProjectState) -> frozenset[str]:
    """Return the tables that an operation names. state: one that has its models."""
    from django.db.migrations.operations import RunPython, RunSQL

    if isinstance(operation, RunSQL):
        return frozenset(_of_sql(operation))
    codes = [operation.code, operation.reverse_code] if isinstance(operation, RunPython) else [type(operation)]
    models = {key for code in codes if code is not None for key in _models_named(code)}
    return frozenset(table for key in models if key in state.models for table in _tables_of(state.models[key]))


def _of_sql(operation: Any) -> Iterator[str]:
    from handrail.execution.keeping.row_statements import DIALECTS, written_by

    for text in sql_texts(operation):
        for dialect in DIALECTS:
            yield from written_by(text, dialect).tables


def _models_named(code: Any) -> Iterator[tuple[str, str]]:
    """Yield the models that the module of a function asks for by name: apps.get_model("shop", "Thing"), or ("shop.Thing")."""
    module = inspect.getmodule(code)
    try:
        tree = ast.parse(inspect.getsource(module)) if module is not None else ast.Module(body=[], type_ignores=[])
    except (OSError, TypeError, SyntaxError):
        return
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "get_model":
            words = [each.value for each in [*call.args, *(one.value for one in call.keywords)] if isinstance(each, ast.Constant)]
            parts = [part for word in words if isinstance(word, str) for part in word.split(".")]
            if len(parts) == 2:
                yield parts[0], parts[1].lower()


def _tables_of(model: ModelState) -> Iterator[str]:
    """Yield the table of a model as Django names it; a name that had to be cut is found when it is written."""
    if model.options.get("proxy"):
        return
    table = str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}").strip('"')
    if model.options.get("managed", True):
        yield table
