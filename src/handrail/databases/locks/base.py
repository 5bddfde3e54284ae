"""What every kind of database says of the locks of schema changes; to add one, add a file with one subclass of LockRules."""

from __future__ import annotations

from abc import ABC, abstractmethod

from handrail import registry


class LockRules(ABC):
    """Names locks as the database's own manual does, with the table that they are on."""

    @abstractmethod
    def altering(self, table: str) -> str:
        """Return the lock that altering, dropping, renaming or setting aside a table or a column takes."""

    @abstractmethod
    def indexing(self, table: str, *, concurrently: bool = False) -> str:
        """Return the lock that building an index takes. concurrently: whether it is the operation that does not block."""


def locks_of(vendor: str) -> LockRules | None:
    """Return the rules of a kind of database, None for one that nobody has described."""
    from handrail.databases import locks

    try:
        return registry.load(locks, LockRules, vendor)()  # type: ignore[type-abstract]
    except LookupError:
        return None
