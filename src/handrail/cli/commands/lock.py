"""handrail lock."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused


class Lock(Command):
    """Show who holds the migration lock of a database.

    Host, process, user, since when, and at which run and migration, as far as the database shows it. With --release: free what
    a process left that is proved dead: a lease whose heartbeat is over, a lock file that nobody has locked. No session is ended.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("lock", "who migrates"),
        ("lock --release --dry-run", "what a dead process left"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("--release", action="store_true", help="free what a dead process left of its lock")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Show it."""
        from handrail.api.lock import lock

        if options.all_databases:
            raise Misused(problem="lock is about one database", command="handrail lock --help")
        return lock(session.root, database=options.database or "default", release=options.release, dry_run=options.dry_run)
