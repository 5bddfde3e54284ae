"""HR411: a tag that is taken."""

from __future__ import annotations

from handrail.errors.base import Refusal


class TagTaken(Refusal):
    """There is a tag of this name already, and it names another state of the database.

    Why it matters
    --------------
    A tag is what somebody rolls back to. One that moved silently would lead them somewhere else.

    What Django does
    ----------------
    Django has no names for states of a database.

    What to do
    ----------
    Take another name: the release, the day, or the number of the deploy.

    Example
    -------
    ::

        error[HR411]: tag-taken: release-41 was made 2026-03-01 14:03:22, with 2 migrations fewer and 0 more applied than now
          next: handrail tag
    """

    code = "HR411"
    summary = "tag-taken: {name} was made {made}, with {fewer} migrations fewer and {more} more applied than now"

    def __init__(self, *, name: str, made: str, fewer: int, more: int, alias: str) -> None:
        """made: when; fewer, more: how its state differs from that of now; alias: of the database."""
        named = "" if alias == "default" else f" --database {alias}"
        facts = {"name": name, "made": made, "fewer": fewer, "more": more}
        super().__init__(self.say(facts, help="take another name", command=f"handrail tag{named}"))
