"""HR620: what backups are made with is not installed."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NoBackupTools(Refusal):
    """A backup of this kind of database takes something that is not installed here.

    Why it matters
    --------------
    A backup is made, read and restored by the database's own programs (``pg_dump``, ``pg_restore`` and ``psql``, or
    ``mariadb-dump`` and ``mariadb``), which know all that a database can hold; django-dbbackup starts them. Nothing that is less
    than complete is made in their place. With ``migrate --backup``, nothing is migrated.

    What Django does
    ----------------
    Django makes no backups. ``dumpdata`` writes the rows of models, not the database.

    What to do
    ----------
    Install what is named. The programs of PostgreSQL have to be at least as new as the server. Or name others in the setting
    ``DBBACKUP_CONNECTORS`` of django-dbbackup: ``{"default": {"DUMP_CMD": "/opt/pg18/bin/pg_dump"}}``.

    Example
    -------
    ::

        error[HR620]: no-backup-tools: pg_dump is not there, which backups of default take
          help: install postgresql-client
    """

    code = "HR620"
    summary = "no-backup-tools: {what} is not there, which backups of {alias} take"

    def __init__(self, *, alias: str, what: str, package: str) -> None:
        """what: the program or Python package; package: what to install."""
        super().__init__(self.say({"alias": alias, "what": what}, help=f"install {package}"))
