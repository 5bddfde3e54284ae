"""HR128: records of applied migrations cannot follow a rename."""

from __future__ import annotations

from handrail.errors.base import Refusal


class RecordsDisagree(Refusal):
    """The records of a database cannot follow the renamed files without a contradiction.

    Why it matters
    --------------
    A row of django_migrations says that a migration is applied. Where both names are recorded, or where a renamed migration would
    be recorded while one that it needs is not, no renaming of rows makes the record true: the next migrate would run
    something twice or stop with InconsistentMigrationHistory.

    What Django does
    ----------------
    It takes the renamed file for a new migration and runs it again, or stops.

    What to do
    ----------
    Take the edits back (``handrail undo-edits``), bring the database to the state that the note names, and resolve again; or
    take a merge migration (``--strategy merge``), which renames nothing.

    Example
    -------
    ::

        error[HR128]: the records of default cannot follow: shop.0002_b and shop.0003_b are both recorded
    """

    code = "HR128"
    summary = "the records of {alias} cannot follow: {why}"

    def __init__(self, *, alias: str, why: str, notes: tuple[str, ...] = (), command: str = "handrail undo-edits") -> None:
        """alias: of the database; why: in words; notes: facts; command: the next one."""
        facts = {"alias": alias, "why": why}
        super().__init__(self.say(facts, notes=notes, help="no row was changed, in no database", command=command))
