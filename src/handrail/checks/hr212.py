"""A migration file that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location


class Unreadable(Check):
    """A migration file cannot be read: conflict markers, a syntax error, an unknown encoding, or no Migration class
    in it.

    Why it matters
    --------------
    What the file does is not known, so no answer about its app is complete: Handrail says nothing of an app
    beyond what it could read, and resolves nothing that needs the file.

    What Django does
    ----------------
    It imports every migration of every app. One such file stops ``migrate``, ``showmigrations``,
    ``makemigrations`` and the tests, with a traceback or "BadMigrationError". It passes over a file whose name
    begins with an underscore or a tilde.

    What to do
    ----------
    Open the file at the line that is shown. Conflict markers: take one of the two sides as it is, delete the
    markers, and let ``handrail conflicts`` say whether the other side is still needed. A module that holds no
    migration belongs elsewhere.

    Example
    -------
    ::

        error[HR212]: unreadable: shop/migrations/0002_price.py:14 conflict markers
    """

    code = "HR212"
    summary = "unreadable: {place} {reason}"

    @classmethod
    def find(cls, path: str, line: int | None, reason: str, notes: Iterable[str] = ()) -> Iterable[Finding]:
        """Yield the finding for a file. reason: lower case, such as "conflict markers" or "no Migration class"."""
        yield cls.say(
            {"place": f"{path}:{line}" if line else path, "reason": reason},
            locations=[Location(path=path, line=line, remark=reason)],
            notes=list(notes),
            help="make the file a migration that Python can read",
            command="handrail explain HR212",
        )
