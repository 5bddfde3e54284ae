"""What is behind every "add one file": a package whose modules each hold one subclass of the package's base."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

Base = TypeVar("Base")


class DuplicateKeyError(RuntimeError):
    """Two modules of one package claim one key: a mistake in Handrail, never in a project."""


def names(package: ModuleType) -> list[str]:
    """Return the keys of a package, sorted, without importing its modules."""
    files = (file for folder in package.__path__ for file in Path(folder).iterdir())  # pkgutil imports inspect for as much
    modules = {file.stem for file in files if file.suffix == ".py"}
    return sorted(key_of(name) for name in modules if name != "base" and not name.startswith("_"))


def key_of(module_name: str) -> str:
    """Return the key a module stands for: its file name with dashes, as it is typed on a command line."""
    return module_name.replace("_", "-")


def load(package: ModuleType, base: type[Base], key: str) -> type[Base]:
    """Import one module of a package and return its only subclass of base.

    Raises LookupError where the package has no such key.
    """
    anything: Any = base
    found: type[Base] = _loaded(package, anything, key)
    return found


@cache
def _loaded(package: ModuleType, base: Any, key: str) -> Any:
    name = key.replace("-", "_")
    if name == "base" or name.startswith("_") or not name.isidentifier() or key_of(name) != key:
        raise LookupError(key)
    try:
        module = importlib.import_module(f"{package.__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{package.__name__}.{name}":
            raise
        raise LookupError(key) from None
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise DuplicateKeyError(f"{module.__name__} holds {len(found)} subclasses of {base.__name__}, not one")
    return found[0]


def discover(package: ModuleType, base: type[Base]) -> dict[str, type[Base]]:
    """Import every module of a package and return its subclasses of base by key, sorted by key."""
    return {key: load(package, base, key) for key in names(package)}
