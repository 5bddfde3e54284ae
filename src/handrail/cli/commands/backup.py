"""handrail backup."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import naming
from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import set_up

ACTIONS = ("create", "list", "verify", "restore")


class Backup(Command):
    """Make backups of a database, list and verify them, and restore one.

    The database's own programs make them (pg_dump, mariadb-dump or mysqldump), as files in HANDRAIL["backups"], or the folder
    backups beside manage.py; what each was made of is written down beside it. verify reads one to its end and restores it into a
    scratch database. restore shows what will be lost and has the name of the database typed, makes a backup of that first, and
    says what migrate would do then. Without an ID: the latest of the database.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("backup create", "make one"),
        ("backup verify", "whether the latest can be relied on"),
        ("backup restore 20260301-140322-default --dry-run", "what restoring it would do"),
        ("backup restore 20260301-140322-default --replace shop", "restore it where nobody can type the name"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what to do and the backup."""
        parser.add_argument("action", choices=ACTIONS, help="what to do")
        parser.add_argument("id", nargs="?", metavar="ID", help="the backup")
        parser.add_argument("--replace", metavar="NAME", help="the name of the database that is replaced, as if it was typed")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Do it; what reaches databases can be imported when Django is set up."""
        usage = "handrail backup --help"
        if options.id is not None and options.action in ("create", "list"):
            raise Misused(problem=f"backup {options.action} takes no ID", command=usage)
        if options.replace is not None and options.action != "restore":
            raise Misused(problem=f"backup {options.action} replaces nothing", command=usage)
        if options.all_databases and options.action != "list":
            raise Misused(problem=f"backup {options.action} is about one database", command=usage)
        set_up(session.root)
        from handrail.api import backup
        from handrail.cli.waiting import talk_of

        alias = options.database or "default"
        if options.action == "list":
            return backup.list_all(options.database)
        if options.action == "verify":
            return backup.verify(alias, options.id)
        if options.action == "create":
            return backup.create(alias, talk_of(alias), dry_run=options.dry_run)
        confirm = naming(options, session)
        return backup.restore(alias, options.id, talk_of(alias), confirm, dry_run=options.dry_run)
