"""``manage.py handrail``: the same commands, for the apps that the settings install."""

from __future__ import annotations

import sys
from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from handrail.cli.run import run


class Command(BaseCommand):
    """Hands the command line on as it is; the app registry says which apps there are and where their migrations lie."""

    help = "Finds and resolves migration conflicts; see manage.py handrail --help."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the rest of the command line, so that --help and every option are Handrail's own."""
        sys.exit(run(_without_django_options(argv[2:]), "python manage.py handrail", registered=True))

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whatever ``call_command`` hands on."""
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run for ``call_command``; exit code 0 returns, every other one ends the process as the console script would."""
        code = run([*args, *options["arguments"]], "python manage.py handrail", registered=True)
        if code:
            sys.exit(code)


def _without_django_options(arguments: list[str]) -> list[str]:
    """Leave out --settings and --pythonpath, which manage.py has read already."""
    kept, skip = [], False
    for word in arguments:
        if skip or word in {"--settings", "--pythonpath"}:
            skip = not skip
        elif not word.startswith(("--settings=", "--pythonpath=")):
            kept.append(word)
    return kept
