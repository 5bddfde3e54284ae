"""handrail history."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused


class History(Command):
    """Show what ran: when, by whom, on which commit, how long, and how it ended.

    The runs that the journal of a database has on record, the latest first; with --run one of them, with its migrations and,
    where a migration is not one transaction, its statements. Runs are numbered in each database by itself. Nothing is changed.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("history", "the latest runs"),
        ("history --run 12", "all that is on record of one"),
        ("history --all-databases --format json", "for another program"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the run and how many."""
        parser.add_argument("--run", type=int, metavar="ID", help="one run, with its statements")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many runs at most (default: 50)")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show it."""
        from handrail.api.runs import history

        if options.limit < 1:
            raise Misused(problem=f"argument --limit: {options.limit} is not 1 or more", command="handrail history --help")
        return history(
            session.root,
            database=options.database,
            all_databases=options.all_databases,
            run=options.run,
            limit=options.limit,
        )
