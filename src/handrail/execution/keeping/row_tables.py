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

    from handrail.execution.keeping.row_statements import Written

Key = tuple[str, str]
"""App label and name of a model in lower case, as project states have them."""


def likely_tables(operation: Operation, state: ProjectState) -> frozenset[str]:
    """Return the tables that an operation names, and those of links and cascades that it may reach. state: has its models."""
    from django.db.migrations.operations import RunSQL

    if isinstance(operation, RunSQL):
        return frozenset(_of_sql(operation))
    found: set[str] = set()
    for tree in _trees(operation):
        used = _used(tree)
        models = {key for key in _models_named(tree) if key in state.models}
        if "delete" in used:
            models |= _cascades(models, state)
        for key in models:
            found |= set(_tables_of(state.models[key], used))
    return frozenset(found)


def may_delete(operation: Operation) -> bool:
    """Say whether an operation names what deletes rows."""
    from django.db.migrations.operations import RunSQL

    if isinstance(operation, RunSQL):
        return any(written.deletes for written in _written_by_sql(operation))
    return any("delete" in _used(tree) for tree in _trees(operation))


def _trees(operation: Operation) -> Iterator[ast.Module]:
    from django.db.migrations.operations import RunPython

    codes = [operation.code, operation.reverse_code] if isinstance(operation, RunPython) else [type(operation)]
    yield from filter(None, map(_tree, codes))


def _used(tree: ast.Module) -> set[str]:
    return {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}


def _cascades(models: set[Key], state: ProjectState) -> set[Key]:
    """Return the models whose rows change when rows of others are deleted, also of links between them."""
    reached, more = set(models), set(models)
    while more:
        more = {
            (model.app_label, model.name_lower)
            for model in state.models.values()
            if any(_target(field, model) in more for field in model.fields.values())
        } - reached
        reached |= more
    return reached


def _target(field: Any, model: ModelState) -> Key | None:
    from django.db.migrations.utils import resolve_relation

    if field.remote_field is None or field.many_to_many:
        return None
    key = resolve_relation(field.remote_field.model, model.app_label, model.name_lower)
    return key[0], key[1]


def _of_sql(operation: Any) -> Iterator[str]:
    for written in _written_by_sql(operation):
        yield from written.tables


def _written_by_sql(operation: Any) -> Iterator[Written]:
    from handrail.execution.keeping.row_statements import DIALECTS, written_by

    for text in sql_texts(operation):
        for dialect in DIALECTS:
            yield written_by(text, dialect)


def _tree(code: Any) -> ast.Module | None:
    """Return the module that code comes from, None where that has no text."""
    module = inspect.getmodule(code) if code is not None else None
    try:
        return ast.parse(inspect.getsource(module)) if module is not None else None
    except (OSError, TypeError, SyntaxError):
        return None


def _models_named(tree: ast.Module) -> Iterator[Key]:
    """Yield the models that a module asks for by name: apps.get_model("shop", "Thing"), or ("shop.Thing")."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "get_model":
            words = [each.value for each in [*call.args, *(one.value for one in call.keywords)] if isinstance(each, ast.Constant)]
            parts = [part for word in words if isinstance(word, str) for part in word.split(".")]
            if len(parts) == 2:
                yield parts[0], parts[1].lower()


def _tables_of(model: ModelState, used: set[str]) -> Iterator[str]:
    """Yield the tables of a model and its links, as Django names them; a name that had to be cut is found when it is written.

    used: attributes that the code uses; links are left out that are none of them, unless something is deleted.
    """
    if model.options.get("proxy") or not model.options.get("managed", True):
        return
    table = str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}").strip('"')
    yield table
    links: list[tuple[str, Any]] = [(name, field) for name, field in model.fields.items() if field.many_to_many]
    for name, field in links:
        if {name, "delete"} & used and not field.remote_field.through:
            yield field.db_table or f"{table}_{name}"
