"""HR303: the lock was lost while it was needed."""

from __future__ import annotations

from handrail.errors.base import Refusal


class LockLost(Refusal):
    """The process does not hold the migration lock any more, so it stopped before it did anything else.

    Why it matters
    --------------
    The lock goes with its session: when the server ends it, restarts, or the network drops it, another process can begin to
    migrate. Going on without the lock would be two migrators at once.

    What Django does
    ----------------
    It has no lock. It notices a lost connection at its next statement, and leaves what it had done as it is.

    What to do
    ----------
    Run ``migrate`` again: it looks at what the stopped run did before it does anything. Where it happens again, look for what
    ends connections: a timeout for idle ones at the server or a proxy, a restart, a lock file that somebody removed.

    Example
    -------
    ::

        error[HR303]: lock-lost: the migration lock of default is gone (the session that held it has ended)
          next: handrail status
    """

    code = "HR303"
    summary = "lock-lost: the migration lock of {alias} is gone ({why})"
    exit_code = 3

    def __init__(self, *, alias: str, why: str) -> None:
        """why: in words."""
        help = "run migrate again: it looks first at what was done"
        super().__init__(self.say({"alias": alias, "why": why}, help=help, command="handrail status"))
