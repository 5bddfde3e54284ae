"""HR408: the journal was written by a later version."""

from __future__ import annotations

from handrail.errors.base import Refusal


class JournalTooNew(Refusal):
    """The journal in this database was brought up to date by a later version of Handrail than the one that runs.

    Why it matters
    --------------
    The journal says what was done and how it is taken back. A version that does not know all of it could overlook an unfinished
    migration, or write what the later version cannot read. Nothing was changed.

    What Django does
    ----------------
    Django keeps no journal.

    What to do
    ----------
    Run the same version of Handrail wherever this database is migrated: upgrade here.

    Example
    -------
    ::

        error[HR408]: the journal of default has version 4, and this version of Handrail knows 3
    """

    code = "HR408"
    summary = "the journal of {alias} has version {found}, and this version of Handrail knows {known}"

    def __init__(self, *, alias: str, found: int, known: int) -> None:
        """alias: the database; found, known: versions of the journal."""
        super().__init__(
            self.say(
                {"alias": alias, "found": found, "known": known},
                help="upgrade Handrail here",
                command="pip install -U django-handrail",
            )
        )
