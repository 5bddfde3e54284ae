"""HR302: a statement that did not get its lock."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.run import Blocker
from handrail.errors.base import Refusal


class Blocked(Refusal):
    """A statement needs a lock that another session does not give back, and the time for further tries is over.

    Why it matters
    --------------
    A statement that waits for its lock makes everybody wait who comes after it, readers too. So it waits for two seconds at
    the most (``--lock-timeout``), gives way, and is tried again later. It is never tried without a limit.

    What Django does
    ----------------
    It waits for ever on PostgreSQL, for a day (MariaDB) or a year (MySQL) on a metadata lock, and all readers of the table wait
    behind it. On SQLite it gives up after five seconds.

    What to do
    ----------
    Look at the session that is named: a transaction that somebody left open, a long report, a backup. End it or wait for it, and
    run ``migrate`` again. What had been done of the migration was taken back, or is on record.

    Example
    -------
    ::

        error[HR302]: queue: shop.0002_b did not get its lock on default (9 tries in 60 s)
          note: session 4711 of app on web-2, idle in transaction for 842 s, holds AccessShareLock on shop_thing: SELECT ...
          next: handrail explain HR302
    """

    code = "HR302"
    summary = "queue: {what} did not get its lock on {alias} ({tries} tries in {seconds} s)"

    def __init__(self, *, what: str, alias: str, tries: int, seconds: float, blockers: Sequence[Blocker], reason: str) -> None:
        """what: the migration or statement; blockers: who holds the lock, the oldest first; reason: the driver's words."""
        notes = (*map(str, blockers), reason)
        facts = {"what": what, "alias": alias, "tries": tries, "seconds": f"{seconds:.0f}"}
        help = "end what holds the lock, or wait for it, and run the command again"
        super().__init__(self.say(facts, notes=notes, help=help))
