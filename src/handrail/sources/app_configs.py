"""AppConfig classes as apps.py states them: the label, the name, and which of several is the default."""

from __future__ import annotations

import ast
from typing import NamedTuple

from handrail.sources.evaluate import Evaluator
from handrail.sources.migration_class import top_level
from handrail.sources.scope import Scope
from handrail.sources.source_file import Unreadable, decode, parse


class Config(NamedTuple):
    """One AppConfig class: label and name as they are written, "" where they are not; default as Django reads it."""

    class_name: str
    name: str
    label: str
    default: bool | None

    @property
    def app_label(self) -> str:
        """The label that Django gives the app: the last part of the name, unless it is written out (django/apps/config.py)."""
        return self.label or self.name.rpartition(".")[2]


def read_configs(content: bytes) -> tuple[Config, ...]:
    """Return the AppConfig classes of a module that state a name or a label; () where it cannot be read."""
    try:
        tree = parse(decode(content))
    except Unreadable:
        return ()
    scope = Scope(tree.body)
    classes = {node.name: node for node in top_level(tree.body) if isinstance(node, ast.ClassDef) and node.bases}
    found = [read_config(node, classes, scope) for node in classes.values()]
    return tuple(config for config in found if config.name or config.label)


def read_config(node: ast.ClassDef, classes: dict[str, ast.ClassDef], scope: Scope) -> Config:
    """Return what a class says itself or through its bases in the same file."""
    name = attribute(node, "name", classes, scope, 0)
    label = attribute(node, "label", classes, scope, 0)
    default = own_attribute(node, "default", scope)
    return Config(
        node.name,
        name if isinstance(name, str) else "",
        label if isinstance(label, str) else "",
        default if isinstance(default, bool) else None,
    )


def attribute(node: ast.ClassDef, name: str, classes: dict[str, ast.ClassDef], scope: Scope, depth: int) -> object:
    """Return the value of an attribute of a class or of its bases; None where it has none that can be told."""
    value = own_attribute(node, name, scope)
    for base in node.bases:
        if value is None and isinstance(base, ast.Name) and base.id in classes and depth < 10:
            value = attribute(classes[base.id], name, classes, scope, depth + 1)
    return value


def own_attribute(node: ast.ClassDef, name: str, scope: Scope) -> object:
    """Return the value that a class body gives a name."""
    inner = Scope(node.body)
    literal = inner.constants.get(name)
    if isinstance(literal, ast.Constant) and name not in inner.unknown:
        return literal.value  # nothing can change it in place, so nobody has to look for that
    constant = inner.constant(name)
    return None if constant is None else Evaluator(inner, scope).value(constant)


def choose(configs: tuple[Config, ...], installed: frozenset[str], module: str) -> Config | None:
    """Return the configuration that Django would take: the one INSTALLED_APPS names, the only one, or the default of several.

    module: the dotted name of the module the classes stand in, or the end of it.
    """
    for config in configs:
        if any(entry.endswith(f"{module}.{config.class_name}") for entry in installed):
            return config
    candidates = [config for config in configs if config.default is not False]
    if len(candidates) == 1:
        return candidates[0]
    defaults = [config for config in candidates if config.default]
    if len(defaults) == 1:
        return defaults[0]
    labels = {config.app_label for config in candidates}
    return candidates[0] if len(labels) == 1 else None
