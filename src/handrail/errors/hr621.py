"""HR621: a folder that is not for backups."""

from __future__ import annotations

from handrail.errors.base import Refusal


class BackupFolder(Refusal):
    """The folder for backups cannot be used.

    Why it matters
    --------------
    A backup holds every row of the database. In a folder whose files a web server hands out, or that ``collectstatic`` copies,
    anybody could read it.

    What Django does
    ----------------
    Django makes no backups. It serves what is in ``STATIC_ROOT`` and ``MEDIA_ROOT``, or lets a web server do so.

    What to do
    ----------
    Name a folder of its own that the user who migrates can write: ``HANDRAIL = {"backups": "/var/backups/shop"}``.

    Example
    -------
    ::

        error[HR621]: backup-folder: /srv/shop/media/backups is inside MEDIA_ROOT
    """

    code = "HR621"
    summary = "backup-folder: {folder} {problem}"

    def __init__(self, *, folder: object, problem: str) -> None:
        """problem: such as "is inside MEDIA_ROOT"."""
        help = 'name another folder in HANDRAIL["backups"]'
        super().__init__(self.say({"folder": folder, "problem": problem}, help=help))
