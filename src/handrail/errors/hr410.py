"""HR410: a run that is not on record."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NoSuchRun(Refusal):
    """The journal of a database has no run with the number that was named.

    Why it matters
    --------------
    Runs are numbered in each database by itself: run 12 of one is not run 12 of another.

    What Django does
    ----------------
    Django keeps no record of runs.

    What to do
    ----------
    See which runs there are with ``handrail history``; name the database with ``--database`` if it is not ``default``.

    Example
    -------
    ::

        error[HR410]: no-run: default has no run 12
          next: handrail history
    """

    code = "HR410"
    summary = "no-run: {alias} has no run {run}"

    def __init__(self, *, alias: str, run: int) -> None:
        """alias: of the database; run: what was asked for."""
        named = "" if alias == "default" else f" --database {alias}"
        super().__init__(
            self.say({"alias": alias, "run": run}, help="name one that is on record", command=f"handrail history{named}")
        )
