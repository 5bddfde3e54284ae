"""HR622: a backup that cannot be relied on."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class BackupBroken(Refusal):
    """A backup is not what it was when it was made, or never was what it should be.

    Why it matters
    --------------
    Whoever needs a backup has nothing else left. So it is held against what was written down when it was made: the digest and
    size of its file, the tables and the number of rows of each, and what was applied. It is not restored.

    What Django does
    ----------------
    Django makes no backups.

    What to do
    ----------
    Take another one (``handrail backup list``), or a copy of this one from where it was copied to. Make a new one while the
    database is there.

    Example
    -------
    ::

        error[HR622]: backup-broken: 20260301-140322-default: its file has 1048576 bytes, and had 7340032
          next: handrail backup list
    """

    code = "HR622"
    summary = "backup-broken: {id}: {problem}"

    def __init__(self, *, id: str, problem: str, notes: Sequence[str] = ()) -> None:
        """id: of the backup."""
        help = "take another one, or a copy of this one"
        super().__init__(self.say({"id": id, "problem": problem}, notes=notes, help=help, command="handrail backup list"))
