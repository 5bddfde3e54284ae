"""A migration as its file states it, in Django's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.outline import Outline
from handrail.domain.value import Value

SETTING = "__setting__"
"""The app label of a dependency on a swappable model; the name is the setting's, such as AUTH_USER_MODEL."""
FIRST = "__first__"
LATEST = "__latest__"


class MigrationKey(NamedTuple):
    """The app label and the name of a migration: equal to the key of Django's own graph."""

    app_label: str
    name: str

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"


class OperationKey(NamedTuple):
    """An operation's place: its migration and its position in operations (from 0; nested ones share the outer one's)."""

    app_label: str
    name: str
    position: int

    @property
    def migration(self) -> MigrationKey:
        """The key of the migration that the operation belongs to."""
        return MigrationKey(self.app_label, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One entry of operations.

    name: the class name (AddField). path: the dotted name of the class in full, django.db.migrations.AddField or
    django.contrib.postgres.operations.AddIndexConcurrently for Django's own, whatever it was imported as; .Special for a
    class of the file itself. arguments: values by Django's own parameter names, positional ones included; nested operations
    (database_operations, state_operations) are tuples of Operation. Arguments of a class that is not Django's are under
    their keywords and "0", "1", and so on. line and end_line count from 1.
    """

    name: str
    path: str
    arguments: Mapping[str, Value]
    line: int
    end_line: int

    def argument(self, name: str, default: Value = None) -> Value:
        """Return an argument's value."""
        return self.arguments.get(name, default)


class MigrationBody(Protocol):
    """What is read from a file only when it is asked for."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations, in order."""

    @property
    def digest(self) -> str:
        """A digest (hexadecimal) of everything in the file but its formatting, comments, and references to other migrations."""

    @property
    def outline(self) -> Outline:
        """The names in the file that other apps could meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration file.

    path: relative to the project root, with slashes. text: the source, decoded. dependencies and run_before: keys as they are
    written, with __first__, __latest__ and (SETTING, name) not yet resolved. notes: what could not be evaluated, in words.
    lines: where dependencies, run_before, replaces and operations are assigned (from 1).
    """

    key: MigrationKey
    path: str
    text: str = field(repr=False)
    dependencies: tuple[MigrationKey, ...] = ()
    run_before: tuple[MigrationKey, ...] = ()
    replaces: tuple[MigrationKey, ...] = ()
    atomic: bool = True
    initial: bool | None = None
    notes: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    body: MigrationBody = field(repr=False, compare=False)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations, in order; read when they are first asked for."""
        return self.body.operations

    @property
    def digest(self) -> str:
        """A digest of what the migration does: equal for a renamed, re-pointed or reformatted copy."""
        return self.body.digest

    @property
    def outline(self) -> Outline:
        """The names in the file that other apps could meet; cheaper than the operations, which say it exactly."""
        return self.body.outline
