"""handrail resolve."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import confirmation
from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome

STRATEGIES = ("auto", "rebase", "merge")


class Resolve(Command):
    """Make one leaf node per app again, or refuse and say why.

    Shows what changes in the files first, and asks. The side that is on the target branch never moves. Afterwards the graph is
    read again; if it is not as promised, everything is put back. handrail undo-edits takes it back later.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("resolve --dry-run", "the plan alone"),
        ("resolve --onto origin/main", "your migrations come after those of that branch"),
        ("resolve shop --strategy merge", "a merge migration for one app"),
        ("resolve --update-databases", "rename the records of migrations that were applied under the old name, too"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the apps, the target and the way."""
        parser.add_argument("apps", nargs="*", metavar="APP", help="only these apps, by label")
        parser.add_argument("--onto", metavar="REF", help="the branch whose migrations stay as they are")
        help = "rebase: renumber ours after theirs; merge: a merge migration (default: auto)"
        parser.add_argument("--strategy", choices=STRATEGIES, default="auto", help=help)
        parser.add_argument("--prove", action="store_true", help="run both orders and the result on scratch databases first")
        help = "rename records of renamed migrations in django_migrations, on all databases or that of --database"
        parser.add_argument("--update-databases", action="store_true", help=help)

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Resolve."""
        from handrail.api.resolve import resolve

        return resolve(
            session.project(),
            options.apps,
            onto=options.onto,
            strategy=options.strategy,
            prove=options.prove,
            update_databases=options.update_databases,
            database=options.database,
            all_databases=options.all_databases,
            dry_run=options.dry_run,
            confirm=confirmation(options, session),
        )
