"""HR409: all or nothing was asked for and cannot be promised."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NotAllOrNothing(Refusal):
    """The run was to be applied as a whole or not at all, and one of its steps could not be taken back without loss.

    Why it matters
    --------------
    Where schema changes can be rolled back (PostgreSQL, SQLite) and every migration is atomic, one transaction holds the whole
    run. Elsewhere (MySQL, MariaDB, migrations with ``atomic = False``) the steps that were done have to be undone one by one if a
    later one fails. What is not kept cannot be: what a migration with ``handrail_keep = False`` drops or writes, definitions that
    code or SQL without a reverse alters, or rows that such code writes outside a transaction. Most of it is told before anything
    is changed. That code alters something is seen when it is about to: it is not done then, and the steps before are undone.

    What Django does
    ----------------
    The migrations before the one that failed stay applied.

    What to do
    ----------
    Run it without ``--all-or-nothing``: a migration that fails is still taken back by itself, or stopped where it can go on. Or
    migrate in two runs: up to the migration that is named, and from there.

    Example
    -------
    ::

        error[HR409]: all-or-nothing: shop.0004_drop cannot be taken back (Remove field x from thing: what it dropped is gone)
    """

    code = "HR409"
    summary = "all-or-nothing: {migration} cannot be taken back ({operation}: {why})"

    def __init__(self, *, migration: object, operation: str, why: str) -> None:
        """operation: in Django's words."""
        facts = {"migration": migration, "operation": operation, "why": why}
        super().__init__(self.say(facts, help="migrate without --all-or-nothing, or in two runs"))
