"""HR306: a lock that is not released."""

from __future__ import annotations

from handrail.domain.run import LockHolder
from handrail.errors.base import Refusal


class NotReleased(Refusal):
    """``lock --release`` was asked for, and the holder of the lock is not proved dead.

    Why it matters
    --------------
    To take the lock from a process that lives, however slow it is, would be two migrators at once. A lock in a session of the
    database goes with that session: while the server shows it, the server may still run the dead process's last statement.

    What Django does
    ----------------
    It has no lock.

    What to do
    ----------
    Look at the holder: its host, its process, and since when. End the process there, or the session at the server, yourself;
    the lock is free then, without a command. A lease becomes free thirty seconds after the last heartbeat of its owner.

    Example
    -------
    ::

        error[HR306]: not-released: the migration lock of default is held (the server keeps its session)
          note: migrate by ann on web-1 (pid 4711), since 14:03:22, run 12, shop.0002_b, commit 1a2b3c4
    """

    code = "HR306"
    summary = "not-released: the migration lock of {alias} is held ({why})"

    def __init__(self, *, alias: str, holder: LockHolder, why: str) -> None:
        """why: what shows that the holder may live."""
        help = "end the process on its host, or its session at the server, if it hangs"
        super().__init__(self.say({"alias": alias, "why": why}, notes=(str(holder),), help=help))
