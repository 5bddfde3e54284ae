"""handrail kept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class Kept(Command):
    """List the data that migrations would have destroyed, and that is kept instead.

    Columns, tables, values and rows, with the run and the migration, how much it is, and until when it is kept. Rows are counted
    up to a hundred thousand. Nothing is changed; nothing is ever destroyed but by handrail purge.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("kept", "what is kept"),
        ("kept --run 12", "what one run has kept"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the run."""
        parser.add_argument("--run", type=int, metavar="ID", help="what one run has kept")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show it."""
        from handrail.api.kept import list_kept

        return list_kept(session.root, database=options.database, all_databases=options.all_databases, run=options.run)
