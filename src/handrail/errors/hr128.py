"""HR128: records of applied migrations cannot follow a rename."""

from __future__ import annotations

from handrail.errors.base import Refusal


class RecordsDisagree(Refusal):
    """The records of a database cannot follow the renamed files without a contradiction.

    Why it matters
    --------------
    A row of django_migrations says that a migration is applied. Where both names are recorded, where a renamed migration would
    be recorded while one that it needs is not, or where no file does any more what was applied, no renaming of rows makes the
    record true: the next migrate would run something twice or stop with InconsistentMigrationHistory.

    What Django does
    ----------------
    It takes the renamed file for a new migration and runs it again, or stops.

    What to do
    ----------
    If files were changed already, take the edits back (``handrail undo-edits``). Unapply what the note names, with the files as
    they are on its own branch (``manage.py migrate`` refuses where an app has two leaf nodes), and resolve again; or take a merge
    migration (``--strategy merge``), which renames nothing.

    Example
    -------
    ::

        error[HR128]: the records of default cannot follow: shop.0002_b and shop.0003_b are both recorded
    """

    code = "HR128"
    summary = "the records of {alias} cannot follow: {why}"

    def __init__(self, *, alias: str, why: str, unapply: object = None, written: bool = True) -> None:
        """alias: of the database; why: in words; unapply: the migration to unapply first; written: whether files were changed."""
        note = f"unapply {unapply} with the old files, resolve again, and migrate"
        notes = [f"after that, {note}" if written else note] if unapply else []
        command = "handrail undo-edits" if written else "handrail explain HR128"
        help = "no row was changed, in no database"
        super().__init__(self.say({"alias": alias, "why": why}, notes=notes, help=help, command=command))
