"""Settings for the process of a proof: the project's own with the databases taken away, or made-up ones."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from handrail.sources.django_setup import named_settings
from handrail.sources.settings import VARIABLE

Request = dict[str, Any]
IN_MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
CONTRIB = ("admin.apps.SimpleAdminConfig", "auth", "contenttypes", "sessions", "sites", "flatpages", "redirects")
"""Django's own apps with migrations; SimpleAdminConfig imports no admin module of any app."""


class SettingsError(Exception):
    """The project's settings cannot be used; the message says why."""


def configure(request: Request) -> list[str]:
    """Set Django up so that no database of the project can be reached but through a scratch database; return notes.

    Raises SettingsError where the project's settings are wanted and cannot be used.
    """
    folder = Path(request["folder"])
    manage = _manage_module(folder)
    _extend_path(folder, manage, request["apps"])
    if request["minimal"]:
        _configure_minimal(request)
        return []
    name = request["settings"] or os.environ.get(VARIABLE, "") or (named_settings(manage) if manage else "")
    if not name:
        raise SettingsError("no settings module was found (no DJANGO_SETTINGS_MODULE, no manage.py that names one)")
    _load_project(name, manage, request["database"])
    return _add_missing_apps(request)


def _manage_module(folder: Path) -> Path | None:
    found = sorted(folder.rglob("manage.py"), key=lambda path: (len(path.parts), path))
    return found[0] if found else None


def _extend_path(folder: Path, manage: Path | None, apps: list[dict[str, str]]) -> None:
    """Put first on sys.path: the folder of manage.py, the root, and the folders that hold the packages of the apps."""
    roots = [manage.parent] if manage else []
    roots.append(folder)
    for app in apps:
        if app["path"] and (folder / app["path"]).is_dir():
            roots.append(_package_root(folder / app["path"]))
    sys.path[:0] = [str(path) for path in dict.fromkeys(roots)]
    if manage:
        os.chdir(manage.parent)


def _package_root(package: Path) -> Path:
    while (package / "__init__.py").exists():
        package = package.parent
    return package


def _load_project(name: str, manage: Path | None, database: str) -> None:
    """Load the project's settings, take the databases and what writes elsewhere away, and set the apps up."""
    if manage is not None:
        with contextlib.suppress(Exception):
            runpy.run_path(str(manage), run_name="handrail_manage")
    os.environ[VARIABLE] = name
    try:
        import django
        from django.conf import settings

        databases = dict(settings.DATABASES)
        if database and database not in databases:
            raise SettingsError(f"the settings {name} have no database {database}")
        _replace_databases(settings, databases, database)
        settings.LOGGING_CONFIG = None
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        settings.CACHES = {alias: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for alias in settings.CACHES}
        django.setup()
    except SettingsError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the project's code may raise anything
        raise SettingsError(f"the settings {name} cannot be used ({type(error).__name__}: {error})") from None


def _replace_databases(settings: Any, databases: dict[str, Any], kept: str) -> None:
    """Keep one alias, whose name is replaced by a scratch database's before the first connection; empty the others."""
    from django.db import connections

    replaced: dict[str, Any] = {alias: dict(IN_MEMORY) for alias in {"default", *databases}}
    if kept:
        entry = {**databases[kept], "TEST": {}, "CONN_MAX_AGE": 0, "AUTOCOMMIT": True}
        entry["OPTIONS"] = {name: value for name, value in entry.get("OPTIONS", {}).items() if name != "pool"}
        entry["NAME"] = ":memory:" if entry["ENGINE"].endswith(("sqlite3", "spatialite")) else "handrail_scratch_not_yet_made"
        replaced[kept] = entry
    settings.DATABASES = replaced
    connections.__dict__.pop("settings", None)


def _configure_minimal(request: Request) -> None:
    """Make settings up: Django's own apps, and for each app of the project nothing but its label and its migrations."""
    import django
    from django.conf import settings

    labels = {app["label"] for app in request["apps"]}
    contrib = [f"django.contrib.{name}" for name in CONTRIB if name.partition(".")[0] not in labels]
    folder = Path(request["folder"])
    settings.configure(
        DATABASES={"default": dict(IN_MEMORY)},
        INSTALLED_APPS=[*contrib, *(_stub(folder, app) for app in request["apps"])],
        MIGRATION_MODULES={app["label"]: _migrations_module(folder, app) for app in request["apps"]},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
        SECRET_KEY="handrail",
        USE_TZ=True,
        **request["swappable"],
    )
    django.setup()


def _add_missing_apps(request: Request) -> list[str]:
    """Install the apps of both sides that the settings do not: one side may bring a new app that its settings name."""
    from django.apps import apps
    from django.conf import settings

    sides = {label for label, _ in (*request["ours"], *request["theirs"])}
    missing = [app for app in request["apps"] if app["label"] in sides - set(apps.app_configs)]
    folder = Path(request["folder"])
    modules = dict(settings.MIGRATION_MODULES)
    for app in missing:
        config = _stub(folder, app)
        config.apps = apps
        apps.app_configs[app["label"]] = config
        config.import_models()
        modules[app["label"]] = _migrations_module(folder, app)
    settings.MIGRATION_MODULES = modules
    apps.clear_cache()
    return [f"the app {app['label']} is not installed by the settings: only its migrations were used" for app in missing]


def _migrations_module(folder: Path, app: dict[str, str]) -> str:
    if app["module"]:
        return app["module"]
    package = folder / app["path"]
    return ".".join(package.relative_to(_package_root(package)).parts)


def _stub(folder: Path, app: dict[str, str]) -> Any:
    """Return an app config that imports no code of the app."""
    from django.apps import AppConfig

    class MigrationsOnly(AppConfig):
        path = str((folder / app["path"]).parent)
        label = app["label"]

        apps: Any

        def import_models(self) -> None:
            self.models = self.apps.all_models[self.label]

    name = _migrations_module(folder, app).rpartition(".")[0] or app["label"]
    return MigrationsOnly(name, ModuleType(name))
