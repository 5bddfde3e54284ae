"""HR005: a database that cannot be reached."""

from __future__ import annotations

from handrail.errors.base import Refusal


class DatabaseNotReached(Refusal):
    """A database of the settings cannot be opened or read.

    Why it matters
    --------------
    What a database has applied is known to the database alone. An answer without it would look like a clean one.

    What Django does
    ----------------
    ``migrate`` ends with the driver's error and a traceback; ``makemigrations`` warns and goes on without the database.

    What to do
    ----------
    Read the driver's words: whether the server runs, and whether host, port, user and password of the alias in
    DATABASES are right from here. ``--static`` leaves the databases out; ``--database ALIAS`` asks one alone.

    Example
    -------
    ::

        error[HR005]: database-not-reached: default (connection refused)
    """

    code = "HR005"
    summary = "database-not-reached: {alias} ({why})"

    def __init__(self, *, alias: str, why: str) -> None:
        """alias: of the database; why: the driver's words."""
        help = "see that the server runs, and that it is reached from here as DATABASES says"
        super().__init__(self.say({"alias": alias, "why": why}, help=help, command="handrail explain HR005"))
