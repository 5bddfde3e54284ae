"""Models of today's code: their rows may be read and written in any way, by code that is not in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.conflicts import python_queries
from handrail.conflicts.python_django import USER
from handrail.conflicts.python_values import PLAIN, Live, Method, Values, only
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ModelKey

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

ROW_METHODS = frozenset({"save", "delete", "refresh_from_db", "full_clean", "clean"})
VALUE_METHODS = words(
    """
    lower upper strip lstrip rstrip split rsplit splitlines replace startswith endswith format join encode decode title
    capitalize isoformat strftime date time timestamp get items keys values index count find zfill isdigit
    """
)


def key_of(path: str) -> ModelKey:
    """Return the key that a model imported under a dotted name has, most likely: its app is named as its package."""
    parts = path.split(".")
    end = parts.index("models") if "models" in parts[1:] else len(parts) - 1
    return ModelKey(parts[max(end - 1, 0)], parts[-1].lower())


def use(reader: Reader, atom: Live) -> Values:
    """Note that anything may happen to the rows of a live model."""
    reader.record.everything(atom.key, atom.path)
    return only(atom)


def attribute(atom: Live, name: str) -> Values:
    """Return what an attribute of a live model, manager or row may be."""
    if name in ("objects", "_default_manager", "_base_manager") or name in python_queries.METHODS or name in ROW_METHODS:
        return only(atom) if name == "objects" or name.endswith("_manager") else only(Method(atom, name))
    if name.isupper() or name in ("DoesNotExist", "MultipleObjectsReturned", "_meta", "pk", "id"):
        return PLAIN
    return only(Method(atom, name))


def call_method(reader: Reader, atom: Live, name: str) -> Values:
    """Return what a method of a live model gives."""
    use(reader, atom)
    if name in VALUE_METHODS and atom.deep:
        return PLAIN
    if atom.deep or (name not in python_queries.METHODS and name not in ROW_METHODS):
        return reader.opaque(f"calls {atom.path}.{name}(), which is not in this file")
    return only(atom)


__all__ = ["USER", "attribute", "call_method", "key_of", "use"]
