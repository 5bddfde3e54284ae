"""HR301: somebody else migrates."""

from __future__ import annotations

from handrail.domain.run import LockHolder
from handrail.errors.base import Refusal


class Locked(Refusal):
    """Another process holds the migration lock of the database, and did not give it back in time.

    Why it matters
    --------------
    Two processes that migrate one database at once run data migrations twice, and fail over each other's tables. So every
    ``migrate`` waits for its turn, plans anew when it has it, and finds nothing left to do.

    What Django does
    ----------------
    It takes no lock. Of ten ``migrate`` processes that start together, all ten can run the same data
    migration and report success.

    What to do
    ----------
    See with ``handrail lock`` who holds it: host, process, since when, and at which migration. Where that is a long migration,
    wait, or give ``--lock-wait`` more seconds. A process that died holds nothing, as soon as the database has noticed. Where the
    holder hangs, end it yourself, on its host: Handrail never ends another migrator.

    Example
    -------
    ::

        error[HR301]: locked: default is being migrated by another process (waited 300 s)
          note: migrate by ann on web-1 (pid 4711), since 14:03:22, run 12, shop.0002_b, commit 1a2b3c4
          next: handrail lock
    """

    code = "HR301"
    summary = "locked: {alias} is being migrated by another process (waited {waited} s)"

    def __init__(self, *, alias: str, holder: LockHolder | None, waited: float, doing: str = "") -> None:
        """holder: None where it cannot be seen who it is; waited: seconds; doing: what the server does for it."""
        notes = (str(holder) if holder else "it cannot be seen who it is", *([f"at the server: {doing}"] if doing else ()))
        help = "wait until it is done, or give --lock-wait more seconds"
        database = "" if alias == "default" else f" --database {alias}"
        facts = {"alias": alias, "waited": f"{waited:.0f}"}
        super().__init__(self.say(facts, notes=notes, help=help, command=f"handrail lock{database}"))
