"""An extension that stays where its migration is reversed."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity


class ExtensionStays(Check):
    """A migration that asked for an extension of PostgreSQL is reversed, and the extension stays.

    Why it matters
    --------------
    The extension was there before the migration, or it is not on record that the migration made it, or something uses it still:
    a column of another table, an index, or what is kept of this app. To drop it would break that, or fail.

    What Django does
    ----------------
    The reverse of CreateExtension drops the extension whoever made it (Django 5.2 to 6.1). Functions that call it fail from then
    on; where a column uses it, the migration stops with "other objects depend on it".

    What to do
    ----------
    Nothing. If nobody needs it any more, drop it by hand: ``DROP EXTENSION name``.

    Example
    -------
    ``0001_initial`` has ``UnaccentExtension()``, and unaccent was there before::

        info[HR515]: extension-preexisting: unaccent
    """

    code = "HR515"
    severity = Severity.INFO
    summary = "extension-preexisting: {name}"

    @classmethod
    def find(cls, name: str, why: str, users: Sequence[str] = ()) -> Finding:
        """why: it stays; users: what uses it, as the database describes it."""
        notes = [f"it stays: {why}", *(f"{user} uses it" for user in users)]
        return cls.say({"name": name}, notes=notes, help="if nobody needs it any more, drop it by hand")
