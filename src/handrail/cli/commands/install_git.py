"""handrail install-git."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import CLEAN, Outcome


class InstallGit(Command):
    """Set git up: the merge driver of migrations.lock, and hooks.

    Without options: both. The pre-commit hook stops a commit whose staged migrations have conflicts; the others say what a merge,
    a checkout or a rebase brought. After a switch of branches a local database may follow: see handrail post-checkout. A hook
    that is there already runs first; --remove puts everything back.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("install-git --dry-run", "what would be changed"),
        ("install-git --hooks", "the hooks alone"),
        ("install-git --remove", "take all of it away again"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what to set up."""
        parser.add_argument("--hooks", action="store_true", help="the hooks")
        parser.add_argument("--merge-driver", action="store_true", help="the merge driver and its line in .gitattributes")
        parser.add_argument("--remove", action="store_true", help="take away what was set up")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show or make the changes."""
        from handrail.execution import install_git

        repository = session.project().require_repository()
        if options.remove:
            steps = install_git.plan_removal(repository)
        else:
            both = options.hooks == options.merge_driver
            program = [sys.executable, "-m", "handrail"]
            steps = install_git.plan_install(
                repository, program, hooks=options.hooks or both, driver=options.merge_driver or both
            )
        for step in steps if not options.dry_run else []:
            step.do()
        mark = "to do" if options.dry_run else "done"
        nothing = "nothing of handrail is set up here" if options.remove else "everything is in place"
        return Outcome(command="install-git", exit=CLEAN, summary=tuple(f"{mark}: {step.said}" for step in steps) or (nothing,))
