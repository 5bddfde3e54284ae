"""HR513: rebuilding a table would lose a part of it, or make values up."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.finding import Finding
from handrail.errors.base import Refusal


class RebuildLoses(Refusal):
    """On SQLite Django rebuilds a table to alter it, and this table is not what the project state of the migrations says.

    Why it matters
    --------------
    The new table has exactly the columns of the project state. A column that the state lacks is gone afterwards, with its values.
    A column that the state has and the table lacks is filled with its own name: SQLite takes a quoted name that it does not know
    for a text. A trigger or an index that names a column that goes could not be made again. Nothing of it is reported.

    What Django does
    ----------------
    It rebuilds without looking, says OK, and the values are lost (Django 5.2 to 6.1). Triggers, and indexes that no model has, go
    too; Handrail makes those again.

    What to do
    ----------
    A column too many often comes from a migration of another branch that was applied here: go back to that branch and unapply it,
    or bring its file here. If nobody needs the column, drop it by hand. A column that is missing comes from a migration that was
    recorded and not run, or that had another content then: make the column by hand as the model says, or unapply that migration
    with ``migrate --fake`` and apply it again. A trigger or an index: drop it before, and make it again after, in the migration.
    Then run ``migrate`` again.

    Example
    -------
    ::

        error[HR513]: rebuild-loses: SQLite rebuild of shop_thing drops column p
    """

    code = "HR513"
    summary = "rebuild-loses: {database} rebuild of {table} {does}"

    def __init__(
        self,
        *,
        database: str,
        alias: str,
        table: str,
        migration: str,
        drops: Sequence[str] = (),
        invents: Sequence[str] = (),
        attached: Sequence[str] = (),
        ghosts: Sequence[str] = (),
        others: Sequence[Finding] = (),
    ) -> None:
        """Say what would be lost.

        database: its kind, in words; alias: Django's name of it. drops: columns that the state lacks; invents: columns that the
        table lacks; attached: triggers and indexes ("trigger log_n") that name a column that goes. ghosts: recorded migrations of
        the app that have no file, where that is known.
        """
        dropped = [*_columns(drops), *attached]
        words = [f"{verb} {' and '.join(what)}" for verb, what in (("drops", dropped), ("invents", _columns(invents))) if what]
        notes = [f"{migration} alters {table} on {alias}; the table is as it was"]
        if drops:
            notes.append(f"{table} has {', '.join(drops)}, which the project state of the applied migrations does not have")
        if drops and ghosts:
            notes.append(f"recorded as applied, and without a file here: {', '.join(ghosts)}")
        if invents:
            notes.append(f"{table} lacks {', '.join(invents)}: every row would be given the name of the column as its value")
        if attached:
            notes.append(f"{' and '.join(attached)} names a column that goes")
        super().__init__(
            self.say(
                {"database": database, "table": table, "does": " and ".join(words)},
                notes=notes,
                help=_help(drops, invents),
            ),
            others,
        )


def _columns(names: Sequence[str]) -> list[str]:
    return [f"column{'s' * (len(names) > 1)} {', '.join(names)}"] if names else []


def _help(drops: Sequence[str], invents: Sequence[str]) -> str:
    if drops and invents:
        return "the table comes from other migrations than these: bring their files here, or make the columns agree by hand"
    if drops:
        return "unapply the migration that made it, with its file, or drop it by hand if nobody needs it"
    if invents:
        return "make it by hand as the model says, or take back what was recorded without being run"
    return "drop it before in the migration, and make it again as it has to be afterwards"
