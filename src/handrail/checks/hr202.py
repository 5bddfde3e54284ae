"""A migration was renamed after it was applied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from handrail.checks._words import Migrations
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location
from handrail.domain.migration import MigrationKey


class RenamedAfterApply(Check):
    """A database has a migration under its old name; the file has the same content under a new one.

    Why it matters
    --------------
    For the database the new name was never applied, so the same operations run again: a column is added twice and
    fails, or a data migration doubles every number without an error.

    What Django does
    ----------------
    It knows records by name alone. ``migrate`` runs the renamed migration again, or stops with
    "InconsistentMigrationHistory" where others depend on it.

    What to do
    ----------
    Rename the record, not the schema: ``handrail resolve --update-databases`` does it for the migrations that it
    renamed, in one transaction, and keeps the way back. Do it on every database that has the old record before
    ``migrate`` runs there.

    Example
    -------
    ``0002_b`` became ``0003_b`` in a rebase, and a database has applied ``0002_b``::

        error[HR202]: renamed-after-apply: record shop.0002_b has the content of file shop.0003_b
    """

    code = "HR202"
    summary = "renamed-after-apply: record {old} has the content of file {new}"

    @classmethod
    def find(
        cls,
        recorded: Collection[MigrationKey],
        migrations: Migrations,
        former: Mapping[MigrationKey, str],
        database: str = "default",
    ) -> Iterable[Finding]:
        """Yield one finding for every record without a file whose former content another file has that is not recorded.

        former: the digest that each recorded migration had under its old name, as far as it is known. database: its alias.
        """
        waiting = {migrations[key].digest: key for key in sorted(migrations) if key not in recorded} if former else {}
        for old in sorted(recorded):
            new = waiting.get(former.get(old, "")) if old not in migrations else None
            if new is not None and new.app_label == old.app_label:
                yield cls.say(
                    {"old": old, "new": new},
                    locations=[Location(path=migrations[new].path, remark=f"was {old.name}")],
                    notes=[f"database {database} has {old} applied"],
                    help="rename the record before migrate runs there, or the operations run twice",
                    command=f"handrail resolve {old.app_label} --update-databases --database {database}",
                )
