"""One name, two contents."""

from __future__ import annotations

from handrail.checks._reasons import ReasonCheck


class SameNameOtherContent(ReasonCheck):
    """Both sides have a migration of one name with different operations in it.

    Why it matters
    --------------
    A migration is known by its app and its name alone. A database that applied the one version counts the other
    as applied too, and never gets what is only in that one.

    What Django does
    ----------------
    It records names, never contents: ``migrate`` says "No migrations to apply" on a database that ran the other
    version. git merges the two files like any text, or one of them replaces the other.

    What to do
    ----------
    Where each side added the file, ``handrail resolve --onto`` the target gives yours another name, follows the
    references of your side to it, and compares what the two do. A database that has the name recorded may have
    applied either: look before you migrate it. If a migration was edited that is there already, take the edit back
    and write it as a new migration.

    Example
    -------
    Both branches made ``0002_auto`` on the same day, for different fields::

        error[HR109]: same-name-other-content: each side adds shop.0002_auto with other content
    """

    code = "HR109"
    summary = "same-name-other-content: {explanation}"
