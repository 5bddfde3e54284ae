"""The migration graph, by the rules of Django's own loader (django/db/migrations/loader.py and graph.py, 5.2 to 6.1).

Django raises where a graph is broken; this one holds what is broken as facts, so that checks can name it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import FIRST, LATEST, SETTING, Migration, MigrationKey

Edges = dict[MigrationKey, set[MigrationKey]]

SWAPPABLE_DEFAULTS: Mapping[str, str] = {"AUTH_USER_MODEL": "auth.User"}
"""What Django's global settings say of swappable models (django/conf/global_settings.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationGraph:
    """Nodes and edges after symbolic dependencies are resolved and squashed migrations are put in their place.

    missing: (child, parent) edges to a migration that no file of a known app has. external: edges to apps that are not in the
    project. replaced: what took the place of each replaced migration. circular: keys whose replaces lead back to themselves.
    """

    migrations: Mapping[MigrationKey, Migration]
    nodes: frozenset[MigrationKey]
    parents: Mapping[MigrationKey, frozenset[MigrationKey]]
    children: Mapping[MigrationKey, frozenset[MigrationKey]]
    missing: tuple[tuple[MigrationKey, MigrationKey], ...] = ()
    external: tuple[tuple[MigrationKey, MigrationKey], ...] = ()
    replaced: Mapping[MigrationKey, MigrationKey] = field(default_factory=dict)
    circular: tuple[MigrationKey, ...] = ()

    @classmethod
    def build(
        cls,
        migrations: Mapping[MigrationKey, Migration],
        *,
        settings: Mapping[str, str] | None = None,
        apps: Collection[str] = (),
        applied: Collection[MigrationKey] = (),
        keep_replaced: bool = False,
    ) -> MigrationGraph:
        """Build the graph of migrations.

        settings: values of swappable settings. apps: labels of apps that are known to have no migrations. applied: what is
        recorded, which decides whether a squashed migration stands for what it replaces. keep_replaced: leave the replaced
        migrations beside the squashed ones, as they are in the files. Never raises.
        """
        return _Builder(migrations, {**SWAPPABLE_DEFAULTS, **(settings or {})}, apps).build(frozenset(applied), keep_replaced)

    def leaf_nodes(self, app_label: str | None = None) -> list[MigrationKey]:
        """Return the nodes that no migration of their own app depends on, sorted."""
        return _ends(self.nodes, self.children, app_label)

    def root_nodes(self, app_label: str | None = None) -> list[MigrationKey]:
        """Return the nodes that depend on no migration of their own app, sorted."""
        return _ends(self.nodes, self.parents, app_label)

    def ancestors(self, key: MigrationKey) -> frozenset[MigrationKey]:
        """Return all that a migration needs, itself included."""
        return _reach([key], self.parents)

    def descendants(self, key: MigrationKey) -> frozenset[MigrationKey]:
        """Return all that needs a migration, itself included."""
        return _reach([key], self.children)

    def is_ordered(self, one: MigrationKey, other: MigrationKey) -> bool:
        """Say whether the graph fixes which of the two comes first."""
        return other in self.ancestors(one) or one in self.ancestors(other)

    def plan(self, keys: Iterable[MigrationKey]) -> list[MigrationKey]:
        """Return the keys and all that they need, in the order in which Django would apply them. Cycles are cut."""
        done: dict[MigrationKey, None] = {}
        started: set[MigrationKey] = set()
        for key in keys:
            stack = [(key, False)]
            while stack:
                node, parents_done = stack.pop()
                if parents_done:
                    done[node] = None
                elif node not in started and node in self.nodes:
                    started.add(node)
                    stack.append((node, True))
                    stack += [(parent, False) for parent in sorted(self.parents[node])]
        return list(done)

    def cycle(self) -> tuple[MigrationKey, ...]:
        """Return the nodes of one dependency cycle, each depending on the next, or ()."""
        left = set(self.nodes)
        while left:
            free = [node for node in left if not self.parents[node] & left]
            if not free:
                return _walk_cycle(min(left), self.parents, left)
            left.difference_update(free)
        return ()


def _ends(
    nodes: frozenset[MigrationKey], neighbours: Mapping[MigrationKey, frozenset[MigrationKey]], app_label: str | None
) -> list[MigrationKey]:
    asked = (node for node in nodes if app_label is None or node.app_label == app_label)
    return sorted(node for node in asked if all(other.app_label != node.app_label for other in neighbours[node]))


def _reach(start: Iterable[MigrationKey], neighbours: Mapping[MigrationKey, frozenset[MigrationKey]]) -> frozenset[MigrationKey]:
    seen: set[MigrationKey] = set()
    stack = list(start)
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack.extend(neighbours.get(key, frozenset()) - seen)
    return frozenset(seen)


def _walk_cycle(
    start: MigrationKey, parents: Mapping[MigrationKey, frozenset[MigrationKey]], left: set[MigrationKey]
) -> tuple[MigrationKey, ...]:
    path: dict[MigrationKey, None] = {}
    node = start
    while node not in path:
        path[node] = None
        node = min(parents[node] & left)
    keys = list(path)
    return tuple(keys[keys.index(node) :])


class _Builder:
    """The steps of MigrationLoader.build_graph, on plain sets."""

    def __init__(
        self, migrations: Mapping[MigrationKey, Migration], settings: Mapping[str, str], unmigrated: Collection[str]
    ) -> None:
        self.migrations = migrations
        self.settings = settings
        self.unmigrated = frozenset(unmigrated)
        self.by_app: dict[str, list[MigrationKey]] = {}
        for key in migrations:
            self.by_app.setdefault(key.app_label, []).append(key)
        self.parents: Edges = {key: set() for key in migrations}
        self.children: Edges = {key: set() for key in migrations}
        self.dangling: Edges = {}
        self.external: set[tuple[MigrationKey, MigrationKey]] = set()
        self.replaced: dict[MigrationKey, MigrationKey] = {}
        self.circular: set[MigrationKey] = set()
        self.progress: dict[MigrationKey, bool] = {}

    def build(self, applied: frozenset[MigrationKey], keep_replaced: bool) -> MigrationGraph:
        self._add_dependencies_within_apps()
        self._add_dependencies_between_apps()
        if not keep_replaced:
            for key, migration in self.migrations.items():
                if migration.replaces:
                    self._put_in_place(key, applied)
        missing = sorted((child, parent) for parent, children in self.dangling.items() for child in children)
        return MigrationGraph(
            migrations=self.migrations,
            nodes=frozenset(self.parents),
            parents={key: frozenset(edges) for key, edges in self.parents.items()},
            children={key: frozenset(edges) for key, edges in self.children.items()},
            missing=tuple((child, parent) for child, parent in missing if child in self.parents),
            external=tuple(sorted(self.external)),
            replaced=self.replaced,
            circular=tuple(sorted(self.circular)),
        )

    def _add_dependencies_within_apps(self) -> None:
        for key, migration in self.migrations.items():
            for parent in migration.dependencies:
                if parent.app_label == key.app_label and parent.name not in (FIRST, LATEST):
                    self._add_edge(key, parent)

    def _add_dependencies_between_apps(self) -> None:
        for key, migration in self.migrations.items():
            for written in migration.dependencies:
                parent = self._resolve(key, written)
                if parent is not None and parent.app_label != key.app_label:
                    self._add_edge(key, parent)
            for written in migration.run_before:
                child = self._resolve(key, written)
                if child is not None:
                    self._add_edge(child, key)

    def _resolve(self, key: MigrationKey, written: MigrationKey) -> MigrationKey | None:
        target = written
        if target.app_label == SETTING:
            model = self.settings.get(target.name, "")
            target = MigrationKey(model.partition(".")[0], FIRST)
        if target.app_label in self.by_app:
            return self._resolve_symbolic(key, target)
        if target.app_label not in self.unmigrated and target.app_label:
            self.external.add((key, written))
        return None

    def _resolve_symbolic(self, key: MigrationKey, target: MigrationKey) -> MigrationKey | None:
        if target.name not in (FIRST, LATEST) or target in self.parents:
            return target
        if target.app_label == key.app_label:
            return None
        neighbours = self.parents if target.name == FIRST else self.children
        ends = (
            node for node in self.by_app[target.app_label] if all(other.app_label != node.app_label for other in neighbours[node])
        )
        return min(ends, default=None)

    def _add_edge(self, child: MigrationKey, parent: MigrationKey) -> None:
        if parent in self.parents and child in self.parents:
            self.parents[child].add(parent)
            self.children[parent].add(child)
        else:
            self.dangling.setdefault(parent, set()).add(child)

    def _put_in_place(self, key: MigrationKey, applied: frozenset[MigrationKey]) -> None:
        if self.progress.get(key) is False:
            self.circular.add(key)
        if key in self.progress:
            return
        self.progress[key] = False
        migration = self.migrations[key]
        for target in migration.replaces:
            if target in self.migrations and self.migrations[target].replaces:
                self._put_in_place(target, applied)
        done = [target in applied for target in self._replaced_by(key, frozenset())]
        if all(done) or not any(done):
            self._remove_replaced(key, migration.replaces)
        else:
            self._remove_replacement(key, migration.replaces)
        self.progress[key] = True

    def _replaced_by(self, key: MigrationKey, above: frozenset[MigrationKey]) -> list[MigrationKey]:
        found: list[MigrationKey] = []
        for target in self.migrations[key].replaces:
            squashed = target in self.migrations and self.migrations[target].replaces and target not in above
            found += self._replaced_by(target, above | {key}) if squashed else [target]
        return found

    def _remove_replaced(self, key: MigrationKey, replaces: Iterable[MigrationKey]) -> None:
        if key not in self.parents:
            return
        replaced = set(replaces) - {key}
        for target in replaced:
            self.replaced[target] = key
            waiting = self.dangling.pop(target, set())
            for child in waiting - replaced - {key}:
                self._add_edge(child, key)
            if target not in self.parents:
                continue
            for child in self.children.pop(target):
                self.parents[child].discard(target)
                if child not in replaced and child != key:
                    self._add_edge(child, key)
            for parent in self.parents.pop(target):
                self.children[parent].discard(target)
                if parent not in replaced and parent != key:
                    self._add_edge(key, parent)

    def _remove_replacement(self, key: MigrationKey, replaces: Iterable[MigrationKey]) -> None:
        kept = [target for target in replaces if target in self.parents]
        targets = set(kept)
        last = [target for target in kept if not self.children[target] & targets]
        for child in self.children.pop(key):
            self.parents[child].discard(key)
            for target in last:
                self._add_edge(child, target)
        for parent in self.parents.pop(key):
            self.children[parent].discard(key)
