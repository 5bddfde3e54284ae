"""handrail rollback."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import confirmation
from handrail.cli.base import Command, Session
from handrail.domain.kept import ChangedRows, Undo
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import set_up


class Rollback(Command):
    """Take migrations back with their data: to a migration, or before a run, or to a tag, a git ref or a moment.

    The plan is shown first: what is taken back in which order, whether anything is lost by it, and which locks it takes; then
    it asks. What would be lost, and what cannot be reversed, is refused before anything is touched. What the newer code wrote
    is kept, and comes back when the migrations are applied again. Nothing is ever applied here: that is migrate's part.

    APP NAME is as with migrate: NAME is the last migration that stays applied, zero for none; several apps may follow each other,
    and an app alone goes back to zero. With another target, apps say whose migrations alone are meant.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("rollback --last-run", "take back what the last migrate applied"),
        ("rollback shop 0004 --dry-run", "what would become of the data, and nothing more"),
        ("rollback --to-tag release-41", "the state that was named then"),
        ("rollback --to-ref origin/main", "what that commit has"),
        ('rollback --to-time "2h ago"', "what was applied then"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the target, and what becomes of the data."""
        parser.add_argument("target", nargs="*", metavar="APP [NAME]", help="the last migration of an app that stays applied")
        parser.add_argument("--last-run", action="store_true", help="take back what the last run applied")
        parser.add_argument("--run", type=int, metavar="ID", help="take back what a run applied; see handrail history")
        parser.add_argument("--to-tag", default="", metavar="T", help="the state that handrail tag named")
        parser.add_argument("--to-ref", default="", metavar="REF", help="the migrations that a git commit has")
        help = '"2026-03-01 14:03", "14:03:22" for today, or "2h ago"'
        parser.add_argument("--to-time", default="", metavar="TIME", help=help)
        parser.add_argument("--also", action="append", default=[], metavar="APP", help="an app that may lose migrations too")
        help = "rows that were changed since: they stay, get what is kept, or stop it (default: keep)"
        parser.add_argument("--changed-rows", choices=[str(one) for one in ChangedRows], default="keep", help=help)
        help = "what rows get that came since, as table.column=value"
        parser.add_argument("--fill", action="append", default=[], type=filling, metavar="COL=VALUE", help=help)
        parser.add_argument("--accept-loss", action="store_true", help="go on where values cannot be kept or brought back")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Roll back; what runs migrations can be imported when Django is set up."""
        if options.all_databases:
            raise Misused(problem="rollback is about one database", command="handrail rollback --help")
        set_up(session.root)
        from handrail.api.rollback import Wanted, rollback
        from handrail.api.rollback_goals import Asked
        from handrail.cli.waiting import talk_of

        asked = Asked(
            words=tuple(options.target),
            last_run=options.last_run,
            run=options.run,
            tag=options.to_tag,
            ref=options.to_ref,
            time=options.to_time,
            also=tuple(options.also),
        )
        undo = Undo(
            changed_rows=ChangedRows(options.changed_rows),
            fill=dict(options.fill),
            accept_loss=options.accept_loss,
            rows=True,
        )
        wanted = Wanted(
            asked=asked,
            undo=undo,
            dry_run=options.dry_run,
            is_sure=options.yes,
            typed=session.typed,
            root=session.root,
            confirm=confirmation(options, session),
        )
        alias = options.database or "default"
        return rollback(alias, talk_of(alias), wanted)


def filling(text: str) -> tuple[str, str]:
    """Return a column and its value: "shop_thing.p=0" gives ("shop_thing.p", "0")."""
    column, equals, value = text.partition("=")
    if not equals or "." not in column:
        raise argparse.ArgumentTypeError(f"{text!r} is not table.column=value")
    return column, value
