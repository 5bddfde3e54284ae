"""HR507: a rollback takes back migrations of apps that nobody named."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class CascadeUndo(Refusal):
    """Migrations of other apps depend on what is taken back, so they go too, with what is in their tables.

    Why it matters
    --------------
    Other apps may belong to other people, and their tables may hold more than those of the app that was meant. Nothing was
    changed.

    What Django does
    ----------------
    ``migrate auth zero`` unapplies every app that depends on auth, without a question (Django 5.2 to 6.1).

    What to do
    ----------
    Look at the plan with ``--dry-run``. Where it is what you want, run the command in a terminal and type the names of the other
    apps when it asks for them; in a script, name each with ``--also APP`` beside ``--yes``.

    Example
    -------
    ::

        error[HR507]: cascade-undo: plan undoes shop too (12 rows)
    """

    code = "HR507"
    summary = "cascade-undo: plan undoes {apps} too ({rows})"

    def __init__(self, *, apps: Sequence[str], rows: str, migrations: Sequence[str], typed: str) -> None:
        """rows: "12 rows". migrations: of these apps. typed: the command line, without --yes."""
        facts = {"apps": " and ".join(apps), "rows": rows}
        help = "look at the plan, and name each of these apps"
        command = " ".join([typed, *(f"--also {app}" for app in apps)])
        super().__init__(self.say(facts, notes=[f"they are {', '.join(migrations)}"], help=help, command=command))
