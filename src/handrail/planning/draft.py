"""The files as they will be, while a resolution is worked out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.outline import NOTHING, Outline
from handrail.domain.snapshot import Snapshot
from handrail.planning.changes import Changes
from handrail.planning.renames import Renames

Keys = tuple[MigrationKey, ...]
Suggest = Callable[[Collection[MigrationKey]], str]
"""For migrations of several sides: the ref that has one side alone, or ""."""


def no_suggestion(keys: Collection[MigrationKey]) -> str:  # noqa: ARG001  (the signature of Suggest)
    """Return "": nothing is known of what is published."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedBody:
    """The body of a migration that is not in a file yet."""

    operations: tuple[Operation, ...]
    digest: str = ""
    outline: Outline = NOTHING


@dataclass(slots=True, kw_only=True)
class Draft:
    """What is decided so far; every key is an old one, but the values of renamed.

    migrations: those of the snapshot, and new ones, whose path is "". graph: of all that, as far as it is decided. parents: what
    takes the place of a migration's dependencies. added: dependencies it gets besides. redirect: what a reference to a removed
    file becomes. aliases: the kept file whose record stands for a removed one. suggest: what a refusal names as the target.
    """

    snapshot: Snapshot
    graph: MigrationGraph
    migrations: dict[MigrationKey, Migration]
    files: Mapping[str, bytes]
    fixed: frozenset[MigrationKey] = frozenset()
    renamed: dict[MigrationKey, MigrationKey] = field(default_factory=dict)
    parents: dict[MigrationKey, dict[MigrationKey, Keys]] = field(default_factory=dict)
    added: dict[MigrationKey, Keys] = field(default_factory=dict)
    redirect: dict[MigrationKey, Keys] = field(default_factory=dict)
    aliases: dict[MigrationKey, MigrationKey] = field(default_factory=dict)
    dropped: dict[MigrationKey, frozenset[int]] = field(default_factory=dict)
    renames: dict[MigrationKey, Renames] = field(default_factory=dict)
    taken: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    suggest: Suggest = no_suggestion

    @classmethod
    def begin(
        cls,
        snapshot: Snapshot,
        graph: MigrationGraph,
        files: Mapping[str, bytes],
        fixed: frozenset[MigrationKey],
        suggest: Suggest = no_suggestion,
    ) -> Draft:
        """Return the draft that changes nothing."""
        migrations = dict(snapshot.migrations)
        return cls(snapshot=snapshot, graph=graph, migrations=migrations, files=files, fixed=fixed, suggest=suggest)

    def plain(self, key: MigrationKey) -> MigrationKey:
        """Return what a migration is called in the files, also where it is set aside."""
        return self.snapshot.aside[key].key if key in self.snapshot.aside else key

    def add(self, key: MigrationKey, dependencies: Keys, operations: tuple[Operation, ...] = ()) -> None:
        """Add a migration that has no file yet."""
        body = GeneratedBody(operations=operations)
        self.migrations[self.take(key)] = Migration(key=key, path="", text="", dependencies=dependencies, body=body)

    def rebuild(self) -> None:
        """Read the graph of what is decided so far; to be called before anything is renamed."""
        self.graph = MigrationGraph.build(self.afterwards(), settings=self.snapshot.settings)

    def names(self, app_label: str) -> set[str]:
        """Return the names that a new file of an app must not have: of every file in its folder, migration or not."""
        if app_label not in self.taken:
            app = self.snapshot.apps.get(app_label)
            folder = f"{app.path}/" if app else "/"
            stems = {
                path.removeprefix(folder).partition("/")[0].removesuffix(".py") for path in self.files if path.startswith(folder)
            }
            known = {key.name for key in self.migrations if key.app_label == app_label}
            ghosts = {key.name for key in self.fixed if key.app_label == app_label}
            self.taken[app_label] = stems | known | ghosts
        return self.taken[app_label]

    def take(self, key: MigrationKey) -> MigrationKey:
        """Note that a name is in use now."""
        self.names(key.app_label).add(key.name)
        return key

    def final(self, key: MigrationKey) -> Keys:
        """Return what a reference to a migration becomes: its new name, or what takes the place of a file that goes."""
        if key in self.redirect:
            return tuple(dict.fromkeys(new for other in self.redirect[key] for new in self.final(other)))
        return (self.renamed.get(key, key),)

    def changes(self, migration: Migration) -> Changes:
        """Return what has to change in one file."""
        return Changes(
            dependencies=self._dependencies(migration),
            run_before=self._references(migration.run_before),
            replaces={key: (self.renamed[key],) for key in migration.replaces if key in self.renamed},
            added=tuple(new for key in self.added.get(migration.key, ()) for new in self.final(key)),
            dropped=self.dropped.get(migration.key, frozenset()),
            renames=self.renames.get(migration.key),
            strings=self._strings(migration),
        )

    def _dependencies(self, migration: Migration) -> dict[MigrationKey, Keys]:
        changed = self._references(migration.dependencies)
        for written, parents in self.parents.get(migration.key, {}).items():
            new = tuple(dict.fromkeys(final for parent in parents for final in self.final(parent)))
            if new == (written,):
                changed.pop(written, None)
            else:
                changed[written] = new
        return changed

    def _references(self, keys: Keys) -> dict[MigrationKey, Keys]:
        return {key: self.final(key) for key in keys if key in self.redirect or key in self.renamed}

    def _strings(self, migration: Migration) -> dict[str, str]:
        """Return dotted names of renamed modules, as importlib.import_module takes them, that occur in the file."""
        found = {}
        for old, new in self.renamed.items():
            app = self.snapshot.apps.get(old.app_label)
            is_theirs = old in self.snapshot.aside and migration.key in self.fixed
            name = self.plain(old).name
            if app and app.module and f"{app.module}.{name}" in migration.text and not is_theirs:
                found[f"{app.module}.{name}"] = f"{app.module}.{new.name}"
        return found

    def as_written(self, migration: Migration, changes: Changes) -> tuple[Migration, Changes]:
        """Return a migration and its changes with the references that its file has, where these are not what is meant."""
        names = self.snapshot.written.get(migration.key, {})
        if not names:
            return migration, changes
        read = replace(
            migration,
            dependencies=_named(migration.dependencies, names),
            run_before=_named(migration.run_before, names),
            replaces=_named(migration.replaces, names),
        )
        changed = replace(
            changes,
            dependencies=_wanted(migration.dependencies, changes.dependencies, names),
            run_before=_wanted(migration.run_before, changes.run_before, names),
            replaces=_wanted(migration.replaces, changes.replaces, names),
        )
        return read, changed

    def dependencies_of(self, migration: Migration, changes: Changes) -> Keys:
        """Return a migration's dependencies with the changes made."""
        changed = _changed(migration.dependencies, changes.dependencies)
        return tuple(dict.fromkeys((*changed, *changes.added)))

    def remaining(self) -> Iterator[tuple[MigrationKey, Migration, Changes]]:
        """Yield every migration that stays, moves or is new, by its final key, with the changes in it."""
        for key, migration in self.migrations.items():
            if key not in self.redirect:
                yield self.renamed.get(key, key), migration, self.changes(migration)

    def afterwards(self) -> dict[MigrationKey, Migration]:
        """Return the migrations as they will be; their operations are those of before, the dropped ones included."""
        result = {}
        for key, migration, changes in self.remaining():
            result[key] = replace(
                migration,
                key=key,
                dependencies=self.dependencies_of(migration, changes),
                run_before=_changed(migration.run_before, changes.run_before),
                replaces=_changed(migration.replaces, changes.replaces),
            )
        return result


def _changed(keys: Keys, change: Mapping[MigrationKey, Keys]) -> Keys:
    return tuple(dict.fromkeys(new for key in keys for new in change.get(key, (key,))))


def _named(keys: Keys, names: Mapping[MigrationKey, MigrationKey]) -> Keys:
    return tuple(names.get(key, key) for key in keys)


def _wanted(
    keys: Keys, change: Mapping[MigrationKey, Keys], names: Mapping[MigrationKey, MigrationKey]
) -> dict[MigrationKey, Keys]:
    """Return what becomes of the references as they are written; what means another one changes in any case."""
    return {names.get(key, key): change.get(key, (key,)) for key in keys if key in names or key in change}
