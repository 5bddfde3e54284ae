"""handrail migrations-lock."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class MigrationsLock(Command):
    """Write migrations.lock, by which git stops where two branches both add a migration to an app.

    Without apps: those that have the file, or all of the project where none has. An app with more than one leaf node gets none
    before handrail resolve has made one of them.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("migrations-lock", "bring the lock-files in step with the migrations"),
        ("migrations-lock shop", "give one app a lock-file"),
        ("migrations-lock --all", "give every app of the project one"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the apps."""
        parser.add_argument("apps", nargs="*", metavar="APP", help="only these apps, by label")
        parser.add_argument("--all", action="store_true", help="also apps that have no lock-file yet")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show or write the files."""
        from handrail.execution.edits import apply
        from handrail.execution.lock_files import plan_lock_files

        project = session.project()
        outcome = plan_lock_files(project, options.apps, create=bool(options.all or options.apps))
        if outcome.edits and not options.dry_run:
            apply(outcome.edits, project.root, command=outcome.command)
        return outcome
