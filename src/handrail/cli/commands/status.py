"""handrail status."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class Status(Command):
    """Show how the databases are: pending migrations, who migrates, unfinished runs.

    All databases of the settings, or that of --database. With --wait: until nobody migrates and nothing is pending, for processes
    that start beside the one that migrates; exit code 1 when the time is over. Nothing is changed, and a file that cannot be read
    stops nothing but the answer about its app.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("status", "one screen of everything"),
        ("status --wait 300", "in a container that must not start before its migrations are applied"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the time to wait."""
        help = "wait until nobody migrates and nothing is pending"
        parser.add_argument("--wait", type=float, metavar="SECONDS", help=help)

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show it."""
        from handrail.api.status import status
        from handrail.cli.waiting import LiveLine

        line = LiveLine()
        try:
            return status(session.root, database=options.database, wait=options.wait, told=line.show)
        finally:
            line.done()
