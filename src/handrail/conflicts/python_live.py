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
    if name in ("objects", "_default_manager", "_base_manager"):
        return only(atom)
    if name in python_queries.METHODS or name in ROW_METHODS or (atom.deep and name in VALUE_METHODS):
        return only(Method(atom, name))
    if name.isupper() or name in ("DoesNotExist", "MultipleObjectsReturned", "_meta", "pk", "id"):
        return PLAIN
    return only(Live(atom.key, atom.path, deep=True))


def call_method(reader: Reader, atom: Live, name: str) -> Values:
    """Return what a method of a live model, or of something behind one of its attributes, gives."""
    use(reader, atom)
    if not atom.deep:
        return only(atom)
    if name in VALUE_METHODS and name not in python_queries.METHODS:
        return PLAIN
    return reader.opaque(f"calls {name}() on what an attribute of {atom.path} leads to")


def call(reader: Reader, atom: Live) -> Values:
    """Return what a call gives: of the model a row, of an attribute whatever its code does."""
    use(reader, atom)
    if atom.deep:
        return reader.opaque(f"calls a method of {atom.path}, which is not in this file")
    return only(atom)


__all__ = ["USER", "attribute", "call", "call_method", "key_of", "use"]
