"""A lock-file that is not in step with the migration files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.checks._words import listed
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location


class LockFileOutOfStep(Check):
    """An app's ``migrations.lock`` says something else than its migration files.

    Why it matters
    --------------
    The lock-file makes git stop where two branches both add a migration to an app. A branch that adds a migration
    without it merges without a word, and the target branch ends with two leaf nodes.

    What Django does
    ----------------
    Nothing: it does not know the file.

    What to do
    ----------
    Run ``handrail migrations-lock`` and commit the file together with the migration; ``handrail install-git --hooks``
    reminds of it before each commit. Where the file holds conflict markers, run ``handrail resolve``, which makes one
    leaf node again and then writes the file.

    Example
    -------
    ``0003_price`` was added and the lock-file was forgotten::

        error[HR115]: lock-file: shop says 0002_name, the files say 0003_price
        $ handrail migrations-lock shop
    """

    code = "HR115"
    summary = "lock-file: {app} says {said}, the files say {found}"

    @classmethod
    def find(
        cls, app_label: str, path: str, said: Sequence[str], found: Sequence[str], differences: Sequence[str], problem: str = ""
    ) -> Iterable[Finding]:
        """Yield one finding for a lock-file that differs from the files.

        path: of the lock-file. said, found: leaf nodes by name. differences: in words. problem: why the file cannot be read, in
        words, or "".
        """
        if not problem and not differences and list(said) == list(found):
            return
        yield cls.say(
            {
                "app": app_label,
                "said": "nothing that can be read" if problem else listed(said),
                "found": listed(found) if list(said) != list(found) or problem else f"{listed(found)} with other content",
            },
            locations=[Location(path=path, remark=problem)],
            notes=[*differences[:5], *([f"and {len(differences) - 5} more"] if len(differences) > 5 else [])],
            help="write it anew" if len(found) == 1 else "make one leaf node again, which writes it anew",
            command=f"handrail {'migrations-lock' if len(found) == 1 else 'resolve'} {app_label}",
        )
