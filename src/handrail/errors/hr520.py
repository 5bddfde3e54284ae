"""HR520: a migration is to be taken back, and nobody knows what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.errors.base import Refusal


class NoSource(Refusal):
    """A migration is recorded as applied, has no file on this checkout, and no text of it can be trusted.

    Why it matters
    --------------
    To take a migration back, its operations have to be known. Handrail keeps the text of every migration that it applies,
    signed with the project's ``SECRET_KEY``; it runs no text that was changed, and none that another key has signed. Nothing
    was changed.

    What Django does
    ----------------
    It does not see such migrations: it unapplies what it has files of, and fails where the schema is another one than it thinks.

    What to do
    ----------
    Check out the commit that was deployed then, and roll back there. Where ``SECRET_KEY`` was replaced since, put the old one
    into ``SECRET_KEY_FALLBACKS``. Where the migration is only a leftover of a file that was deleted long ago, delete its row
    from ``django_migrations``.

    Example
    -------
    ::

        error[HR520]: no-source: shop.0004_price is applied, and has no file here
          note: shop.0004_price: no text of it is kept
    """

    code = "HR520"
    summary = "no-source: {migration} is applied, and has no file here"

    def __init__(self, *, missing: Mapping[Any, str]) -> None:
        """missing: by migration, why its text cannot be had."""
        notes = [f"{migration}: {why}" for migration, why in missing.items()]
        facts = {"migration": " and ".join(map(str, missing))}
        help = "check out the commit that was deployed when it ran, and roll back there"
        super().__init__(self.say(facts, notes=notes, help=help, command="handrail history"))
