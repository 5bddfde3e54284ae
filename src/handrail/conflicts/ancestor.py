"""The state at the common ancestor, of those apps that are asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from handrail.conflicts.operations import rule_for
from handrail.conflicts.operations.base import Place
from handrail.conflicts.state import Model, State, settled
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, Operation, OperationKey

ADJACENT = re.compile(r"""["']\s*["']""")
"""Where one text ends and the next one begins."""
ROOM = 1000
"""How many frames deeper than the caller files may be read: as deep as Python's own limit at the top."""


class Ancestor(State):
    """What the migrations below both sides have made: an app is read when one of its models is first asked for.

    due: apps that are read, too, before anybody looks through all models.
    """

    def __init__(self, migrations: Iterable[Migration], settings: Mapping[str, str]) -> None:
        super().__init__(settings=settings)
        self.migrations: dict[str, list[Migration]] = {}
        for migration in migrations:
            self.migrations.setdefault(migration.key.app_label, []).append(migration)
        self.unread = dict(self.migrations)
        self.due: set[str] = set()

    def find(self, key: ModelKey) -> Model | None:
        """Return a model by its key at the ancestor, or None."""
        if key.app_label in self.unread:
            self.read(key.app_label)
        return self.models.get(key)

    def read(self, app_label: str) -> None:
        """Add the models of an app."""
        migrations = self.unread.pop(app_label, None)
        self.due.discard(app_label)
        if migrations is not None:
            with room():
                found = models_of(tuple(migrations))
            self.models.update(found.models)
            self.renamed.update(found.renamed)

    def expect(self, app_labels: Iterable[str]) -> None:
        """Have apps read, and all that they depend on, however far, as soon as they count."""
        pending = list(app_labels)
        seen = set(pending)
        while pending:
            new = self.needs(pending.pop()) - seen
            seen |= new
            pending += new
        self.due |= seen & self.unread.keys()

    def needs(self, app_label: str) -> set[str]:
        """Return the apps that the migrations of an app depend on."""
        return {dependency.app_label for one in self.migrations.get(app_label, ()) for dependency in one.dependencies}

    def all(self) -> Iterator[Model]:
        """Yield every model; what is due is read first."""
        for app_label in sorted(self.due):
            self.read(app_label)
        return self.seen()

    def mentioning(self, words: Collection[str]) -> Iterator[Model]:
        """Yield models, among them all of due apps that hold one of the words or lead to one of them over a proxy.

        A relation, and what a proxy stands for, names the app of its model, or the setting, in the file or in its dependencies.
        """
        wanted, apps = set(words), dict(self.migrations)
        new = wanted
        while new:
            found = [app_label for app_label in apps if self._mentions(app_label, new)]
            new = {app_label for app_label in found if any("proxy" in one.text for one in apps.pop(app_label))} - wanted
            wanted |= new
            for app_label in sorted(self.due.intersection(found)):
                self.read(app_label)
        return self.seen()

    def _mentions(self, app_label: str, words: Collection[str]) -> bool:
        return any(holds(one.text, word) for one in self.migrations[app_label] for word in words) or bool(
            self.needs(app_label).intersection(words)
        )


@contextmanager
def room() -> Iterator[None]:
    """Let files be read as deep as they are nested, also where the reading of nested code asks for them."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + ROOM)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@lru_cache(maxsize=1 << 16)
def holds(text: str, word: str) -> bool:
    """Say whether a file holds a word, also where it is broken into texts that Python puts together."""
    return word in text or word in joined(text)


@lru_cache(maxsize=1024)
def joined(text: str) -> str:
    """Return a file with texts that follow one another made one."""
    return ADJACENT.sub("", text)


@lru_cache(maxsize=1024)
def models_of(migrations: tuple[Migration, ...]) -> State:
    """Return the models that the migrations of one app leave, given in plan order; many branches share what is below them."""
    state = State()
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            key = OperationKey(migration.key.app_label, migration.key.name, position)
            place = Place(state=state, migration=migration, key=key, side="base")
            for inner in state_operations(operation):
                rule = rule_for(inner)
                if rule is not None:
                    rule.apply(inner, place)
    state.models = {key: settled(model) for key, model in state.models.items() if model is not None}
    return state


def state_operations(operation: Operation) -> Sequence[Operation]:
    """Return the operations that change the state when an operation is applied, those inside others included."""
    nested = operation.argument("state_operations")
    if operation.name not in ("SeparateDatabaseAndState", "RunSQL"):
        return (operation,)
    return [inner for one in operations_in(nested) for inner in state_operations(one)]


def operations_in(value: object) -> tuple[Operation, ...]:
    """Return the operations in an argument that holds a list of them."""
    return tuple(item for item in value if isinstance(item, Operation)) if isinstance(value, tuple) else ()


def fresh(state: State) -> State:
    """Return a state for one side, on top of an ancestor."""
    return State(state, state.settings)


__all__ = ["Ancestor", "fresh", "operations_in", "state_operations"]
