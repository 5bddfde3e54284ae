"""handrail purge."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import confirmation
from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import set_up

DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
"""What the letters after a number mean, in days."""


class Purge(Command):
    """Destroy data that is kept, for good.

    What has expired; or, with --run, what one run has kept, and with --older-than what was kept before that time, whether it has
    expired or not. It is shown first, and asked for. A rollback cannot bring back what is purged. It waits while another process
    migrates, and can be stopped anywhere: started again, it goes on.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("purge --dry-run", "what has expired"),
        ("purge --yes", "destroy it without a question, for a nightly job"),
        ("purge --older-than 0d", "destroy all that is kept"),
        ("purge --run 12", "destroy what one run has kept"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what to destroy."""
        help = "what was kept before that time: 12h, 30d or 4w, for hours, days and weeks"
        parser.add_argument("--older-than", type=days, metavar="TIME", help=help)
        parser.add_argument("--run", type=int, metavar="ID", help="what one run has kept")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Purge; what holds the lock can be imported when Django is set up."""
        if options.all_databases:
            raise Misused(problem="purge is about one database", command="handrail purge --help")
        set_up(session.root)
        from handrail.api.purge import Wanted, purge
        from handrail.cli.waiting import talk_of

        wanted = Wanted(
            older_than=options.older_than,
            run=options.run,
            dry_run=options.dry_run,
            confirm=confirmation(options, session),
        )
        alias = options.database or "default"
        return purge(alias, talk_of(alias), wanted)


def days(text: str) -> float:
    """Return a time such as 30d in days."""
    match = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 12h, 30d or 4w")
    return int(match[1]) * DAYS[match[2]]
