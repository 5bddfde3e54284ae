"""HR120: a migration file cannot be rewritten with certainty."""

from __future__ import annotations

from handrail.domain.finding import Location
from handrail.errors.base import Refusal


class NotRewritten(Refusal):
    """A migration file has to change, and the place cannot be rewritten with certainty.

    Why it matters
    --------------
    To put one side after the other, references to migrations and names in operations change. Where they are computed, or set in
    several places, a guess could leave a file that does something else. Nothing was written, in no file.

    What Django does
    ----------------
    Nothing: Django never changes a migration file that is there.

    What to do
    ----------
    Write the value as a plain list (or the name as a plain string) in the place that is named, and run the command again; or
    make the change there by hand.

    Example
    -------
    ::

        error[HR120]: shop/migrations/0002_b.py cannot be rewritten with certainty
          --> shop/migrations/0002_b.py:6 dependencies names shop.0001_initial in a way that cannot be rewritten with certainty
    """

    code = "HR120"
    summary = "{path} cannot be rewritten with certainty"

    def __init__(self, *, path: str, line: int | None, what: str) -> None:
        """path and line: the place; what: what stands there, in words."""
        where = Location(path=path, line=line, remark=what)
        super().__init__(self.say({"path": path}, locations=(where,), help="write it plainly in that place, then run it again"))
