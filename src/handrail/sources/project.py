"""One project: its files now and at any ref, and which of them are on the target branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.errors.hr013 import NotARepository
from handrail.sources.cache import FactCache
from handrail.sources.files import FoldersTree, WorkingTree, read_snapshot
from handrail.sources.git_place import may_be_in_repository

if TYPE_CHECKING:
    from handrail.sources.git import Repository
    from handrail.sources.git_state import InProgress
    from handrail.sources.registry_apps import InstalledApps
    from handrail.sources.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The side that never moves. ref: how it is called, "" where only its age tells it. migrations: what is there."""

    ref: str
    migrations: Mapping[MigrationKey, Migration]

    def has(self, key: MigrationKey) -> bool:
        """Say whether a migration is on the target."""
        return key in self.migrations


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's root folder, and all that is read from there. Snapshots are read once.

    registered: whether Django is set up, so that the app registry says which apps there are; else their folders do.
    """

    root: Path
    registered: bool = False
    snapshots: dict[str, Snapshot] = field(default_factory=dict, repr=False)

    @cached_property
    def installed(self) -> InstalledApps | None:
        """What the app registry knows, None where nobody asked Django."""
        if not self.registered:
            return None
        from handrail.sources.registry_apps import installed_apps

        return installed_apps(self.root)

    @cached_property
    def cache(self) -> FactCache:
        """The facts that are known, here and in the cache."""
        return FactCache.of_environment()

    @cached_property
    def repository(self) -> Repository | None:
        """The git repository around the root, None where there is none."""
        if not may_be_in_repository(self.root):
            return None
        from handrail.sources.git import Repository

        return Repository.find(self.root)

    def require_repository(self) -> Repository:
        """Return the repository. Raises NotARepository."""
        if self.repository is None:
            raise NotARepository(path=str(self.root))
        return self.repository

    def snapshot(self, ref: str = "") -> Snapshot:
        """Return what is in the working tree (""), the index (":") or at a ref. Raises RefNotFound and other refusals of git."""
        if ref not in self.snapshots:
            self.snapshots[ref] = self.read(self.tree(ref))
        return self.snapshots[ref]

    def forget(self) -> None:
        """Read the working tree anew when it is next asked for."""
        self.snapshots.pop("", None)

    def read(self, tree: Tree) -> Snapshot:
        """Read a tree, with the cache and with what the app registry knows."""
        apps = self.installed.apps if self.installed else ()
        if tree.ref:
            apps = tuple(app for app in apps if not app.path.startswith("../"))
        found = read_snapshot(tree, cache=self.cache, apps=apps)
        return replace(found, settings={**found.settings, **self.installed.settings}) if self.installed else found

    def tree(self, ref: str = "") -> Tree:
        """Return the files of the working tree (""), of the index (":") or of a ref."""
        if ref:
            repository = self.require_repository()
            return repository.index() if ref == ":" else repository.tree(ref)
        return FoldersTree(self.root, [app.path for app in self.installed.apps]) if self.installed else WorkingTree(self.root)

    @cached_property
    def in_progress(self) -> InProgress | None:
        """The merge or rebase that git is in the middle of, None where there is none."""
        return self.repository.in_progress() if self.repository else None

    def target(self, onto: str | None = None) -> Target | None:
        """Return the side that never moves: the ref that is named, else that of an unfinished merge, else the default branch.

        None where no ref is another one than what is checked out.
        """
        ref = onto or self._target_ref()
        if not ref:
            return None
        name = onto or (self.in_progress.their_name if self.in_progress else "") or ref
        found = self.snapshot(ref).migrations
        return Target(ref=name, migrations=found)

    def is_pushed(self) -> bool:
        """Say whether all that is checked out is on the remote's default branch already."""
        default = self.repository.default_branch() if self.repository else None
        if self.repository is None or default is None:
            return False
        remote = any(branch.name == default and branch.ref.startswith("refs/remotes/") for branch in self.repository.branches())
        return remote and self.repository.merge_base(default, "HEAD") == self.repository.head().commit

    def _target_ref(self) -> str:
        if self.repository is None:
            return ""
        if self.in_progress is not None:
            return self.in_progress.theirs
        default = self.repository.default_branch()
        head = self.repository.head()
        if default is None or not head.commit or self.repository.resolve(default) == head.commit:
            return ""
        return default

    def first_seen(self, paths: Iterable[str]) -> dict[str, int]:
        """Return in which place each path came to what is checked out, from 1; paths that are not committed are left out."""
        if self.repository is None or not self.repository.head().commit:
            return {}
        return {path: place for place, (_, found) in enumerate(self.repository.arrivals(paths), 1) for path in found}

    def before_others(self, paths: Iterable[str]) -> str:
        """Return the newest commit, cut short, at which one of the paths was here alone; "" where there was none."""
        if self.repository is None or not self.repository.head().commit:
            return ""
        arrivals = self.repository.arrivals(paths)
        return f"{arrivals[1][0][:12]}~1" if len(arrivals) > 1 and len(arrivals[0][1]) == 1 else ""

    def authors(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the last author of each path that is committed."""
        if self.repository is None or not self.repository.head().commit:
            return {}
        return {path: touch.author for path, touch in self.repository.authors(paths).items()}

    def branches_with(self, paths: Mapping[MigrationKey, str]) -> dict[MigrationKey, tuple[str, ...]]:
        """Return the other branches and tags that hold each of the files; what is checked out, or is being merged, is none."""
        if self.repository is None:
            return {}
        doing = self.in_progress
        here = {self.repository.head().branch, *((doing.our_name, doing.their_name) if doing else ())}
        found = {
            key: tuple(ref for ref in self.repository.find_file(path).refs if ref not in here) for key, path in paths.items()
        }
        return {key: refs for key, refs in found.items() if refs}
