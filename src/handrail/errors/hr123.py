"""HR123: the files as they would be do not pass the checks that come before and after writing."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.errors.base import Refusal


class WouldNotHold(Refusal):
    """The files as they would be, or as they are read again, are not what was asked for.

    Why it matters
    --------------
    A resolution is right only when every app has one leaf node, no operation is lost or doubled, and the graph has no circle.
    What was written already was put back.

    What Django does
    ----------------
    ``makemigrations --merge`` does not read its own file again.

    What to do
    ----------
    The notes say what is wrong. Where two of your migrations need one another after the move, take out one of the dependencies
    between them. Where there is no cause in your files, it is a mistake in Handrail: please report it with the notes.

    Example
    -------
    ::

        error[HR123]: the resolved files would not hold: the dependencies go in a circle
          note: blog.0003_b -> shop.0003_b -> blog.0003_b
    """

    code = "HR123"
    summary = "the resolved files would not hold: {what}"

    def __init__(self, *, what: str, notes: Sequence[str] = ()) -> None:
        """what: the first thing wrong; notes: all of it."""
        super().__init__(
            self.say({"what": what}, notes=notes, help="nothing was changed; see the notes", command="handrail explain HR123")
        )
