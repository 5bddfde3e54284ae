"""handrail demo."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from handrail.cli.base import Command, Session
from handrail.domain.outcome import CLEAN, FINDINGS, Outcome
from handrail.errors.hr001 import Misused


class Demo(Command):
    """See conflicts resolved, a second migrate waiting, and a killed one recovered, in a small real project.

    Builds a Django project with two apps in a git repository of its own, in a temporary folder or in DIR, and lives through
    three conflicts, two deploys at once and a kill -9 there: every command that is shown is really run. Your own project is not
    touched. The exit code is 1 where anything is not as promised.
    """

    examples = (
        ("demo", "in a folder that is deleted afterwards"),
        ("demo shop", "in the new folder shop, to look at afterwards"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the folder."""
        parser.add_argument("folder", nargs="?", metavar="DIR", type=Path, help="a new or empty folder that keeps the project")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Play it."""
        from handrail.execution import demo

        folder: Path | None = options.folder
        if folder and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Misused(problem=f"{folder} is there already and is not an empty folder", command="handrail demo NEW_FOLDER")
        stream = sys.stdout if options.format == "text" else sys.stderr
        kept = demo.play(folder, lambda text: print(text, file=stream, flush=True))
        return Outcome(command="demo", exit=CLEAN if kept else FINDINGS)
