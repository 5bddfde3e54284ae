"""The apps of a project as Django's app registry knows them; for commands that run inside manage.py.

The only reader here that imports Django, and it does so when it is called: django.setup() must have run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from handrail.domain.dataclasses import dataclass
from handrail.domain.snapshot import App

MIGRATIONS = "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledApps:
    """The installed apps. apps: those with a migrations package; their paths are relative to the root, with ../ outside of it.

    unmigrated: labels of those without. settings: the values of swappable settings.
    """

    apps: tuple[App, ...]
    unmigrated: frozenset[str]
    settings: dict[str, str]


def installed_apps(root: Path) -> InstalledApps:
    """Return what the app registry and the settings say. root: the project root that paths are relative to.

    Raises django.core.exceptions.AppRegistryNotReady before django.setup().
    """
    from django.apps import apps

    found = [read_app(config.label, config.name, root) for config in apps.get_app_configs()]
    return InstalledApps(
        apps=tuple(app for app in found if app.path),
        unmigrated=frozenset(app.label for app in found if not app.path),
        settings=swappable_settings(),
    )


def read_app(label: str, name: str, root: Path) -> App:
    """Return one app; its path is "" where Django's loader would find no migrations package (django/db/migrations/loader.py)."""
    from django.conf import settings

    module = settings.MIGRATION_MODULES.get(label, f"{name}.{MIGRATIONS}")
    folder = package_folder(module) if module else ""
    return App(label=label, path=relative(folder, root) if folder else "", module=module if folder else "")


def package_folder(module: str) -> str:
    """Return the folder of a package without importing it; "" where there is none, or it has no __init__ file."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return ""
    places = list(spec.submodule_search_locations or ()) if spec is not None and spec.origin else []
    return places[0] if places else ""


def relative(folder: str, root: Path) -> str:
    """Return a folder relative to the root, with slashes."""
    return Path(os.path.relpath(os.path.realpath(folder), os.path.realpath(root))).as_posix()


def swappable_settings() -> dict[str, str]:
    """Return every setting that names a model: those that a model Meta calls swappable, and AUTH_USER_MODEL."""
    from django.apps import apps
    from django.conf import settings

    names: Iterable[str | None] = (model._meta.swappable for model in apps.get_models(include_swapped=True))
    found = {name: getattr(settings, name, None) for name in {"AUTH_USER_MODEL", *filter(None, names)}}
    return {name: value for name, value in sorted(found.items()) if isinstance(value, str)}
