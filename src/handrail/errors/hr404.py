"""HR404: a statement of a dead run is still running."""

from __future__ import annotations

from handrail.errors.base import Refusal


class StillRunning(Refusal):
    """The process of an earlier run is gone, but the server still works on its last statement.

    Why it matters
    --------------
    A server finishes a statement without looking whether its client lives. To begin before it is done would be two migrators at
    once, and what it will have done cannot be told yet.

    What Django does
    ----------------
    It does not look. The new ``migrate`` meets the old one's tables half-way, or waits behind its locks.

    What to do
    ----------
    Wait until the statement is done, and run the command again. Where it takes too long, end the session that is named on the
    server yourself; what it did is then taken back by the server, and told apart by Handrail at the next run.

    Example
    -------
    ::

        error[HR404]: still-running: session 4711 of run 12 is still at work on default
          note: active for 95 s: UPDATE shop_thing SET n = n * ?
          next: handrail status
    """

    code = "HR404"
    summary = "still-running: session {session} of run {run} is still at work on {alias}"

    def __init__(self, *, alias: str, run: int, session: str, what: str) -> None:
        """session: as the journal names it; what: what it does and for how long."""
        facts = {"alias": alias, "run": run, "session": session.partition("@")[0]}
        super().__init__(self.say(facts, notes=(what,), help="wait until it is done", command="handrail status"))
