"""A migration was renamed after it was applied."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks._renames import Rename
from handrail.checks._words import Migrations, listed
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
    renamed in this checkout, in one transaction, and keeps the way back. Elsewhere, the statement that is shown does
    it. Do it on every database that has the old record before ``migrate`` runs there. Where the file depends on
    migrations now that are not applied there, a renamed record alone would be an inconsistent history: give the
    file its old name and its old dependencies again, and resolve with ``--update-databases``.

    Example
    -------
    ``0002_b`` became ``0003_b`` in a rebase, and a database has applied ``0002_b``::

        error[HR202]: renamed-after-apply: record shop.0002_b has the content of file shop.0003_b
    """

    code = "HR202"
    summary = "renamed-after-apply: record {old} has the content of file {new}"

    @classmethod
    def find(cls, renames: Iterable[Rename], migrations: Migrations, database: str = "default") -> Iterable[Finding]:
        """Yield one finding for every record that has another name than its file. database: its alias."""
        for rename in renames:
            help, command = _way_out(rename, database)
            notes = [f"database {database} has {rename.old} applied"]
            notes += ["handrail resolve changed what it does, too"] if rename.changed else []
            notes += [f"{listed(rename.behind)} is needed by {rename.new[0]} now, and not applied"] if rename.behind else []
            yield cls.say(
                {"old": rename.old, "new": listed(rename.new)},
                locations=[Location(path=migrations[new].path, remark=f"was {rename.old.name}") for new in rename.new],
                notes=notes,
                help=help,
                command=command,
            )


def _way_out(rename: Rename, database: str) -> tuple[str, str]:
    """Return the help and the next command."""
    old, new = rename.old, rename.new[0]
    if rename.remembered:
        help = "rename the record before migrate runs there, or the operations run twice"
        return help, f"handrail resolve {old.app_label} --update-databases --database {database}"
    if len(rename.new) > 1:
        return "find out which of the files it is, and keep one of them before migrate runs there", "handrail explain HR202"
    if rename.behind:
        help = f"give the file its name {old.name} and its old dependencies again, and let handrail resolve --update-databases"
        return f"{help} rename both and apply what is lacking", "handrail explain HR202"
    help = f"rename the record before migrate runs there, or the operations run twice: {rename_statement(old, new)}"
    return help, f"python manage.py dbshell --database {database}"


def rename_statement(old: MigrationKey, new: MigrationKey) -> str:
    """Return the SQL that renames a record, on every kind of database."""
    return f"UPDATE django_migrations SET name = '{new.name}' WHERE app = '{old.app_label}' AND name = '{old.name}'"
