"""HR510: something that no migration knows uses what is dropped."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class Dependents(Refusal):
    """A view, trigger, foreign key or generated column uses a column or table that is to be dropped, or altered.

    Why it matters
    --------------
    Migrations know nothing of what was made by hand, by other software, or in SQL. PostgreSQL drops it together with the column
    or table, or lets it go on with what is set aside; MySQL and MariaDB leave a view that fails when it is read; SQLite refuses;
    a trigger that names a column that is gone lets every insert fail. PostgreSQL does not alter the type of a column that a view
    or a generated column uses either. Nothing was changed.

    What Django does
    ----------------
    On PostgreSQL it says DROP TABLE ... CASCADE, and up to Django 5.2 also DROP COLUMN ... CASCADE, and says OK. What was
    dropped so is not reported.

    What to do
    ----------
    The notes have the definitions. Drop what is named, run the command again, and make again what is still needed; or have a
    migration do both with RunSQL and its reverse: what is dropped by SQL of the same plan, before, is no reason to refuse.

    Example
    -------
    ::

        error[HR510]: dependents: view cheap uses shop_thing.price
    """

    code = "HR510"
    summary = "dependents: {dependents} use{s} {object}"

    def __init__(
        self, *, dependents: Sequence[str], definitions: Sequence[str], object: str, migration: str, does: str = "drops"
    ) -> None:
        """dependents: in words ("view v"); definitions: what makes them again. object: table or table.column. does: to it."""
        facts = {"dependents": ", ".join(dependents), "s": "s" if len(dependents) == 1 else "", "object": object}
        notes = [f"{name}: {' '.join(text.split())}" for name, text in zip(dependents, definitions, strict=True)]
        notes.append(f"{migration} {does} it")
        super().__init__(self.say(facts, notes=notes, help="drop what is named first, and make it again afterwards"))
