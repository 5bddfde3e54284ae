"""handrail check."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class Check(Command):
    """Run every check that can run here: the one line for CI.

    Everything that handrail conflicts finds, and the mistakes inside single migrations. Where the project names its settings, all
    its databases (or that of --database) are compared with the files, too: renamed migrations that were applied under the old
    name, records that Django would call inconsistent, foreign keys to a user model that was swapped out. Nothing is changed.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("check --base origin/main", "before a merge"),
        ("check --base origin/main --format github", "the same, with annotations in a pull request"),
        ("check --static", "where there is no database, and the project cannot be imported"),
        ("check --database replica", "the records of one database, before migrate runs there"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the base and what to leave out."""
        parser.add_argument("--base", metavar="REF", help="the branch to merge into")
        parser.add_argument("--static", action="store_true", help="only what files and git can tell, no database")
        parser.add_argument("--deploy", action="store_true", help="what a deployment would meet, too")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Check."""
        from handrail.api.check import check

        return check(
            session.project(), base=options.base, static=options.static, deploy=options.deploy, database=options.database
        )
