"""Setting Django up in this process, for commands that reach the project's databases."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

from handrail.errors.hr004 import NoSettings
from handrail.sources.settings import VARIABLE

NO_SETTINGS = "no DJANGO_SETTINGS_MODULE, and no manage.py that names one"


def set_up(root: Path) -> None:
    """Set Django up with the settings that DJANGO_SETTINGS_MODULE or manage.py names; do nothing where that is done already.

    manage.py is looked for in root and the folders above it. Raises NoSettings.
    """
    from django.apps import apps

    if apps.ready:
        return
    name = settings_name(root)
    if not name:
        raise NoSettings(problem=NO_SETTINGS)
    manage = find_manage(root)
    sys.path[:0] = [str(folder) for folder in (manage.parent if manage else None, root.resolve()) if folder]
    os.environ[VARIABLE] = name
    try:
        import django

        django.setup()
    except (Exception, SystemExit) as error:
        raise NoSettings(problem=f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def settings_name(root: Path) -> str:
    """Return the settings module that DJANGO_SETTINGS_MODULE or manage.py names, "" where neither does; imports nothing."""
    manage = find_manage(root)
    return os.environ.get(VARIABLE) or (named_settings(manage) if manage else "")


def find_manage(root: Path) -> Path | None:
    """Return the nearest manage.py in a folder or above it."""
    here = root.resolve()
    return next((folder / "manage.py" for folder in (here, *here.parents) if (folder / "manage.py").is_file()), None)


def named_settings(manage: Path) -> str:
    """Return what manage.py sets DJANGO_SETTINGS_MODULE to, read without running it; "" where it does not."""
    try:
        module = ast.parse(manage.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return ""
    for node in ast.walk(module):
        texts = [part.value for part in getattr(node, "args", ()) if isinstance(part, ast.Constant)] if _is_call(node) else []
        if len(texts) > 1 and texts[0] == VARIABLE and isinstance(texts[1], str):
            return texts[1]
    return ""


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call)


def aliases_of(database: str | None) -> list[str]:
    """Return the aliases of the databases to reach: the one that is named, or all. Raises NoSettings for an unknown one."""
    from django.db import connections

    known = [alias for alias in connections if connections.settings[alias]["ENGINE"] != "django.db.backends.dummy"]
    if database is None:
        return known
    if database not in known:
        raise NoSettings(problem=f"the settings have no database {database}, but {', '.join(known) or 'none at all'}")
    return [database]
