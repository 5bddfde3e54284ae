"""``manage.py handrail``: the same commands, for the apps that the settings install."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.migrations.loader import MigrationLoader

from handrail.cli.base import Installed
from handrail.cli.run import run


class Command(BaseCommand):
    """Hands the command line on as it is; the app registry says which apps there are and where their migrations lie."""

    help = "Finds and resolves migration conflicts; see manage.py handrail --help."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the rest of the command line, so that --help and every option are Handrail's own."""
        sys.exit(run(_without_django_options(argv[2:]), "manage.py handrail", installed()))

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whatever ``call_command`` hands on."""
        parser.add_argument("arguments", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run for ``call_command``; exit code 0 returns, every other one ends the process as the console script would."""
        code = run([*args, *options["arguments"]], "manage.py handrail", installed())
        if code:
            sys.exit(code)


def installed() -> Installed:
    """Return the folder of the migrations of every installed app, and the swappable settings."""
    folders = {}
    for app in apps.get_app_configs():
        module, explicit = MigrationLoader.migrations_module(app.label)
        folder = _folder(module) if module else None
        if folder is not None and (explicit or folder.is_dir()):
            folders[app.label] = folder
    return Installed(apps=folders, settings={"AUTH_USER_MODEL": settings.AUTH_USER_MODEL})


def _folder(module: str) -> Path | None:
    """Return the folder of a migrations package; None for a module that is not there or is no package."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _without_django_options(arguments: list[str]) -> list[str]:
    """Leave out --settings and --pythonpath, which manage.py has read already."""
    kept, skip = [], False
    for word in arguments:
        if skip or word in {"--settings", "--pythonpath"}:
            skip = not skip
        elif not word.startswith(("--settings=", "--pythonpath=")):
            kept.append(word)
    return kept
