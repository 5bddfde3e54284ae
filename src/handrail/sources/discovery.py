"""Apps with migrations, found by their folders: without settings, and without importing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import App
from handrail.sources.app_configs import Config, choose
from handrail.sources.settings import ProjectSettings, is_for_tests

MIGRATIONS = "migrations"
"""The name of the folder that Django looks for in an app (MIGRATIONS_MODULE_NAME in django/db/migrations/loader.py)."""
INIT = ("__init__.py", "__init__.pyc")
CONFIG_FILES = ("apps.py", "__init__.py", "apps/__init__.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of migration files. files: the paths of the modules in it that Django would load as migrations.

    compiled: paths of compiled modules without a source beside them, which Django loads too. is_package: whether it has an
    __init__ file; Django passes over one that has none.
    """

    path: str
    files: tuple[str, ...]
    compiled: tuple[str, ...] = ()
    is_package: bool = True

    @property
    def parent(self) -> str:
        """The app's folder; "" for the root."""
        return self.path.rpartition("/")[0]


class Layout:
    """Which files lie in which folder."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.names: dict[str, list[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self.names.setdefault(folder, []).append(name)

    def has(self, folder: str, names: Collection[str]) -> bool:
        """Say whether a folder holds a file of one of these names."""
        return any(name in self.names.get(folder, ()) for name in names)

    def folder(self, path: str) -> Folder:
        """Return a folder with what Django would load from it.

        Django takes every module that pkgutil.iter_modules lists, but no packages, and no names that begin with _ or ~.
        """
        names = self.names.get(path, [])
        sources = {name[:-3] for name in names if name.endswith(".py")}
        compiled = {name[:-4] for name in names if name.endswith(".pyc")} - sources
        return Folder(
            path=path,
            files=tuple(f"{path}/{stem}.py" for stem in sorted(sources) if self._is_loaded(path, stem)),
            compiled=tuple(f"{path}/{stem}.pyc" for stem in sorted(compiled) if self._is_loaded(path, stem)),
            is_package=self.has(path, INIT),
        )

    def _is_loaded(self, path: str, stem: str) -> bool:
        usable = bool(stem) and stem != "__init__" and stem[0] not in "_~" and "." not in stem
        return usable and not self.has(f"{path}/{stem}", INIT)

    def module(self, folder: str) -> str:
        """Return the dotted name of a folder's package, as far up as there are __init__ files."""
        parts: list[str] = []
        while folder and (self.has(folder, INIT) or not parts):
            folder, _, name = folder.rpartition("/")
            parts.insert(0, name)
        return ".".join(parts)


def find_folders(layout: Layout, settings: ProjectSettings) -> list[Folder]:
    """Return the folders that may hold migrations: by their name, and by MIGRATION_MODULES."""
    named = set(placed_folders(layout, settings).values())
    found = {path for path in layout.names if path.rpartition("/")[2] == MIGRATIONS}
    folders = [layout.folder(path) for path in sorted(found | named)]
    return [folder for folder in folders if folder.files or folder.compiled]


def placed_folders(layout: Layout, settings: ProjectSettings) -> dict[str, str]:
    """Return the folders that MIGRATION_MODULES names, by app label, where the project has them."""
    found = {}
    for label, module in settings.migration_modules.items():
        ending = module.replace(".", "/")
        places = [path for path in layout.names if path == ending or path.endswith(f"/{ending}")]
        if places:
            found[label] = min(places, key=lambda path: (path.count("/"), path))
    return found


def config_paths(layout: Layout, folder: Folder) -> list[str]:
    """Return the paths of the files that may hold the AppConfig of the app around a folder."""
    start = f"{folder.parent}/" if folder.parent else ""
    return [start + name for name in CONFIG_FILES if layout.has((start + name).rpartition("/")[0], [name.rpartition("/")[2]])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A folder, the app it belongs to, and how much speaks for it where two claim one label (less is better)."""

    app: App
    folder: Folder
    rank: tuple[bool, bool, int, str]


def name_apps(
    layout: Layout,
    folders: Sequence[Folder],
    settings: ProjectSettings,
    configs: Mapping[str, tuple[Config, ...]],
    needs: Mapping[str, Collection[MigrationKey]],
) -> list[Found]:
    """Return an app for each folder, best first among those with one label; none for one that MIGRATION_MODULES replaces.

    configs: the AppConfig classes by path. needs: the dependencies that each folder's files state, by the folder's path.
    """
    placed = {path: label for label, path in placed_folders(layout, settings).items()}
    found = []
    for folder in folders:
        module, label = layout.module(folder.path), placed.get(folder.path, "")
        if label:
            module = settings.migration_modules[label]
        else:
            label, module = name_app(layout, folder, module, settings, configs, needs.get(folder.path, ()))
            if label in placed.values():
                continue
        package = module.rpartition(".")[0]
        installed = any(entry == package or entry.startswith(f"{package}.") for entry in settings.installed_apps)
        rank = (not installed, is_for_tests(folder.path), folder.path.count("/"), folder.path)
        found.append(Found(app=App(label=label, path=folder.path, module=module), folder=folder, rank=rank))
    return sorted(found, key=lambda one: (one.app.label, one.rank))


def name_app(
    layout: Layout,
    folder: Folder,
    module: str,
    settings: ProjectSettings,
    configs: Mapping[str, tuple[Config, ...]],
    needs: Collection[MigrationKey],
) -> tuple[str, str]:
    """Return the label and the module of the app around a folder."""
    package = module.rpartition(".")[0]
    for path in config_paths(layout, folder):
        stem = path.removeprefix(f"{folder.parent}/").removesuffix(".py").removesuffix("/__init__").removesuffix("__init__")
        ending = f"{package}.{stem.replace('/', '.')}".rstrip(".")
        config = choose(configs.get(path, ()), settings.installed_apps, ending)
        if config is not None and is_of_folder(config, folder):
            whole = f"{config.name}.{MIGRATIONS}" if f".{config.name}".endswith(f".{package}") else module
            return config.app_label or folder_name(folder), whole
    return voted(folder, folder_name(folder), needs), module


def is_of_folder(config: Config, folder: Folder) -> bool:
    """Say whether a configuration can be that of a folder's app: its name ends as the folder does, or is not written out."""
    return not config.name or config.name.rpartition(".")[2] == folder_name(folder)


def folder_name(folder: Folder) -> str:
    """Return the last part of the app's folder; the name of the migrations folder itself at the root."""
    return folder.parent.rpartition("/")[2] or folder.path


def voted(folder: Folder, label: str, needs: Collection[MigrationKey]) -> str:
    """Return the label that the files use of each other, where it is plain and the folder's name is never used so."""
    names = {path.rpartition("/")[2].removesuffix(".py") for path in folder.files}
    votes = Counter(key.app_label for key in needs if key.name in names)
    if label in votes or not votes:
        return label
    (best, count), *others = votes.most_common(2)
    is_plain = not others or others[0][1] < count
    return best if is_plain and count * 2 >= len(names) - 1 and len(names) > 1 else label
