"""HR623: a backup that is not for this database."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NotRestorable(Refusal):
    """A backup was not restored, and nothing was changed.

    Why it matters
    --------------
    Restoring replaces all that a database holds. A backup of another kind of database cannot be read there; one of a later
    release of Handrail has a journal that this release cannot read; and where nobody has named the database that is to be
    replaced, it may be the wrong one.

    What Django does
    ----------------
    Django makes no backups.

    What to do
    ----------
    See which backups there are with ``handrail backup list``. For a database that holds something, type its name when it is asked
    for, or give it with ``--replace NAME`` where nobody can type. To look into a backup first, restore it into an empty database
    of its own: ``handrail backup restore ID --database other``.

    Example
    -------
    ::

        error[HR623]: not-restored: default has no backup 20260301
          next: handrail backup list
    """

    code = "HR623"
    summary = "not-restored: {problem}"

    def __init__(self, *, problem: str, help: str = "", command: str = "handrail backup list") -> None:
        """problem: why not."""
        super().__init__(self.say({"problem": problem}, help=help, command=command))
