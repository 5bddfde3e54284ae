"""Python values as a migration file writes them, read without running the file.

A value is a Python scalar (None, bool, int, float, complex, str, bytes, Ellipsis), a plain tuple, or one of the classes
here. Equal values compare equal and hash alike wherever they were read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handrail.domain.dataclasses import dataclass

Value = Any
"""A scalar, a tuple of values, or an instance of a class of this module."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list display; the items in order."""

    items: tuple[Value, ...]

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set display or a call of set or frozenset; items in the order of their source, without repetition."""

    items: tuple[Value, ...]

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SetOf) and frozenset(self.items) == frozenset(other.items)

    def __hash__(self) -> int:
        return hash(frozenset(self.items))


@dataclass(frozen=True, slots=True)
class DictOf:
    """A dict display or a call of dict; the pairs in order."""

    pairs: tuple[tuple[Value, Value], ...]

    def get(self, key: Value, default: Value = None) -> Value:
        """Return the last value that was given for a key."""
        return dict(self.pairs).get(key, default)


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name that stands for itself, in full: django.db.models.CASCADE, or .forwards for one of the file's own."""

    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a dotted name: django.db.models.CharField(max_length=50)."""

    path: str
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path, such as CharField."""
        return self.path.rpartition(".")[2]

    def keyword(self, name: str, default: Value = None) -> Value:
        """Return the value of a keyword argument."""
        return dict(self.keywords).get(name, default)


@dataclass(frozen=True, slots=True)
class Symbolic:
    """An expression that cannot be evaluated from the file alone, as it is written there."""

    source: str


def is_known(value: Value) -> bool:
    """Say whether nothing in a value is symbolic."""
    if isinstance(value, Symbolic):
        return False
    if isinstance(value, ListOf | SetOf):
        return all(map(is_known, value.items))
    if isinstance(value, tuple):
        return all(map(is_known, value))
    if isinstance(value, DictOf):
        return all(is_known(part) for pair in value.pairs for part in pair)
    if isinstance(value, Call):
        return all(map(is_known, value.args)) and all(is_known(part) for _, part in value.keywords)
    return True
