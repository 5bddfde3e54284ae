"""HR602: what is kept cannot be put back as the database is now."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class RestoreConflict(Refusal):
    """Kept values or rows cannot be put back without overwriting, or breaking, what was written since.

    Why it matters
    --------------
    Between a migration and its rollback the application goes on writing. A row may have been changed again, its primary key may
    belong to another one by now, the row that a foreign key names may be gone, a unique value may be taken. To put kept values
    back without looking would destroy the newer ones, or fail in the middle. Nothing was changed.

    What Django does
    ----------------
    It has nothing to put back.

    What to do
    ----------
    The notes show rows as they were before, after the migration, and now. Where rows were changed since, say with
    ``--changed-rows`` what becomes of them: ``keep`` leaves them as they are now, ``restore`` gives them what is kept. Where a
    unique value is taken or the target of a foreign key is gone, correct those rows by hand, and run it again.

    Example
    -------
    ::

        error[HR602]: restore-conflict: 1 row of shop_thing was changed since
    """

    code = "HR602"
    summary = "restore-conflict: {rows} {what}"

    def __init__(self, *, rows: int, table: str, what: str, notes: Sequence[str] = (), help: str = "") -> None:
        """rows: how many; table: of which; what: what happened to them, as a verb in the past tense ("changed since")."""
        counted = f"{rows} row of {table} was" if rows == 1 else f"{rows} rows of {table} were"
        self.rows, self.table = rows, table
        super().__init__(self.say({"rows": counted, "what": what}, notes=notes, help=help))
