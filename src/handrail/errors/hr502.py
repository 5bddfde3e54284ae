"""HR502: a plan has an operation that cannot be run at all."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class Irreversible(Refusal):
    """An operation of the plan cannot be run in its direction: there is no reverse, or Django refuses such an alteration.

    Why it matters
    --------------
    The migrations before it would be done, and what they drop would be gone, when it turns out that the plan cannot go on.
    Nothing was changed.

    What Django does
    ----------------
    It looks at each migration when its turn comes: an IrreversibleError in the middle of a rollback leaves the newer ones undone.
    An AlterField that changes ``through`` of a many-to-many field, or the expression of a GeneratedField, is written by
    makemigrations without a word and ends with ValueError when it runs (Django 5.2 to 6.1).

    What to do
    ----------
    For code or SQL without a reverse: write one into the migration, or roll back to a target behind it. For ``through``: make the
    model of the link table in state alone (SeparateDatabaseAndState with CreateModel for the table that is there, and AlterField
    in state_operations), then alter that. For a GeneratedField: RemoveField and AddField; its values are computed again.

    Example
    -------
    ::

        error[HR502]: irreversible: shop.0003_fill op 1; plan would stop after undoing 2 migrations
          note: Raw Python operation: it has no reverse, and no log of its rows
          help: write a reverse into the migration, or choose a target behind it
          next: handrail rollback shop 0003_fill
    """

    code = "HR502"
    summary = "irreversible: {migration} op {operation}; plan would stop after {done} migration{s}"

    def __init__(
        self,
        *,
        migration: object,
        operation: int,
        done: int,
        backwards: bool = True,
        notes: Sequence[str] = (),
        help: str = "",
        command: str = "",
    ) -> None:
        """operation: counted from 1. done: how many migrations of the plan come before. command: what takes these back."""
        many = f"undoing {done}" if backwards else f"{done}"
        facts = {"migration": migration, "operation": operation, "done": many, "s": "" if done == 1 else "s"}
        help = help or "write a reverse into the migration, or choose a target behind it"
        super().__init__(self.say(facts, notes=notes, help=help, command=command))
