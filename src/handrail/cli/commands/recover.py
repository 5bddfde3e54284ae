"""handrail recover."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import confirmation
from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import set_up


class Recover(Command):
    """Finish a migration that was stopped half-way, or take back what it had done.

    Shows what was done and what was not, as the database itself says, and asks. Without --forward or --back it goes on where it
    stopped. Where the database cannot say whether something was done, it says what, and waits for your answer: --forward: that is
    complete, go on after it; --back: nothing of it is there, take the rest back. Nothing is done while another process migrates.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("recover --dry-run", "what was done and what was not"),
        ("recover", "go on from there"),
        ("recover --back", "take back what was done"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the direction."""
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--forward", action="store_true", help="finish it; what is in doubt is complete")
        ways.add_argument("--back", action="store_true", help="take it back; nothing of what is in doubt is there")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Recover; what runs migrations can be imported when Django is set up."""
        if options.all_databases:
            raise Misused(problem="recover is about one database", command="handrail recover --help")
        set_up(session.root)
        from handrail.api.recover import Wanted, recover
        from handrail.cli.waiting import talk_of

        forward = True if options.forward else False if options.back else None
        wanted = Wanted(forward=forward, dry_run=options.dry_run, root=session.root, confirm=confirmation(options, session))
        alias = options.database or "default"
        return recover(alias, talk_of(alias), wanted)
