"""HR016: a git hook or setting of somebody else is in the way."""

from __future__ import annotations

from handrail.errors.base import Refusal


class HookInTheWay(Refusal):
    """``install-git`` met a hook, a hooks folder or a setting that it must not change.

    Why it matters
    --------------
    Hooks of other tools, and hooks that are files of the project or shared between repositories, are not Handrail's to rewrite.

    What Django does
    ----------------
    Nothing: Django installs no hooks.

    What to do
    ----------
    Add the line that the help names to the hook by hand, or use the other tool's own way: Handrail is also a hook of the
    pre-commit framework (see the how-to for git).

    Example
    -------
    ::

        error[HR016]: pre-commit is not changed: it belongs to the pre-commit framework
    """

    code = "HR016"
    summary = "{what} is not changed: {reason}"

    def __init__(self, *, what: str, reason: str, help: str) -> None:
        """what: the hook, folder or setting; reason: whose it is; help: the way to do it by hand."""
        super().__init__(self.say({"what": what, "reason": reason}, help=help))
