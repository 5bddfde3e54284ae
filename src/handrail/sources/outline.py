"""The names that a migration names, from its operations: too many rather than too few."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import SETTING, Operation
from handrail.domain.outline import Outline, Removed
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic, Value
from handrail.sources.django_names import MIGRATIONS, OPERATIONS, POSTGRES

OWN = "."
"""Stands for the label of the file's own app, which is not known where the file is read."""
ANY = ("", "")
SETTINGS = "django.conf.settings."
RELATIONS = re.compile(r"ForeignKey|OneToOne|ManyToMany|Foreign")
RELATION_ARGUMENTS = frozenset({"to", "through"})
LABELLED = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*\Z")
REMOVING = {
    f"{MIGRATIONS}.DeleteModel": ("name", ""),
    f"{MIGRATIONS}.RenameModel": ("old_name", ""),
    f"{MIGRATIONS}.AlterModelTable": ("name", ""),
    f"{MIGRATIONS}.RemoveField": ("model_name", "name"),
    f"{MIGRATIONS}.RenameField": ("model_name", "old_name"),
    f"{MIGRATIONS}.AlterField": ("model_name", "name"),
}
"""The arguments that name the model and the field which an operation deletes, renames or retypes."""
CODE = f"{MIGRATIONS}.RunPython"
SQL = f"{MIGRATIONS}.RunSQL"


EVERYTHING = Outline(claims=frozenset({""}), refers=frozenset({ANY}), removes=frozenset({Removed("", "", "")}))
"""The outline of a file in which anything may be done."""


@dataclass(slots=True)
class Found:
    """What was found so far; see domain.outline.Outline."""

    claims: set[str] = field(default_factory=set)
    refers: set[tuple[str, str]] = field(default_factory=set)
    removes: set[Removed] = field(default_factory=set)

    def anything(self) -> None:
        """Note that all could be claimed, named and removed."""
        self.claims |= EVERYTHING.claims
        self.refers |= EVERYTHING.refers
        self.removes |= EVERYTHING.removes


def read_outline(operations: Iterable[Operation], module: ast.Module) -> Outline:
    """Return the outline of a file; OWN stands for its app's label."""
    found = Found()
    for operation in operations:
        read_operation(operation, found, module)
    return Outline(claims=frozenset(found.claims), refers=frozenset(found.refers), removes=frozenset(found.removes))


def read_operation(operation: Operation, found: Found, module: ast.Module) -> None:
    """Add what one operation names."""
    if operation.path not in OPERATIONS or operation.path == SQL:
        found.anything()
        return
    if operation.path == CODE:
        found.refers |= models_of_code(module)
    if operation.path in REMOVING:
        model, name = REMOVING[operation.path]
        found.removes.add(Removed(OWN, text(operation, model).lower(), text(operation, name).lower() if name else ""))
    for name in ("new_name",) if operation.name == "RenameIndex" else ("table",) if operation.name == "AlterModelTable" else ():
        claim(operation.argument(name), found)
    for name, value in operation.arguments.items():
        if name in ("database_operations", "state_operations") and isinstance(value, tuple):
            for nested in value:
                read_operation(nested, found, module)
        elif name == "bases":
            for base in value if isinstance(value, tuple) else ():
                refer(base, found)
        elif operation.path not in (CODE, f"{POSTGRES}.operations.CreateExtension"):
            read_value(value, found)


def text(operation: Operation, name: str) -> str:
    """Return an argument that is a text, else ""."""
    value = operation.argument(name)
    return value if isinstance(value, str) else ""


def claim(value: Value, found: Found) -> None:
    """Add a name that is taken; "" where it cannot be told."""
    if value is not None:
        found.claims.add(value if isinstance(value, str) else "")


def refer(value: Value, found: Found) -> None:
    """Add a model that is named by a text or a setting; classes that are mixed in are no models that could be removed."""
    if isinstance(value, str):
        app_label, _, model = value.rpartition(".")
        if value != "self":
            found.refers.add((app_label or OWN, model.lower()))
    elif isinstance(value, Name) and value.path.startswith(SETTINGS):
        found.refers.add((SETTING, value.path.removeprefix(SETTINGS)))
    elif isinstance(value, Symbolic | Call):
        found.refers.add(ANY)


def read_value(value: Value, found: Found) -> None:
    """Add what a value names, all through its parts."""
    if isinstance(value, Call):
        read_call(value, found)
    elif isinstance(value, DictOf):
        for key, part in value.pairs:
            if key == "db_table":
                claim(part, found)
            read_value(part, found)
    elif isinstance(value, ListOf | SetOf | tuple):
        for part in value.items if isinstance(value, ListOf | SetOf) else value:
            read_value(part, found)
    elif isinstance(value, Symbolic):
        found.refers.add(ANY)
        found.claims.add("")


def read_call(call: Call, found: Found) -> None:
    """Add what a call names: a field its target, an index or a constraint its own name."""
    if RELATIONS.search(call.name) and call.args:
        refer(call.args[0], found)
    for name, part in call.keywords:
        if name in RELATION_ARGUMENTS:
            refer(part, found)
        elif name == "db_table" or (name == "name" and call.name.endswith(("Index", "Constraint"))):
            claim(part, found)
        else:
            read_value(part, found)
    for part in call.args:
        if isinstance(part, str) and LABELLED.match(part):
            refer(part, found)
        read_value(part, found)


def models_of_code(module: ast.Module) -> set[tuple[str, str]]:
    """Return the models that the functions of a file name; ANY where they reach beyond what is written there."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("get_model", "get_registered_model"):
                found |= set(named_models(node))
            elif node.func.attr in ("get_models", "get_app_config", "execute", "cursor", "raw"):
                found.add(ANY)
    if any(is_foreign(name) for name in imported_modules(module)):
        found.add(ANY)
    return found


def named_models(node: ast.Call) -> Iterator[tuple[str, str]]:
    """Yield the model that a call of get_model names, in both ways of writing it."""
    given = [*node.args, *(keyword.value for keyword in sorted(node.keywords, key=lambda keyword: keyword.arg or ""))]
    parts = [part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    whole = ".".join(parts).lower() if len(parts) == len(given) else ""
    app_label, _, model = whole.partition(".")
    yield (app_label, model) if model else ANY


def imported_modules(module: ast.Module) -> Iterator[str]:
    """Yield the names of all modules that a file imports, with leading dots where the import is relative."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def is_foreign(name: str) -> bool:
    """Say whether a module is neither Python's nor Django's: what is called there is not read."""
    return name.partition(".")[0] not in sys.stdlib_module_names | {"django"} or name.startswith("django.core.management")
