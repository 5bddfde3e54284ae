"""handrail conflicts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class Conflicts(Command):
    """Find migration conflicts in one tree or between branches.

    Without options: the leaf conflicts of the working tree, and contradictions between apps that Django does not see. With
    --base: what merging the working tree (or --head) into that branch would meet. From the files alone: no
    database, no settings, no import of the project.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("conflicts", "what is wrong here and now"),
        ("conflicts --base origin/main", "what this branch would meet there: the line for CI"),
        ("conflicts shop --base origin/main --prove", "the same for one app, with both orders run on scratch databases"),
        ("conflicts --all-branches 'feature/*'", "every such branch against every other"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the apps and the two sides."""
        parser.add_argument("apps", nargs="*", metavar="APP", help="only these apps, by label")
        sides = parser.add_mutually_exclusive_group()
        sides.add_argument("--base", metavar="REF", help="the branch to merge into")
        help = "compare all branches that match a pattern (default: all) with each other"
        sides.add_argument("--all-branches", nargs="?", const="*", metavar="GLOB", help=help)
        parser.add_argument("--head", metavar="REF", help="the branch to merge (default: the working tree)")
        parser.add_argument("--prove", action="store_true", help="run both orders on scratch databases and compare the results")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Find them."""
        from handrail.api.conflicts import conflicts

        return conflicts(
            session.project(),
            options.apps,
            base=options.base,
            head=options.head,
            all_branches=options.all_branches,
            prove=options.prove,
            database=options.database,
        )
