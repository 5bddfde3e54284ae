"""handrail tag."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import set_up


class Tag(Command):
    """Name the present state of a database; without a name, list the names.

    What is recorded as applied is kept under the name, so that one can come back to it. A name is given once: for another state
    it is refused. While somebody migrates it waits ten seconds, and is refused then.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("tag release-41", "before a deploy"),
        ("tag", "which tags there are"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the name."""
        parser.add_argument("name", nargs="?", metavar="NAME", help="the name")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Write it; what holds the lock can be imported when Django is set up."""
        if options.all_databases:
            raise Misused(problem="tag is about one database", command="handrail tag --help")
        set_up(session.root)
        from handrail.api.tag import list_tags, tag
        from handrail.cli.waiting import talk_of

        alias = options.database or "default"
        if options.name is None:
            return list_tags(alias)
        return tag(alias, options.name, talk_of(alias), dry_run=options.dry_run)
